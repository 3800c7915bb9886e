"""The PKI over HTTP: the repository of the CAs, and the counter of the register as JSON. On loopback."""
