"""Nodes are accepted and rejected."""

from __future__ import annotations

from lotwise.hub.database.nodes import node_of
from lotwise.hub.database.tables import NodeState
from lotwise.hub.pages.actions.action import Action, Setting, to, unless


def _state(setting: Setting) -> str | None:
    row = node_of(setting.session, setting.target.node)
    return None if row is None else row.state


def _decide(setting: Setting, value: str) -> None:
    states: dict[str, NodeState] = {"pending": "pending", "accepted": "accepted", "rejected": "rejected"}
    row = node_of(setting.session, setting.target.node)
    if row is not None:
        row.state = states[value]


NODE_ACTIONS = (
    Action("accept", "accepted", "node", _state, to("accepted"), _decide, unless("accepted")),
    Action("reject", "rejected", "node", _state, to("rejected"), _decide, unless("rejected")),
)
