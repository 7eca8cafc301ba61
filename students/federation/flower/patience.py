"""Waiting for replies: not for ever for the last, once most have come."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from flwr.app import Message
from flwr.serverapp import Grid

PULL_EVERY_S = 0.2
LEAST_S = 20.0
"""Longer than any node is waited for after most others, however fast they were: its process may have to start."""


class PatientGrid:
    """Flower's Grid, but for how long it waits.

    Once half of them have replied, the others have ``patience`` times as long as these took, ``LEAST_S`` at least.
    """

    def __init__(self, grid: Grid, patience: float, least: float = LEAST_S) -> None:
        self._grid, self._patience, self._least = grid, patience, least

    def __getattr__(self, name: str) -> Any:
        return getattr(self._grid, name)

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Replies of those that are fast enough; a reply that comes later is never asked for again."""
        sent = list(messages)
        waiting = {identity for identity in self._grid.push_messages(sent) if identity} if sent else set()
        began = time.monotonic()
        until = float("inf") if timeout is None else began + timeout
        replies: list[Message] = []
        while waiting and time.monotonic() < until:
            came = list(self._grid.pull_messages(waiting))
            replies += came
            waiting -= {message.metadata.reply_to_message_id for message in came}
            if came and 2 * len(replies) >= len(sent):
                taken = time.monotonic() - began
                until = min(until, began + taken + max(self._patience * taken, self._least))
            if waiting:
                time.sleep(PULL_EVERY_S)
        return replies
