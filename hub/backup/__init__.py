"""A hub in one file, made while it runs, and a hub made anew from it."""
