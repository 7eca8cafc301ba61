"""A node's part of a federation, on whatever transport: it remembers on disk, so a kill costs at most one round."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.students.federation.local_training import LocalTraining, decay_of
from lotwise.students.federation.method import Arrays, Method, Parcel
from lotwise.students.federation.parcel_file import read_parcel, write_parcel

KEPT_FILES = 2
"""Of the last exchange, and of the one before: a server that was restarted may ask once more for the last one."""


class NodeSide:
    """The memory of one node in one federation, and what it does in an exchange."""

    def __init__(self, folder: Path, method: Method, camera: Callable[[float], LocalTraining], rounds: int) -> None:
        """Take up where the folder says.

        Args:
            folder: of this node and this federation.
            method: that is run.
            camera: gives the camera at the beginning of a round, by the factor on the learning rate.
            rounds: of the federation.
        """
        self.folder, self._method, self._camera, self._rounds = folder, method, camera, rounds
        self.seconds = 0.0
        """That this node has worked, as of the last exchange that it remembers."""

    def exchange(self, number: int, incoming: Parcel) -> Parcel:
        """Work on what the server said and remember what must be kept; the same question gets the same answer.

        Args:
            number: of the exchange, from 1.
            incoming: from the server.

        Raises:
            InputError: what was said does not fit this node.
        """
        began = time.monotonic()
        local = self._camera(decay_of((number - 1) // self._method.exchanges + 1, self._rounds))
        kept = self._recall(number, local)
        reply, keep = self._method.on_node(incoming, kept, local)
        own = local.state()
        groups = {f"kept {name}": arrays for name, arrays in keep.arrays.items()}
        groups |= {f"own {name}": arrays for name, arrays in own.arrays.items()}
        numbers = {f"kept {name}": value for name, value in keep.numbers.items()}
        numbers |= {f"own {name}": value for name, value in own.numbers.items()}
        numbers["seconds"] = self.seconds + time.monotonic() - began
        write_parcel(self._file(number), Parcel(groups, numbers), {"exchange": number})
        for other in self._numbers()[:-KEPT_FILES]:
            self._file(other).unlink(missing_ok=True)
        return reply

    def student(self, number: int, incoming: Parcel) -> tuple[LocalTraining, Arrays]:
        """The weights that this node deploys, and the camera to put them into.

        Args:
            number: of the exchange that would be next.
            incoming: what the server would say in it.
        """
        local = self._camera(1.0)
        return local, self._method.student(incoming, self._recall(number, local), local)

    def _recall(self, number: int, local: LocalTraining) -> Parcel | None:
        """What was kept of the last exchange before this one; a file that is broken counts as none."""
        for before in reversed([one for one in self._numbers() if one < number]):
            try:
                both, _ = read_parcel(self._file(before))
            except InputError:
                continue
            local.restore(_part(both, "own "))
            self.seconds = both.numbers.get("seconds", 0.0)
            return _part(both, "kept ")
        return None

    def _numbers(self) -> list[int]:
        found = [path.stem.removeprefix("exchange-") for path in self.folder.glob("exchange-*.safetensors")]
        return sorted(int(number) for number in found if number.isdigit())

    def _file(self, number: int) -> Path:
        return self.folder / f"exchange-{number:05d}.safetensors"


def _part(both: Parcel, prefix: str) -> Parcel:
    return Parcel(
        {name.removeprefix(prefix): arrays for name, arrays in both.arrays.items() if name.startswith(prefix)},
        {name.removeprefix(prefix): value for name, value in both.numbers.items() if name.startswith(prefix)},
    )
