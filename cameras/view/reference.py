"""What a camera's own first good frames taught about its view, and the file in which that outlives a restart."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lotwise.cameras.view.edges import Edges
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH
from lotwise.datasets.errors import InputError

LEARNED = 8  # good frames whose mean is the reference: what parked or passed on one of them fades
LOOKS = 8  # later looks of the same view: night, snow, a full lot


@dataclass(frozen=True)
class Known:
    """A camera's view.

    Attributes:
        reference: mean edges of the first good frames. Fixed once ``learned`` is :data:`LEARNED`: what is registered
            against it cannot drift away with it.
        learned: how many frames are in it.
        sharpness: their mean; None while they had too little contrast.
        looks: edges of later frames that looked unlike all before, each laid where the reference lies, oldest first.
    """

    reference: Edges
    learned: int = 1
    sharpness: float | None = None
    looks: tuple[Edges, ...] = ()

    def taught(self, field: Edges, sharpness: float | None) -> Known:
        """With one more frame in the reference, whose edges lie where the reference's lie."""
        share = 1 / (self.learned + 1)
        sharp = self.sharpness if sharpness is None else sharpness
        if sharpness is not None and self.sharpness is not None:
            sharp = self.sharpness + share * (sharpness - self.sharpness)
        mean = np.asarray(self.reference + share * (field - self.reference), np.complex64)
        return replace(self, reference=mean, learned=self.learned + 1, sharpness=sharp)

    def with_look(self, field: Edges) -> Known:
        """With one more look; the oldest gives way."""
        return replace(self, looks=(*self.looks, field)[-LOOKS:])


def read_known(path: Path) -> Known | None:
    """The view kept in a file; None where there is no file yet.

    Raises:
        InputError: the file cannot be read, or is not what :func:`write_known` writes.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            fields, sharpness, learned = kept["fields"], float(kept["sharpness"]), int(kept["learned"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a kept reference view; delete it, and the view is learned anew") from error
    if fields.dtype != np.int8 or fields.ndim != 4 or not len(fields) or fields.shape[1:] != (HEIGHT, WIDTH, 2):
        raise InputError(f"{path}: a reference view of another version; delete it, and the view is learned anew")
    reference, *looks = (fields.astype(np.float32) / 127).view(np.complex64)[..., 0]
    return Known(reference, learned, None if np.isnan(sharpness) else sharpness, tuple(looks))


def write_known(path: Path, known: Known) -> None:
    """Keep a view in a file, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    fields = np.stack([known.reference, *known.looks])
    pairs = np.round(fields[..., None].view(np.float32) * 127).astype(np.int8)
    sharpness = np.nan if known.sharpness is None else known.sharpness
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    with partial.open("wb") as file:
        np.savez_compressed(file, fields=pairs, sharpness=sharpness, learned=known.learned)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
