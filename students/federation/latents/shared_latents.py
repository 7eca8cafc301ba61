"""What a student's neck holds of reference pictures, small enough to be sent: a few cells, each in a few numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.federation.listening import Said
from lotwise.students.losses.terms.latent import orthonormal


@dataclass(frozen=True)
class SharedLatents:
    """Cells of N pictures; a cell is an anchor, counted over all levels, finest first.

    Attributes:
        index: (N, K) int32; -1 where there are fewer.
        values: (N, K, r) float16: the neck's channels there, brought down to r and standardised over them.
    """

    index: NDArray[np.int32]
    values: NDArray[np.float16]

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"index": self.index, "latent": self.values}

    @staticmethod
    def of_arrays(arrays: Mapping[str, NDArray[Any]], pictures: int, anchors: int) -> SharedLatents:
        """Read what somebody sent.

        Raises:
            InputError: what is wrong with it.
        """
        if set(arrays) != {"index", "latent"}:
            raise InputError(f"latents have index and latent, not {', '.join(sorted(arrays)) or 'nothing'}")
        index, values = np.asarray(arrays["index"]), np.asarray(arrays["latent"])
        if index.ndim != 2 or values.ndim != 3 or len(index) != pictures or values.shape[:2] != index.shape:
            raise InputError(f"latents of {pictures} pictures expected, came {index.shape} and {values.shape}")
        if index.dtype.kind != "i" or values.dtype.kind != "f" or not np.isfinite(values).all():
            raise InputError("index must hold whole numbers, latent finite floats")
        if index.size and (index.min() < -1 or index.max() >= anchors):
            raise InputError(f"a cell beyond the {anchors} of this input size")
        return SharedLatents(index.astype(np.int32), values.astype(np.float16))


def architecture(student: DetectionModel) -> str:
    """8 hex digits of what a student's layers are: latents of different ones have nothing in common."""
    layers = {name: student.yaml.get(name) for name in ("backbone", "head", "scale", "scales", "depth_multiple")}
    shapes = [list(tensor.shape) for tensor in student.state_dict().values()]
    return hashlib.blake2b(json.dumps([layers, shapes], default=str).encode(), digest_size=4).hexdigest()


def lowered(latents: Sequence[torch.Tensor], width: int) -> torch.Tensor:
    """Neck maps (B, C, h, w) of all levels -> (B, A, width), standardised over the width.

    Channels are brought down by a fixed random matrix of orthonormal rows, the same everywhere, so nothing is learned
    and distances are kept roughly (Johnson and Lindenstrauss).
    """
    rows = []
    for level in latents:
        basis = orthonormal(min(width, level.shape[1]), level.shape[1]).to(level)
        cells = torch.einsum("rc,bchw->bhwr", basis, level).flatten(1, 2)
        rows.append(F.pad(F.layer_norm(cells, cells.shape[-1:]), (0, width - cells.shape[-1])))
    return torch.cat(rows, 1)


def latents_to_send(said: Said, cells: int, width: int) -> SharedLatents:
    """The cells where a student is surest of a vehicle."""
    keep = min(cells, said.logits.shape[1])
    index = said.logits.detach().topk(keep, dim=1).indices
    values = lowered(said.latents, width).detach()
    chosen = values.gather(1, index[..., None].expand(-1, -1, width))
    return SharedLatents(index.cpu().numpy().astype(np.int32), chosen.cpu().numpy().astype(np.float16))


def mean_latents(sent: Sequence[SharedLatents], cells: int) -> SharedLatents:
    """Per picture the mean of each cell over those that sent it; the ``cells`` that most sent, two at least."""
    width = sent[0].values.shape[-1]
    pictures = len(sent[0].index)
    index = np.full((pictures, cells), -1, np.int32)
    values = np.zeros((pictures, cells, width), np.float16)
    for picture in range(pictures):
        where = np.concatenate([one.index[picture] for one in sent])
        what = np.concatenate([one.values[picture] for one in sent]).astype(np.float32)[where >= 0]
        found, places, counts = np.unique(where[where >= 0], return_inverse=True, return_counts=True)
        total = np.zeros((len(found), width), np.float32)
        np.add.at(total, places, what)
        chosen = np.argsort(-counts, kind="stable")[:cells]
        chosen = chosen[counts[chosen] > 1]
        index[picture, : len(chosen)] = found[chosen]
        values[picture, : len(chosen)] = total[chosen] / counts[chosen, None]
    return SharedLatents(index, values)


def latent_loss(said: Said, peers: SharedLatents) -> torch.Tensor:
    """Mean over cells and numbers of the squared distance of standardised latents; 0 where no cell is told.

    L = mean_k || norm(P s_k) - norm(t_k) ||^2 / r
    """
    width = peers.values.shape[-1]
    own = lowered(said.latents, width)
    index = torch.from_numpy(peers.index).long().to(own.device)
    there = index >= 0
    if not there.any():
        return own.sum() * 0
    mine = own.gather(1, index.clamp_min(0)[..., None].expand(-1, -1, width))[there]
    told = F.layer_norm(torch.from_numpy(peers.values.astype(np.float32)).to(own)[there], (width,))
    return (mine - told).square().mean()
