"""Moving bytes to and from a card: in process, PC/SC, vpcd, pcsc-lite's own protocol."""
