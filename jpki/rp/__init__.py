"""The relying party: ceremonies for log-in and for signing a contract, without any web in them."""
