"""What every server of the lab stands on: HTTP on loopback, bounded in bytes and in time."""
