"""Work over many rows, in chunks, by many workers: each row once in the result, whoever is killed."""
