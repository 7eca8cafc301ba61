"""The stages of a run: label, train, export, and what is made of them."""
