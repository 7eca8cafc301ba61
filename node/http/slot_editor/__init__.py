"""The slot editor: its page and routes, the same on a running node and alone."""
