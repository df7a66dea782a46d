"""One contract suite for the store: every test of it runs on SQLite and on a real PostgreSQL."""
