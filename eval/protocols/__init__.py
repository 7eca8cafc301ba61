"""One evaluation protocol a file; a new one is a file, its name in ``protocol_names``, and an entry in ``_BY_NAME``."""

from __future__ import annotations

from collections.abc import Mapping

from lotwise.datasets.errors import InputError
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocol_names import PROTOCOL_NAMES
from lotwise.eval.protocols.protocol import JudgedFrame, Protocol
from lotwise.eval.protocols.slots import Slots
from lotwise.eval.protocols.teacher import Teacher
from lotwise.eval.protocols.vehicles import Vehicles

__all__ = ["PROTOCOLS", "SLOTS", "TEACHER", "VEHICLES", "JudgedFrame", "Protocol", "best_protocol", "protocol_named"]

SLOTS = Slots()
VEHICLES = Vehicles()
TEACHER = Teacher()
_BY_NAME: Mapping[str, Protocol] = {protocol.name: protocol for protocol in (SLOTS, VEHICLES, TEACHER)}
PROTOCOLS: tuple[Protocol, ...] = tuple(_BY_NAME[name] for name in PROTOCOL_NAMES)
"""In order of preference, as ``PROTOCOL_NAMES``."""


def protocol_named(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        InputError: there is none.
    """
    if name not in _BY_NAME:
        raise InputError(f"--protocol {name}: choose one of {', '.join(PROTOCOL_NAMES)}")
    return _BY_NAME[name]


def best_protocol(evidence: Evidence) -> Protocol:
    """``slots`` where there are slot labels, else ``vehicles`` where there are boxes, else ``teacher``."""
    return next((protocol for protocol in PROTOCOLS if protocol.has_truth(evidence)), PROTOCOLS[-1])
