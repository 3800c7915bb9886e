"""Pictures of a card: those inside the face application, and the card as a person would see it. All of it invented."""
