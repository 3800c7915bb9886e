"""Keys of CAs on PKCS #11 tokens: the one place for the library that speaks to their modules."""
