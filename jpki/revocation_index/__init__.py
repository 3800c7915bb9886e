"""A nation's revocation list as a file: built from a CRL in one pass, mapped, shared, replaced under its readers."""
