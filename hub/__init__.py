"""The teacher as a service for many nodes: frames in, jobs, students out."""
