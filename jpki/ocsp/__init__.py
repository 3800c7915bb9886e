"""OCSP (RFC 6960): requests and responses as bytes, a responder whose data lags, its certificates, its faults."""
