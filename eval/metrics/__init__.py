"""Matching, average precision, precision and recall."""
