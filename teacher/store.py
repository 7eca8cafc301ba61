"""The knowledge store: one file a frame, keyed by what the frame shows and by which oracle it is.

Files are written aside and renamed, so a kill at any moment leaves whole files or none; nothing is ever
rewritten; nothing but the frame at hand is held in memory.
"""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.teacher.knowledge import Knowledge, decode, encode


@dataclass(frozen=True)
class KnowledgeStore:
    """Knowledge of one oracle.

    Attributes:
        folder: ``<root>/<identity of the oracle>``.
    """

    folder: Path

    @staticmethod
    def open(root: Path, oracle: str, description: dict[str, Any]) -> KnowledgeStore:
        """The part of a store that belongs to this oracle, made where it does not exist.

        Args:
            root: the store's folder; several oracles may share it.
            oracle: identity of weights and settings; another oracle never reads this one's knowledge.
            description: what a person should find beside the data.
        """
        folder = root / oracle
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / "oracle.json", json.dumps(description, indent=2).encode())
        except OSError as error:
            raise unwritable(folder, error) from error
        return KnowledgeStore(folder)

    def path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"

    def __contains__(self, key: str) -> bool:
        return self.path(key).is_file()

    def __len__(self) -> int:
        return sum(1 for _ in self.folder.glob("*/*.safetensors"))

    def add(self, key: str, knowledge: Knowledge) -> int:
        """Append the knowledge of a frame and return its size in bytes; what is there already stays.

        Raises:
            InputError: the disk is full or the folder cannot be written; what was stored before is whole.
        """
        if key in self:
            return 0
        path, data = self.path(key), encode(knowledge)
        try:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            raise unwritable(path, error) from error
        return len(data)

    def get(self, key: str) -> Knowledge:
        """The knowledge of a frame.

        Raises:
            KeyError: this oracle never saw the frame.
            InputError: the file is damaged.
        """
        path = self.path(key)
        if not path.is_file():
            raise KeyError(key)
        try:
            return decode(path.read_bytes())
        except ValueError as error:
            raise InputError(f"{path}: damaged ({error}); delete this file and label again") from error


def unwritable(path: Path, error: OSError) -> InputError:
    """What to tell a user of a file that cannot be written."""
    if error.errno == errno.ENOSPC:
        return InputError(f"{path}: the disk is full; free some space and run again (what is stored so far is kept)")
    return InputError(f"{path}: cannot be written ({error.strerror}); choose another folder with --out")
