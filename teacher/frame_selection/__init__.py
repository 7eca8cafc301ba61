"""Which frames of a stream are worth the teacher's look."""
