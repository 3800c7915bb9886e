"""A card client: one session over any Channel that selects, reads, verifies a PIN and signs."""
