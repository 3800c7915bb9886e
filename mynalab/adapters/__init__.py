"""Interfaces that others have drawn up, served by the lab's platform operator."""
