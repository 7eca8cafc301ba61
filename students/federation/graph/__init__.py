"""Which camera talks to which, how what it hears is mixed, and the bytes on each edge."""
