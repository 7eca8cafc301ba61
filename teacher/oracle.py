"""The oracle: a large pretrained detector, run on each frame once in several passes, and all that it says kept."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections, Image
from lotwise.datasets.suppression import suppress
from lotwise.datasets.vehicles import VEHICLE_CLASSES
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.fuse import fuse
from lotwise.teacher.head import decode_boxes, vehicle_classes, vehicle_logits
from lotwise.teacher.knowledge import Dense, Distribution, Knowledge, Latent
from lotwise.teacher.tensor import image_tensor
from lotwise.teacher.tiles import Tile, tiles

VERSION = 2
"""Part of an oracle's identity: to be raised with any change of what is made of the network's outputs."""

MAX_DETECTIONS = 1000
"""Soft detections kept of a frame, the best of all passes: 20 kB, and several times the cars of the largest lots."""
MAX_DISTRIBUTIONS = 1000
"""Anchors whose distributions over bins are kept, the best of them: 128 kB a frame."""
MIN_DISTRIBUTION_SCORE = 0.05
"""Least vehicle score of such an anchor; below it a distribution describes no car. Chosen, not measured."""
CELL_NEIGHBOURHOOD = 5
"""Side, in cells, of the square around a cell whose best score ranks it: two cells beyond a vehicle's edge."""


@dataclass(frozen=True)
class RawOutputs:
    """What one pass of the network gave.

    Attributes:
        scores: (A,) vehicle probability.
        boxes: (A, 4) xyxy in input pixels.
        maps: the neck map (C, h, w) of each level.
        bins: (A, 4 * reg_max) logits over distance bins; None where the head has none.
    """

    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]
    maps: list[NDArray[np.float32]]
    bins: NDArray[np.float32] | None


@dataclass(frozen=True)
class OracleSettings:
    """How the oracle runs on a frame.

    Attributes:
        scales: longer side of the network input in pixels, one pass each. One is not enough on a real lot: at 640 px
            the cars of far rows are too small to be found, at 1280 px near cars that the border cuts are missed.
        flip: also run on the mirrored frame (doubles the cost). True takes the best score of the two, as of scales;
            ``mean`` their mean, so that what is seen in one of them only is doubted.
        tiles: 0 for none; N cuts the frame into N x N overlapping parts, each run at the largest scale.
        classes: names of the teacher's classes that are vehicles; merged to one.
        confidence: soft detections are kept down to this score.
        grid: longer side of the student's input; latents and dense outputs are taken at it. 0 for none.
        latent_bytes: at most this many bytes of latents a frame; the cells nearest to vehicles are kept.
    """

    scales: tuple[int, ...] = (640, 1280)
    flip: bool | Literal["mean"] = False
    tiles: int = 0
    classes: tuple[str, ...] = VEHICLE_CLASSES
    confidence: float = 0.01
    grid: int = 640
    latent_bytes: int = 1_300_000


class Oracle:
    """A teacher and how it is run."""

    def __init__(self, weights: str | Path, settings: OracleSettings | None = None) -> None:
        """Load the teacher.

        Raises:
            InputError: the weights cannot be read safely, or know none of the vehicle classes.
        """
        self.settings = settings or OracleSettings()
        self.model = load_model(weights)
        self.classes = vehicle_classes(self.model.names, self.settings.classes, str(weights))
        self.weights = Path(weights).name
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._fingerprint = fingerprint(self.model)
        self.model.to(self.device, memory_format=torch.channels_last)

    @property
    def identity(self) -> str:
        """16 hex digits of weights and settings: whatever changes the knowledge changes the identity."""
        described = json.dumps([VERSION, self._fingerprint, asdict(self.settings)], sort_keys=True)
        return hashlib.blake2b(described.encode(), digest_size=8).hexdigest()

    @property
    def description(self) -> dict[str, Any]:
        return {"weights": self.weights, "fingerprint": self._fingerprint, **asdict(self.settings)}

    def predict(self, image: Image) -> Knowledge:
        """All the teacher says of one frame (H, W, 3) BGR."""
        settings, size = self.settings, (image.shape[1], image.shape[0])
        whole = Tile(0, 0, *size)
        views = [(whole, scale) for scale in settings.scales]
        views += [(tile, max(settings.scales)) for tile in tiles(size, settings.tiles)]
        mirrors = (False, True) if settings.flip else (False,)
        outputs = {view: self._forward(image, *view) for view in itertools.product(views, mirrors)}
        found = {view: self._detections(raw, size, *view) for view, raw in outputs.items()}
        if settings.flip == "mean":
            turns = [fuse([one for (_, turned), one in found.items() if turned == mirror]) for mirror in mirrors]
            detections = fuse(turns, score="mean")
            detections = detections[detections.scores >= settings.confidence][:MAX_DETECTIONS]
        else:
            detections = fuse(list(found.values()))[:MAX_DETECTIONS]
        if not settings.grid:
            return Knowledge(size, detections)
        at_grid = ((whole, settings.grid), False)
        at_size = outputs[at_grid] if at_grid in outputs else self._forward(image, *at_grid)
        return Knowledge(
            size,
            detections,
            Letterbox.around(size, settings.grid).input,
            keep_cells(at_size.maps, at_size.scores, settings.latent_bytes),
            Dense(at_size.scores.astype(np.float16), at_size.boxes.astype(np.float16), keep_distribution(at_size)),
        )

    def _detections(self, raw: RawOutputs, size: tuple[int, int], view: tuple[Tile, int], mirrored: bool) -> Detections:
        """What one pass found, in pixels of the whole frame."""
        tile, scale = view
        boxes = Letterbox.around((tile.width, tile.height), scale).to_frame(raw.boxes)
        if mirrored:
            boxes = np.stack([tile.width - boxes[:, 2], boxes[:, 1], tile.width - boxes[:, 0], boxes[:, 3]], axis=1)
        found = suppress(Detections.of(boxes, raw.scores), confidence=self.settings.confidence)
        found = found[tile.sees_whole(found.boxes, size)]
        return Detections(tile.to_frame(found.boxes), found.scores, found.labels)

    @torch.inference_mode()
    def _forward(self, image: Image, view: tuple[Tile, int], mirrored: bool) -> RawOutputs:
        """One pass over one part of a frame."""
        tile, scale = view
        part = image[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        fitted = Letterbox.around((tile.width, tile.height), scale).image(part[:, ::-1] if mirrored else part)
        pixels = image_tensor([fitted], self.device, torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=fast_bfloat16(self.device)):
            _, raw = self.model(pixels)
        raw = raw.get("one2many", raw)
        head = self.model.model[-1]
        return RawOutputs(
            scores=vehicle_logits(raw, self.classes)[0].sigmoid().cpu().numpy(),
            boxes=decode_boxes(head, raw)[0].cpu().numpy(),
            maps=[level[0].float().cpu().numpy() for level in raw["feats"]],
            bins=raw["boxes"][0].float().T.cpu().numpy() if head.reg_max > 1 else None,
        )


def keep_distribution(raw: RawOutputs) -> Distribution | None:
    """The distributions over bins at the anchors that see a vehicle best."""
    if raw.bins is None:
        return None
    best = np.argsort(-raw.scores, kind="stable")[:MAX_DISTRIBUTIONS]
    anchors = np.sort(best[raw.scores[best] >= MIN_DISTRIBUTION_SCORE]).astype(np.int32)
    return Distribution(anchors, raw.bins[anchors].astype(np.float16))


def keep_cells(maps: list[NDArray[np.float32]], scores: NDArray[np.float32], budget: int) -> tuple[Latent, ...]:
    """The cells of each neck map that matter most, within a number of bytes.

    A lot is mostly asphalt: cells are ranked by the teacher's vehicle score around them, and each level gets a
    fair share of the bytes; what a coarse level does not need, the finer ones may use.

    Args:
        maps: (C, h, w) of each level, finest first.
        scores: (A,) vehicle probability of all anchors, in order of level, row, column.
        budget: bytes for all levels together.
    """
    ends = np.cumsum([m.shape[1] * m.shape[2] for m in maps])
    latents: list[Latent] = []
    left = budget
    for level in reversed(range(len(maps))):
        channels, rows, columns = maps[level].shape
        near = _widened(scores[ends[level] - rows * columns : ends[level]].reshape(rows, columns))
        affordable = int(left / (level + 1) / (2 * channels + 4))
        cells = np.sort(np.argsort(-near.ravel(), kind="stable")[:affordable]).astype(np.int32)
        values = maps[level].reshape(channels, -1).T[cells].astype(np.float16)
        latents.insert(0, Latent((rows, columns), cells, values))
        left -= len(cells) * (2 * channels + 4)
    return tuple(latents)


def _widened(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest score among each cell's neighbours: what surrounds a vehicle tells where it ends."""
    square = np.ones((CELL_NEIGHBOURHOOD, CELL_NEIGHBOURHOOD), np.uint8)
    return np.asarray(cv2.dilate(scores.astype(np.float32), square), np.float32)


def fast_bfloat16(device: torch.device) -> bool:
    """Whether this machine computes in bfloat16 rather than emulating it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
