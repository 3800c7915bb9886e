"""Being a card: the card operating system and the applications of the Individual Number Card."""
