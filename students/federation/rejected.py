"""Replies that must not be gathered: the node is named, and the round goes on without it."""

from __future__ import annotations

from collections.abc import Mapping

from lotwise.datasets.errors import InputError
from lotwise.students.federation.method import ChecksReplies, Method, Parcel, finite


def sort_out(method: Method, state: Parcel, replies: Mapping[str, Parcel]) -> tuple[dict[str, Parcel], dict[str, str]]:
    """Valid replies, and why the others are none, both by node.

    Args:
        method: that is run.
        state: of the server.
        replies: by node.
    """
    good: dict[str, Parcel] = {}
    why: dict[str, str] = {}
    for node, reply in replies.items():
        try:
            _look(method, state, reply)
            good[node] = reply
        except InputError as error:
            why[node] = str(error)
    return good, why


def _look(method: Method, state: Parcel, reply: Parcel) -> None:
    for group, arrays in reply.arrays.items():
        for name, array in arrays.items():
            if not finite({name: array}):
                raise InputError(f"its {group} {name!r} hold NaN or infinity")
    for name, number in reply.numbers.items():
        if not abs(number) < float("inf"):
            raise InputError(f"its number {name!r} is {number}")
    if isinstance(method, ChecksReplies):
        method.check(state, reply)
