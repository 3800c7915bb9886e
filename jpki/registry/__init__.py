"""The register: people, their certificates, and what became of them."""
