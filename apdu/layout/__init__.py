"""What is publicly known of the card: identifiers, files, limits, formats; one module an application, a source a line."""
