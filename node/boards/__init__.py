"""One student over several boards: the process on each board, and the leader that asks them."""
