"""Migrations of the hub's tables, run by :mod:`lotwise.hub.database.migrate` whenever the database is opened."""
