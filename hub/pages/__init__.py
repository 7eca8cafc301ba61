"""The operators' pages of the hub: what all nodes' cameras are like, and buttons for what people decide."""
