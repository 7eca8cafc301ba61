"""The hub's jobs: a queue in its database, and the workers that take from it.

The served hub does not use it yet: :mod:`lotwise.hub.learning.worker` still does one job at a time.
"""
