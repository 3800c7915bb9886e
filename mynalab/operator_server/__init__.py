"""The platform operator (署名検証者) over HTTP: ``jpki.rp.operator`` with pages for machines."""
