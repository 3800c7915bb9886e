"""Stories that a lab can tell: a person, her card, and what happens to both."""
