"""Average precision through pycocotools, for lots with more than a hundred cars in one frame."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from lotwise.datasets.frame import Detections, VehicleTruth

MAX_DETECTIONS = 1000
"""Per frame. COCO's own limit of 100 would count the 101st car of a full lot as missed."""

Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True)
class Curve:
    """Precision against recall at IoU 0.5, interpolated as COCO does.

    Attributes:
        recall: (101,) float64, 0, 0.01 ... 1.
        precision: (101,) float64, best precision at this recall or a higher one; 0 where it is never reached.
    """

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]


@dataclass(frozen=True)
class AveragePrecision:
    """AP of one set of frames; the figures are None where there is no vehicle to find.

    Attributes:
        images: frames that have truth, empty ones included.
        instances: vehicles in them, ignore regions not counted.
        map50: AP at IoU 0.5, in 0..1.
        map50_95: mean AP over IoU 0.5, 0.55 ... 0.95, in 0..1.
        curve: precision against recall at IoU 0.5.
    """

    images: int
    instances: int
    map50: float | None = None
    map50_95: float | None = None
    curve: Curve | None = None


def average_precision(
    truth: Mapping[str, VehicleTruth],
    predictions: Mapping[str, Detections],
    groups: Mapping[Group, Sequence[str]],
) -> dict[Group, AveragePrecision]:
    """AP of several groups of frames (such as one per camera, and all), matching each frame only once.

    Boxes of truth and predictions are in pixels of the same frame; classes are not told apart.

    Args:
        truth: by frame name; a box whose ``ignore`` is set is COCO's ``iscrowd``.
        predictions: by frame name, with all scores down to about 0.001; must cover all frames of ``truth``.
        groups: frame names per group; all of them in ``truth``.
    """
    names = list(truth)
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
        scorer = COCOeval(_coco_truth(list(truth.values())), _coco_detections([predictions[n] for n in names]), "bbox")
        scorer.params.maxDets = [MAX_DETECTIONS]
        scorer.params.areaRng, scorer.params.areaRngLbl = [[0, 1e10]], ["all"]
        scorer.evaluate()
        matched = dict(zip(names, scorer.evalImgs, strict=True))
        return {group: _accumulate(scorer, truth, matched, members) for group, members in groups.items()}


def _accumulate(
    scorer: COCOeval,
    truth: Mapping[str, VehicleTruth],
    matched: Mapping[str, Any],
    members: Sequence[str],
) -> AveragePrecision:
    instances = sum(int((~truth[name].ignore).sum()) for name in members)
    if not instances:
        return AveragePrecision(len(members), 0)
    # accumulate() reads one record per image id in order: one category, one area range.
    scorer.evalImgs = [matched[name] for name in members]
    scorer.params.imgIds = scorer._paramsEval.imgIds = list(range(len(members)))
    scorer.accumulate()
    precision = scorer.eval["precision"][:, :, 0, 0, 0]  # (IoU thresholds, 101)
    curve = Curve(np.asarray(scorer.params.recThrs), precision[0])
    return AveragePrecision(len(members), instances, float(precision[0].mean()), float(precision.mean()), curve)


def _coco_truth(truth: Sequence[VehicleTruth]) -> COCO:
    rows = [
        (image, _xywh(box), {"iscrowd": int(ignore)})
        for image, frame in enumerate(truth, 1)
        for box, ignore in zip(frame.boxes, frame.ignore, strict=True)
    ]
    return _coco(len(truth), rows)


def _coco_detections(predictions: Sequence[Detections]) -> COCO:
    rows = [
        (image, _xywh(box), {"iscrowd": 0, "score": float(score)})
        for image, frame in enumerate(predictions, 1)
        for box, score in zip(frame.boxes, frame.scores, strict=True)
    ]
    return _coco(len(predictions), rows)


def _coco(images: int, rows: Sequence[tuple[int, list[float], dict[str, Any]]]) -> COCO:
    # Ids start at 1: COCOeval writes the matched id into arrays where 0 means "no match".
    coco = COCO()
    coco.dataset = {
        "images": [{"id": image} for image in range(1, images + 1)],
        "categories": [{"id": 1, "name": "vehicle"}],
        "annotations": [
            {
                "id": number,
                "image_id": image,
                "category_id": 1,
                "bbox": xywh,
                "area": xywh[2] * xywh[3],
                **rest,
            }
            for number, (image, xywh, rest) in enumerate(rows, 1)
        ],
    }
    coco.createIndex()
    return coco


def _xywh(box: NDArray[np.float32]) -> list[float]:
    x1, y1, x2, y2 = box.tolist()
    return [x1, y1, max(x2 - x1, 0.0), max(y2 - y1, 0.0)]
