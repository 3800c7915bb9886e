"""The HTTP repository of the CAs without an HTTP library: requests in, responses out, at a moment passed in."""
