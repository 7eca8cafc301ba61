"""Tokens of the HTTP server, as they are kept outside of the site file."""

from __future__ import annotations

from pathlib import Path

from lotwise.cameras.site.secret import Secret
from lotwise.datasets.errors import InputError

MIN_TOKEN_CHARACTERS = 16
"""At 16 hexadecimal digits, 64 bits: out of reach of guessing over a network."""


def checked_token(secret: Secret, base: Path) -> str:
    """A token.

    Args:
        secret: where it is kept.
        base: folder that its file is relative to.

    Raises:
        InputError: it cannot be read or is too short to keep anybody out.
    """
    token = secret.read(base)
    if len(token) < MIN_TOKEN_CHARACTERS or not token.isprintable() or not token.isascii():
        raise InputError(
            f"token in {secret.env or secret.file}: needs at least {MIN_TOKEN_CHARACTERS} plain characters; "
            "make one with: openssl rand -hex 16"
        )
    return token
