"""What the command line ends with."""

WRONG = 2
"""Wrong usage and bad input."""
INTERRUPTED = 130
"""After Ctrl-C: 128 + SIGINT, as in every shell; Typer returns it too."""
