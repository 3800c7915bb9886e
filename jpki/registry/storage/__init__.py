"""The register on SQLAlchemy: SQLite at a path, PostgreSQL by URL. Imported when a register is opened, not before."""
