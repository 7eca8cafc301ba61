"""A node asks to take part, or how its request stands."""

from __future__ import annotations

import logging
from hmac import compare_digest

from lotwise.datasets.errors import InputError
from lotwise.hub.database import audit, nodes
from lotwise.hub.database.tables import NodeRow
from lotwise.hub.hub import Hub
from lotwise.node.hub.messages import Enrol
from lotwise.node.hub.signing import fingerprint

log = logging.getLogger(__name__)


class WrongCode(Exception):
    """A node has shown a code that is none of the hub's."""


def enrol(hub: Hub, asked: Enrol) -> NodeRow:
    """Note a node that proves its key; one with a code is accepted at once.

    Raises:
        InputError: its name cannot be shown, or too many wait already.
        WrongCode: the code is none of the hub's.
    """
    if not asked.name.isprintable() or not asked.software.isprintable():
        raise InputError("name: has characters that cannot be shown; give the node a plain name")
    who = fingerprint(asked.key)
    group = _group_of(hub, asked.code)
    with hub.database.writing() as session:
        before = nodes.node_of(session, who)
        known = None if before is None else before.state
        if asked.code and group is None and known != "accepted":
            raise WrongCode
        node = nodes.enrol(session, who, asked.name, asked.key, asked.software, group)
        if known is None or known != node.state:
            audit.note(session, f"node {who[:12]}", "enrol", asked.name, {"state": node.state, "group": node.group})
    if known is None:
        log.info("node %s (%s) asks to take part: %s", asked.name, who[:12], node.state)
    return node


def _group_of(hub: Hub, code: str) -> str | None:
    """The group of a code; None where it is none of the hub's."""
    found = None
    for known, group in hub.codes.items():  # all of them, so that the time tells nothing
        if compare_digest(known.encode(), code.encode()):
            found = group
    return found
