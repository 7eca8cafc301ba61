"""The versions of each camera's bundle: what is deployed, which one is live, and how a new one is compared with it."""
