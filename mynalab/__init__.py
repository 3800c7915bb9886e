"""The bench: the command line and the lab that wires cards, readers and PKI together."""
