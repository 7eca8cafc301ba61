"""What a federated method is: a server's state, what travels, and what a node does with it. No transport, no Flower.

A round: the server says something to each node (:meth:`Method.outgoing`), each node works on its own frames and replies
(:meth:`Method.on_node`), the server gathers (:meth:`Method.gather`). In the end each node makes its student from what
the server would say next (:meth:`Method.student`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lotwise.datasets.errors import InputError
from lotwise.students.distillation.step import StepHook
from lotwise.students.federation.parcel import Arrays, Parcel, finite

__all__ = [
    "Arrays",
    "ChecksReplies",
    "Local",
    "Method",
    "Optimizer",
    "Parcel",
    "finite",
    "load_arrays",
    "module_arrays",
]

Optimizer = Literal["adamw", "sgd"]
"""``sgd`` is plain, without momentum or decay: the one that methods can do arithmetic with."""


class Local(Protocol):
    """What a method may use of a camera: its student, and training it from the camera's own stored knowledge.

    Attributes:
        examples: frames that the camera learns from.
        batches: steps that go through all of them once.
        decay: factor on the learning rate of this round, 1 in the first and falling to 0.02 in the last.
        trainable: names of the arrays that are parameters; the others are statistics and counters.
        student: the model itself, on the CPU or the GPU, in training mode within a step.
    """

    @property
    def examples(self) -> int: ...

    @property
    def batches(self) -> int: ...

    @property
    def decay(self) -> float: ...

    @property
    def trainable(self) -> frozenset[str]: ...

    @property
    def student(self) -> nn.Module: ...

    def weights(self) -> dict[str, NDArray[np.generic]]:
        """All of the student's arrays as they are now, copies on the CPU; integer counters are integers."""
        ...

    def load(self, arrays: Arrays) -> None:
        """Put arrays into the student; those that are not named stay.

        Raises:
            InputError: a name or a shape that the student has not, or numbers that are not finite.
        """
        ...

    def train(
        self, steps: int, hook: StepHook | None = None, *, rate: float, optimizer: Optimizer = "sgd", own: bool = True
    ) -> int:
        """Make steps on the camera's own frames, at one learning rate; returns how many were made.

        Args:
            steps: how many.
            hook: takes part in each step.
            rate: the learning rate; :attr:`decay` is not applied to it.
            optimizer: AdamW's moments are kept from round to round.
            own: whether the loss of the camera's own frames is there at all; the hook's alone otherwise.
        """
        ...

    def forget(self) -> None:
        """Forget what the optimizer keeps from step to step, and begin with the first batch again."""
        ...

    def gradient(self, batches: int) -> dict[str, NDArray[np.generic]]:
        """The mean gradient over the next batches at the weights as they are, by the names of the parameters.

        Neither weights nor statistics change, and the batches are those that the next training begins with.
        """
        ...


class Method(Protocol):
    """A federated method. Its settings are its fields; server and nodes have the same.

    Attributes:
        exchanges: how often a node is asked in one round, 1 or 2. Where it is 2, the number that is called ``round``
            below counts exchanges: the odd ones are each round's first.
    """

    @property
    def exchanges(self) -> int: ...

    def begin(self, nodes: Sequence[str], start: Arrays) -> Parcel:
        """The server's state before the first round.

        Args:
            nodes: names of the nodes that are known.
            start: weights that all begin with; empty where nodes differ in architecture.
        """
        ...

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        """What each node is told at the beginning of a round, from 1."""
        ...

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        """A node's work of one round.

        Args:
            incoming: what the server said.
            kept: what the node kept of its last round; None in its first.
            local: the camera.

        Returns:
            The reply, and what the node keeps.
        """
        ...

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        """The server's next state from the replies of those nodes that gave a valid one; there is at least one."""
        ...

    def student(self, incoming: Parcel, kept: Parcel | None, local: Local) -> Arrays:
        """The weights that a node deploys in the end.

        Args:
            incoming: what the server would say in a next round.
            kept: what the node kept of its last round; None where it took part in none.
            local: the camera, with the student that it began with.
        """
        ...


@runtime_checkable
class ChecksReplies(Protocol):
    """A method that can tell whether a reply fits its state; NaN and infinity are looked for in any case."""

    def check(self, state: Parcel, reply: Parcel) -> None:
        """Look at a reply before it is gathered.

        Raises:
            InputError: it does not fit, such as arrays of other shapes.
        """
        ...


def module_arrays(module: nn.Module) -> dict[str, NDArray[np.generic]]:
    """The arrays of a module's ``state_dict``, copies on the CPU."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in module.state_dict().items()}


def load_arrays(module: nn.Module, arrays: Arrays) -> None:
    """Put arrays into a module, in place; those that are not named stay.

    Raises:
        InputError: a name or a shape that the module has not, or numbers that are not finite.
    """
    held = module.state_dict()
    for name, array in arrays.items():
        if name not in held:
            raise InputError(f"weights {name!r}: this student has none of that name; all cameras need the same student")
        if tuple(held[name].shape) != array.shape:
            raise InputError(
                f"weights {name!r}: of shape {array.shape}, this student's are {tuple(held[name].shape)}; all cameras "
                "need the same student"
            )
    if not finite(arrays):
        raise InputError("weights with numbers that are not finite; lower the learning rate")
    with torch.no_grad():
        for name, array in arrays.items():
            held[name].copy_(torch.from_numpy(np.array(array)))
