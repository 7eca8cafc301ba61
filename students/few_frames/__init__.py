"""Students of cameras with few frames: measured by leaving frames out, and kept as near to the nano as pays."""
