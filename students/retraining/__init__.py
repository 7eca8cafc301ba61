"""Retraining: a live student goes on learning from frames that are new to it, and forgets none of the old ones."""
