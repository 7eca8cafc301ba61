"""The process on the edge: the loop that looks at every camera, reads its slots and tells them."""
