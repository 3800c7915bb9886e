"""What is publicly known of the card: ids, files, limits, formats. One module an application, a source a line."""
