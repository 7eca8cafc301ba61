"""The hub's tables, on SQLite or PostgreSQL: one file of short functions for each concept."""
