"""Which frames of a stream are worth labelling."""
