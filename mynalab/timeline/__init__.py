"""The life of a person's certificates as a picture and as text: what happened, and when OCSP and the lists said so."""
