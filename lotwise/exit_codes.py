"""What the command line ends with."""

UNHEALTHY = 1
"""Of ``--healthy``: what was asked about needs a restart."""
WRONG = 2
"""Wrong usage and bad input."""
INTERRUPTED = 130
"""After Ctrl-C: 128 + SIGINT, as in every shell; Typer returns it too."""
