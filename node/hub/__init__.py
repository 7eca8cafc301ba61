"""A node's side of the hub: it calls out, sends what it may, and fetches what it is offered. Nothing listens here."""
