"""What a node can measure of its own work on a sampled frame, one kind of signal a file."""
