"""The node's history on its own disk: every event in order, and how far each subscriber got."""
