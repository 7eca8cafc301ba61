"""Nodes that have asked to take part, and what was decided of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.database.tables import NodeRow, NodeState
from lotwise.hub.settings import DEFAULT_GROUP

MAX_PENDING = 1000
"""Nodes that may wait at once: whoever asks under ever new keys must not fill the tables."""

DIGITS = re.compile("[0-9a-fA-F]{8,}")
"""A word that is more likely the beginning of a fingerprint than a name."""


def node_of(session: Session, fingerprint: str) -> NodeRow | None:
    """A node by its whole fingerprint."""
    return session.get(NodeRow, fingerprint)


def nodes_by_state(session: Session, state: NodeState | None = None) -> Sequence[NodeRow]:
    """Nodes by name; all of them, or those of one state."""
    asked = select(NodeRow).order_by(NodeRow.name, NodeRow.fingerprint)
    return session.scalars(asked if state is None else asked.where(NodeRow.state == state)).all()


def find_node(session: Session, asked: str) -> NodeRow:
    """The one node that has this name, or whose fingerprint begins so.

    Raises:
        InputError: none has, or several have.
    """
    word = asked.strip()
    nodes = nodes_by_state(session)
    named = [node for node in nodes if node.name == word]
    begun = [node for node in nodes if word and node.fingerprint.startswith(word.lower())]
    if (whole := node_of(session, word.lower())) is not None:
        found = [whole]
    elif DIGITS.fullmatch(word):
        # A stranger may call itself what another one's fingerprint begins with, to be accepted in its place.
        found = [*named, *(node for node in begun if node not in named)]
    else:
        found = named or begun
    if not found:
        there = ", ".join(f"{node.name} ({node.fingerprint[:8]})" for node in nodes[:20]) or "none yet"
        raise InputError(f"no node {asked!r}; there are: {there}")
    if len(found) > 1:
        several = " or ".join(node.fingerprint[:12] for node in found[:10])
        raise InputError(f"{asked!r} may be {several}; give the beginning of its fingerprint")
    return found[0]


def enrol(
    session: Session,
    fingerprint: str,
    name: str,
    key: str,
    software: str = "",
    group: str | None = None,
    now: datetime | None = None,
) -> NodeRow:
    """Let a node ask to take part; one that has asked before keeps its state.

    Args:
        session: to write with.
        fingerprint, key: of its key pair.
        name: what it calls itself.
        software: its version.
        group: of an enrolment code that it has shown, with which it is accepted at once; None without one.
        now: the moment.

    Raises:
        InputError: too many others wait already.
    """
    moment = now or datetime.now(UTC)
    node = node_of(session, fingerprint)
    if node is None:
        waiting = session.scalar(select(func.count()).where(NodeRow.state == "pending")) or 0
        if group is None and waiting >= MAX_PENDING:
            raise InputError(f"{waiting} nodes wait already; accept or reject some of them first")
        node = NodeRow(fingerprint=fingerprint, key=key, state="pending", group=DEFAULT_GROUP, enrolled=moment)
        session.add(node)
    node.name, node.software, node.seen = name, software, moment
    if group is not None and node.state == "pending":
        node.state, node.group = "accepted", group
    session.flush()
    return node


def decide(session: Session, node: NodeRow, state: NodeState, group: str | None = None) -> None:
    """Accept or reject a node, and put it into a group where one is named."""
    known = session.merge(node)
    known.state = state
    if group is not None:
        known.group = group


def remove(session: Session, node: NodeRow) -> None:
    """Forget a node with all its rows; its files are not touched here."""
    session.delete(session.merge(node))
