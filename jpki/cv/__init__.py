"""Card-verifiable certificates: the small chain of keys behind the signed records of the 券面 applications."""
