"""The hub's jobs: a queue in its database, and the workers that take from it."""
