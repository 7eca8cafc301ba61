"""One hub and several nodes as processes, with a proxy of the test between each node and the hub."""
