"""Faults of the repository as data: what goes wrong with which requests, how often. Wrappers, never flags inside."""
