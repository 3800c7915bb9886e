"""The people that cards are issued to: the schema of their files, and residents by the thousand."""
