"""What the hub does with frames: jobs that make students, and what of them is offered to nodes."""
