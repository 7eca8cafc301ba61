"""How long questions about the past take."""
