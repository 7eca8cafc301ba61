"""Errors a user can mend: the command line prints the message as one line and exits with code 2."""


class InputError(Exception):
    """Bad input. The message names the file, what was expected, and how to mend it."""


class UnreadableImage(InputError):
    """One image that cannot be decoded whole. Callers skip it, count it and report it."""
