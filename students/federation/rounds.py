"""A federation within one process: the rounds themselves, without any transport. Engines do the same over a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lotwise.datasets.errors import InputError
from lotwise.students.federation.method import Local, Method, Parcel
from lotwise.students.federation.rejected import sort_out


@dataclass(frozen=True)
class Federated:
    """Where a federation stands.

    Attributes:
        state: of the server.
        kept: by each node that has taken part.
        sent: bytes that the server sent to each node, all rounds together.
        received: bytes that it got from each.
        rejected: why replies were not gathered, by exchange (from 1) and node.
    """

    state: Parcel
    kept: Mapping[str, Parcel] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)
    received: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


def exchange(method: Method, before: Federated, number: int, locals_: Mapping[str, Local]) -> Federated:
    """One exchange: each node works in turn on what the server says, and the server gathers.

    Args:
        method: that is run.
        before: where the federation stands.
        number: of the exchange, from 1.
        locals_: the cameras that take part, by node.

    Raises:
        InputError: not one reply was valid.
    """
    outgoing = method.outgoing(before.state, number, list(locals_))
    replies, kept = {}, dict(before.kept)
    for node, incoming in outgoing.items():
        replies[node], kept[node] = method.on_node(incoming, before.kept.get(node), locals_[node])
    good, why = sort_out(method, before.state, replies)
    if not good:
        node, reason = next(iter(why.items()), ("", "nobody replied"))
        raise InputError(f"exchange {number}: no valid reply; {node}: {reason}")
    return Federated(
        method.gather(before.state, number, good),
        kept,
        _counted(before.sent, outgoing),
        _counted(before.received, replies),
        {**before.rejected, number: why} if why else before.rejected,
    )


def federate(method: Method, begin: Parcel, rounds: int, locals_: Mapping[str, Callable[[int], Local]]) -> Federated:
    """All rounds of a federation.

    Args:
        method: that is run.
        begin: the server's state.
        rounds: how many.
        locals_: gives each node's camera as it stands in a round, from 1.
    """
    now = Federated(begin)
    for number in range(1, rounds * method.exchanges + 1):
        in_round = (number - 1) // method.exchanges + 1
        now = exchange(method, now, number, {node: make(in_round) for node, make in locals_.items()})
    return now


def _counted(before: Mapping[str, int], parcels: Mapping[str, Parcel]) -> dict[str, int]:
    return {**before, **{node: before.get(node, 0) + parcel.bytes() for node, parcel in parcels.items()}}
