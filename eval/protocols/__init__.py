"""One evaluation protocol a file; a new one is a file, and an entry in ``PROTOCOLS``."""

from __future__ import annotations

from lotwise.datasets.errors import InputError
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols.protocol import JudgedFrame, Protocol
from lotwise.eval.protocols.slots import Slots
from lotwise.eval.protocols.teacher import Teacher
from lotwise.eval.protocols.vehicles import Vehicles

__all__ = ["PROTOCOLS", "SLOTS", "TEACHER", "VEHICLES", "JudgedFrame", "Protocol", "best_protocol", "protocol_named"]

SLOTS = Slots()
VEHICLES = Vehicles()
TEACHER = Teacher()
PROTOCOLS: tuple[Protocol, ...] = (SLOTS, VEHICLES, TEACHER)
"""In order of preference: of those that the truth allows, the first measures where none is named."""


def protocol_named(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        InputError: there is none.
    """
    for protocol in PROTOCOLS:
        if protocol.name == name:
            return protocol
    raise InputError(f"--protocol {name}: choose one of {', '.join(protocol.name for protocol in PROTOCOLS)}")


def best_protocol(evidence: Evidence) -> Protocol:
    """``slots`` where there are slot labels, else ``vehicles`` where there are boxes, else ``teacher``."""
    return next((protocol for protocol in PROTOCOLS if protocol.has_truth(evidence)), PROTOCOLS[-1])
