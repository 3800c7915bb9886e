"""A lab is a directory: its CAs, its register, its cards, and what its CAs publish."""
