"""The wire language of smart cards: commands, responses, status words, TLV. Needs the standard library alone."""
