"""The certification authorities: roots, end-entity certificates, revocation lists."""
