"""Names of the evaluation protocols, apart from the protocols so that help texts need not import them."""

from __future__ import annotations

from typing import Literal, get_args

ProtocolName = Literal["slots", "vehicles", "teacher"]
PROTOCOL_NAMES: tuple[str, ...] = get_args(ProtocolName)
"""In order of preference: of those that the truth allows, the first measures where none is named."""
