"""A workspace whose database is one file in its folder, held by one process alone."""
