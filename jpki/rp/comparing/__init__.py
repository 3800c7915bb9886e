"""What a customer entered beside what the certificate says: the same, the same in another form, or not the same."""
