"""The process on the edge: it looks at every camera in turn, works out the states of its slots, and publishes them."""
