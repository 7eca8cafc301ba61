"""Stays while they last: what kind of place each slot is, and which car has stood there for too long."""
