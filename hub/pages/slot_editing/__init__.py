"""The node's slot editor at the hub: what it opens, and what becomes of what it saves."""
