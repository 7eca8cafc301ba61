"""``python -m lotwise``."""

from lotwise.command_line import main

main()
