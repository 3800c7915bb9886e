"""Deciding whether a certificate and a signature may be trusted: a numbered procedure that answers with findings."""
