"""A Flower Strategy that carries any method: it names the nodes, relays parcels, and leaves the rest to the method."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, Message, Metadata, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.students.federation.flower.client_app import FINISH, HELLO, ROUND
from lotwise.students.federation.flower.patience import PatientGrid
from lotwise.students.federation.flower.records import ERROR, of_records, to_records
from lotwise.students.federation.method import Arrays, Parcel
from lotwise.students.federation.server_side import ServerSide

HELLO_TIMEOUT_S = 60.0
"""For a node to say who it is: its process may have to start first."""


class AnyMethod(Strategy):  # type: ignore[misc, unused-ignore]  # it has no types
    """What travels in a round of any method."""

    def __init__(
        self,
        server: ServerSide,
        about: Mapping[str, str | int | float],
        exchanges: int,
        start: Callable[[], Arrays],
        progress: Progress = no_progress,
        note: Note = no_note,
    ) -> None:
        """Stand where the server's state stands.

        Args:
            server: the state.
            about: what every message says of the federation.
            exchanges: of the whole federation.
            start: weights that all begin with.
            progress: told after each exchange.
            note: told, one line each, what a person should know.
        """
        self.server, self._about, self._exchanges, self._start = server, dict(about), exchanges, start
        self._progress, self._note = progress, note
        self._names: dict[int, str] = {}
        self._asked: dict[str, Parcel] = {}
        self._sent: dict[str, Metadata] = {}
        self._began = 0.0
        self.failure: InputError | None = None

    def cameras(self, grid: Grid | PatientGrid) -> dict[str, int]:
        """Node id of each camera that is there now; new ones are asked who they are."""
        there = list(grid.get_node_ids())
        unknown = [node for node in there if node not in self._names]
        questions = [Message(to_records(Parcel(), {}), dst_node_id=node, message_type=HELLO) for node in unknown]
        replies = grid.send_and_receive(questions, timeout=HELLO_TIMEOUT_S) if questions else []
        for reply in replies:
            if not reply.has_error():
                name = str(of_records(reply.content)[1].get("camera", ""))
                if name:
                    self._names[reply.metadata.src_node_id] = name
        return {self._names[node]: node for node in there if node in self._names}

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """A message for each camera that is there."""
        self._began = time.monotonic()
        nodes = self.cameras(grid)
        names = sorted(nodes)
        self.server.begin(names, self._start())
        self._asked = dict(self.server.outgoing(names)) if names else {}
        about = {**self._about, "exchange": self.server.next}
        return self._messages({name: to_records(parcel, about) for name, parcel in self._asked.items()}, nodes, ROUND)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Gather what is valid; a round without any leaves the state as it was, and :attr:`failure` says why."""
        good, why = self._read(replies)
        self.failure = None
        try:
            lines = self.server.gather(self._asked, good, why, time.monotonic() - self._began)
        except InputError as error:
            self.failure = error
            self._note(str(error))
            return None, None
        for line in lines:
            self._note(line)
        done = self.server.progress.exchanges
        self._progress("federate", done, self._exchanges, f"{len(good)} of {len(self._asked)} cameras")
        return None, MetricRecord({"replies": len(good), "asked": len(self._asked)})

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Nothing: students are measured once, in the end, by the promotion gate of each camera."""
        return []

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        return None

    def summary(self) -> None:
        """Nothing to add: the command says what it does."""

    def finish(self, grid: Grid | PatientGrid, timeout: float) -> dict[str, str]:
        """Have each camera write its student; what came of it, by camera.

        Args:
            grid: of Flower.
            timeout: seconds to wait.
        """
        nodes = self.cameras(grid)
        self._asked = dict(self.server.outgoing(sorted(nodes)))
        about = {**self._about, "exchange": self.server.next}
        contents = {}
        for name, parcel in self._asked.items():
            told = self.server.progress.nodes.get(name)
            counts = {"down": told.down, "up": told.up, "replies": told.replies} if told else {}
            contents[name] = to_records(parcel, {**about, "told": json.dumps(counts)})
        good: dict[str, str] = {}
        for reply in grid.send_and_receive(self._messages(contents, nodes, FINISH), timeout=timeout):
            name = self._asked_of(reply)
            reason = self._why(reply)
            if reason:
                self._note(f"{name}: wrote no student: {reason}")
            else:
                good[name] = str(of_records(reply.content)[1]["student"])
        for name in sorted(set(self._asked) - set(good)):
            self._note(f"{name}: has no student of this federation; run the same again once its node is there")
        return good

    def _read(self, replies: Iterable[Message]) -> tuple[dict[str, Parcel], dict[str, str]]:
        """Parcels, and why the others gave none."""
        good: dict[str, Parcel] = {}
        why: dict[str, str] = {}
        for reply in replies:
            name = self._asked_of(reply)
            reason = self._why(reply)
            if reason:
                why[name] = reason
            else:
                good[name] = of_records(reply.content)[0]
        missing = set(self._asked) - set(good) - set(why)
        return good, why | {name: "no reply in time" for name in missing}

    def _messages(self, contents: Mapping[str, RecordDict], nodes: Mapping[str, int], kind: str) -> list[Message]:
        messages = {
            name: Message(content, dst_node_id=nodes[name], message_type=kind) for name, content in contents.items()
        }
        self._sent = {name: message.metadata for name, message in messages.items()}
        return list(messages.values())

    def _asked_of(self, reply: Message) -> str:
        """The camera that was asked. Of one that is gone, the SuperLink itself replies with an error."""
        asked = reply.metadata.reply_to_message_id
        source = reply.metadata.src_node_id
        known = (name for name, sent in self._sent.items() if sent.message_id == asked)
        return next(known, self._names.get(source, f"node {source}"))

    def _why(self, reply: Message) -> str:
        """Why a reply is none; empty where it is one."""
        if reply.has_error():
            said: Any = reply.error.reason
            return " ".join(str(said or f"Flower's error {reply.error.code}").split())[:300]
        return str(of_records(reply.content)[1].get(ERROR, ""))
