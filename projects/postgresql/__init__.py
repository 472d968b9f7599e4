"""A workspace whose database is a PostgreSQL server's, shared by many processes."""
