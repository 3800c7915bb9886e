"""空き領域: security domains, what is loaded into them, and the applications that the card interprets. Our design."""
