"""Faults as data: what goes wrong between a client and a card, when, and until when. No I/O and no clock in here."""
