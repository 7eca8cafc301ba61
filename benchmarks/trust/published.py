"""Published predictors of a detector's accuracy without labels, rebuilt from what their papers say of the idea.

Box stability (BoS, arXiv 2403.13803), consistency before and after suppression with confidence (PCR, arXiv 2508.12082),
and consistency across augmented views (CCS, arXiv 2509.12871). Each is larger where the detector is better. They were
made for mean average precision over a whole test set; here each gives one number for a frame.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.trust.signals.look import Look
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, Image
from lotwise.students.export.bundle import WEIGHTS
from lotwise.students.model.deployed import Deployed, candidates, deployed_form, reported
from lotwise.teacher.checkpoint import load_model

DROPOUT = 0.1
"""Share of the features that are dropped in front of the head."""
GAMMAS = (0.7, 1.4)
"""Exponents of the brightened and the darkened view."""


def pcr(found: Detections, kept: Detections) -> float:
    """Mean over the kept boxes of their candidates' mean IoU with them times the candidates' mean score."""
    if not len(kept) or not len(found):
        return 0.0
    overlaps = iou(kept.boxes, found.boxes)
    same = overlaps >= 0.5
    counts = np.maximum(same.sum(axis=1), 1)
    lies_alike = (overlaps * same).sum(axis=1) / counts
    sure = (found.scores[None] * same).sum(axis=1) / counts
    return float((lies_alike * sure).mean())


def ccs(detector: Detector, image: Image, seen: Look) -> float:
    """Mean F1 of the boxes on the frame with those on its mirrored, brightened and darkened views."""
    pairs = [(seen.reported, seen.mirrored[seen.mirrored.scores >= seen.confidence])]
    for gamma in GAMMAS:
        table = (255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
        pairs.append((seen.reported, detector([np.asarray(cv2.LUT(image, table), np.uint8)])[0]))
    return float(np.mean([agreement([pair]) for pair in pairs]))


def bos(bundle: Path, image: Image, detector: Detector) -> float:
    """Mean IoU of the boxes with those that are best matched when features in front of the head are dropped."""
    form, fitted = _form(bundle), Letterbox((image.shape[1], image.shape[0]), detector.input)
    picture = fitted.image(image)
    # These scores are not calibrated, so neither is the threshold.
    calibration = detector.manifest.calibration if detector.manifest else None
    raw = detector.confidence if calibration is None else calibration.raw(detector.confidence)
    plain = reported(candidates(form, picture), fitted, raw)
    torch.manual_seed(0)
    hook = form.student.model[-1].register_forward_pre_hook(_dropped)
    try:
        dropped = reported(candidates(form, picture), fitted, raw)
    finally:
        hook.remove()
    if not len(plain):
        return 0.0
    return float(iou(plain.boxes, dropped.boxes).max(axis=1, initial=0).mean())


def _dropped(_: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    return ([torch.nn.functional.dropout(one, DROPOUT, True) for one in given[0]], *given[1:])


@lru_cache(maxsize=2)
def _form(bundle: Path) -> Deployed:
    return deployed_form(load_model(str(bundle / WEIGHTS)))
