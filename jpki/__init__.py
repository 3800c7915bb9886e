"""Issuing and trusting certificates: test CAs, CRLs, the verifier, the card client, the relying party."""
