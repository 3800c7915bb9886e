"""Where a relying party's customers are kept: SQLite by default, PostgreSQL by URL."""
