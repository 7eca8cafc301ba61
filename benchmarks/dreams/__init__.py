"""Students that learn without a frame of their camera, beside what else could be done without one."""
