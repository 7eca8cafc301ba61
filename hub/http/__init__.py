"""The hub's HTTP server: what nodes ask, and health and metrics for operators."""
