"""The server's part of a federation, on whatever transport: its state is written whole after each exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.students.federation.method import Arrays, Method, Parcel
from lotwise.students.federation.parcel_file import read_parcel, write_parcel
from lotwise.students.federation.rejected import sort_out

STATE = "server.safetensors"


@dataclass(frozen=True)
class NodeTold:
    """What went to one node and came from it, all exchanges together.

    Attributes:
        down, up: bytes of parcels; names and framing come on top.
        replies: valid ones.
        missed: exchanges in which it did not reply in time.
        rejected: exchanges whose reply did not fit.
    """

    down: int = 0
    up: int = 0
    replies: int = 0
    missed: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Progressed:
    """How far a federation is.

    Attributes:
        exchanges: done.
        seconds: that they took, from question to the last reply.
        nodes: by name.
        log: what a person should know, in order, such as who was rejected and why.
    """

    exchanges: int = 0
    seconds: float = 0.0
    nodes: Mapping[str, NodeTold] = field(default_factory=dict)
    log: tuple[str, ...] = ()


class ServerSide:
    """The state of one federation on its server."""

    def __init__(self, folder: Path, method: Method, identity: str) -> None:
        """Take up where the folder says, or stand before the first exchange.

        Args:
            folder: of this federation.
            method: that is run.
            identity: of the federation; a state of another one is refused.

        Raises:
            InputError: the folder holds another federation, or a broken state.
        """
        self._path, self._method, self._identity = folder / STATE, method, identity
        self.progress = Progressed()
        self._state: Parcel | None = None
        if self._path.exists():
            self._state, notes = read_parcel(self._path)
            self.progress = _progress_of(folder, identity, notes)

    @property
    def next(self) -> int:
        """Number of the next exchange, from 1."""
        return self.progress.exchanges + 1

    def begin(self, nodes: Sequence[str], start: Arrays) -> None:
        """Make the state before the first exchange, unless an earlier run has."""
        if self._state is None:
            self._state = self._method.begin(nodes, start)

    def outgoing(self, nodes: Sequence[str]) -> Mapping[str, Parcel]:
        """What each node is told in the next exchange."""
        return self._method.outgoing(self._now(), self.next, nodes)

    def gather(
        self, asked: Mapping[str, Parcel], replies: Mapping[str, Parcel], why: Mapping[str, str], seconds: float
    ) -> tuple[str, ...]:
        """End an exchange: sort out what does not fit, make the next state, write it.

        Args:
            asked: what each node was told.
            replies: of those that gave one.
            why: why the others gave none, by node.
            seconds: that the exchange took.

        Returns:
            What a person should know of it, one line each.

        Raises:
            InputError: not one reply was valid. The state is as it was.
        """
        number = self.next
        good, rejected = sort_out(self._method, self._now(), replies)
        lines = [f"exchange {number}: {node} is left out: {reason}" for node, reason in sorted(why.items())]
        lines += [f"exchange {number}: {node} is rejected: {reason}" for node, reason in sorted(rejected.items())]
        nodes = dict(self.progress.nodes)
        for node, parcel in asked.items():
            told = nodes.get(node, NodeTold())
            nodes[node] = replace(
                told,
                down=told.down + parcel.bytes(),
                up=told.up + (replies[node].bytes() if node in replies else 0),
                replies=told.replies + (node in good),
                missed=told.missed + (node not in replies),
                rejected=told.rejected + (node in rejected),
            )
        log = (*self.progress.log, *lines)
        if not good:
            self.progress = replace(self.progress, log=log, nodes=nodes)
            said = "; ".join(lines) or f"exchange {number}: nobody was there"
            raise InputError(f"no camera gave a valid reply ({said})")
        self._state = self._method.gather(self._now(), number, good)
        self.progress = Progressed(number, self.progress.seconds + seconds, nodes, log)
        self._write()
        return tuple(lines)

    def _write(self) -> None:
        notes: dict[str, Any] = {"identity": self._identity, "progress": asdict(self.progress)}
        write_parcel(self._path, self._now(), notes)

    def _now(self) -> Parcel:
        if self._state is None:
            raise ValueError("begin() comes first")
        return self._state


def read_progress(folder: Path, identity: str) -> Progressed | None:
    """How far a federation is; None where it has not begun.

    Raises:
        InputError: the folder holds another federation, or a broken state.
    """
    path = folder / STATE
    return _progress_of(folder, identity, read_parcel(path)[1]) if path.exists() else None


def _progress_of(folder: Path, identity: str, notes: Mapping[str, Any]) -> Progressed:
    if notes["identity"] != identity:
        raise InputError(f"{folder}: holds another federation; delete it to begin anew")
    told = notes["progress"]
    nodes = {name: NodeTold(**counts) for name, counts in told["nodes"].items()}
    return Progressed(told["exchanges"], told["seconds"], nodes, tuple(told["log"]))
