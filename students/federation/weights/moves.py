"""What methods that exchange how far a camera moved have in common; the arithmetic of each stands in its own file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.weights.arithmetic import (
    added,
    check_like,
    check_positive,
    difference,
    in_order,
    weighted_mean,
)
from lotwise.students.federation.weights.batch_norm import BatchNorm, staying, travelling
from lotwise.students.federation.work import SGD, Work


@dataclass(frozen=True)
class Moves:
    """The server keeps ``weights``; a camera replies with its ``move`` y - x, of parameters, and its ``statistics``.

    Statistics are the arrays that are no parameters, where they travel: their weighted mean is taken.

    Attributes:
        work: of a round, in plain SGD.
        batch_norm: whether normalisation layers travel.
        server_rate: by how much of the mean move the server's weights are changed.
    """

    work: Work = SGD
    batch_norm: BatchNorm = "local"
    server_rate: float = 1.0
    exchanges: int = 1

    def __post_init__(self) -> None:
        if self.work.optimizer != "sgd":
            raise ValueError(
                f"{type(self).__name__} does arithmetic with steps of plain SGD, not of {self.work.optimizer}"
            )

    def begin(self, nodes: Sequence[str], start: Arrays) -> Parcel:
        return Parcel({"weights": travelling(start, self.batch_norm)})

    def student(self, incoming: Parcel, kept: Parcel | None, local: Local) -> Arrays:
        return {**(kept.group("norms") if kept else {}), **incoming.group("weights")}

    def check(self, state: Parcel, reply: Parcel) -> None:
        """Parameters and statistics together are what the server has; whatever else there is, is like parameters."""
        expected = state.group("weights")
        if "move" not in reply.arrays and "gradient" in reply.arrays:
            gradient = reply.group("gradient")
            check_like("gradient", gradient, {name: array for name, array in expected.items() if name in gradient})
            return
        move = reply.group("move")
        check_like("weights", {**move, **reply.group("statistics")}, expected)
        for group, arrays in reply.arrays.items():
            if group not in ("move", "statistics"):
                check_like(group, arrays, move)
        check_positive(reply, "examples", "steps")

    def start(self, incoming: Parcel, kept: Parcel | None, local: Local) -> Arrays:
        """Put what the server says into the student; the parameters x that moves are counted from."""
        local.load(self.student(incoming, kept, local))
        return {name: array for name, array in incoming.group("weights").items() if name in local.trainable}

    def ended(self, x: Arrays, local: Local, factor: float = 1.0) -> tuple[dict[str, Arrays], dict[str, Arrays]]:
        """Groups of the reply and of what is kept, after the steps; the move is multiplied by a factor."""
        weights = local.weights()
        statistics = {n: a for n, a in travelling(weights, self.batch_norm).items() if n not in x}
        reply = {"move": difference(weights, x, factor), "statistics": statistics}
        return reply, {"norms": staying(weights, self.batch_norm)}

    def moved(self, state: Parcel, replies: Mapping[str, Parcel], move: Arrays, weights: Sequence[float]) -> Arrays:
        """The server's weights after a move of parameters, and with the mean of the statistics."""
        given = in_order(replies)
        statistics = weighted_mean([reply.group("statistics") for reply in given], weights)
        return {**added(state.group("weights"), move, self.server_rate), **statistics}
