"""The issuer's side of a card's free area: packages, their signatures, and card management over any Channel."""
