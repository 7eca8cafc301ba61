"""The node's HTTP server: JSON API, metrics, pictures and the operators' page."""
