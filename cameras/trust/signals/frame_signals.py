"""All signals of one sampled frame under their names, in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.trust.signals.before_after import box_spread, candidate_weight
from lotwise.cameras.trust.signals.doubt import box_doubt, faint_share, slot_doubt
from lotwise.cameras.trust.signals.look import Look
from lotwise.cameras.trust.signals.picture import PictureLook, newness
from lotwise.cameras.trust.signals.second_reading import second_reading
from lotwise.cameras.trust.signals.views import box_disagreement, slot_disagreement

Signals = Mapping[str, float]
"""Each signal's value by its name; not a number where it cannot be measured."""

SIGNALS: Mapping[str, str] = {
    "slot doubt": "slots are read less surely",
    "faint boxes": "more boxes are too faint to count",
    "box doubt": "vehicles are seen less surely",
    "mirror, boxes": "the mirrored picture shows other vehicles",
    "mirror, slots": "the mirrored picture gives other slots",
    "raised, boxes": "with more contrast other vehicles show",
    "raised, slots": "with more contrast other slots are taken",
    "edges, slots": "the edges in its slots say otherwise",
    "pattern, slots": "light and dark in its slots say otherwise",
    "box spread": "boxes of one vehicle lie further apart",
    "box backing": "fewer candidates stand behind each vehicle",
    "vehicles": "fewer vehicles are seen",
    "light": "the light is unlike the days learned from",
    "contrast": "the picture has less contrast",
    "sharpness": "the picture is less sharp",
    "noise": "the picture has more noise",
}
"""What it means, in words, when a signal is worse than on the days learned from."""


def frame_signals(
    seen: Look,
    picture: PictureLook,
    known_lights: Sequence[Sequence[float]] = (),
    said: Mapping[str, tuple[bool, bool]] | None = None,
) -> dict[str, float]:
    """The signals of one frame; each is larger where trust is less.

    Args:
        seen: what the detector says of it.
        picture: how it looks.
        known_lights: (N, 98), the light of frames that were learned from.
        said: whether a car stands on each slot by its picture alone; see :func:`second_reading`.
    """
    by_edges, by_pattern = second_reading(seen.readings, said or {})
    return {
        "slot doubt": slot_doubt(seen.readings),
        "faint boxes": faint_share(seen.found, seen.confidence),
        "box doubt": box_doubt(seen.reported),
        "mirror, boxes": box_disagreement(seen.found, seen.mirrored, seen.confidence),
        "mirror, slots": slot_disagreement(seen.readings, seen.mirrored_readings),
        "raised, boxes": box_disagreement(seen.found, seen.raised, seen.confidence),
        "raised, slots": slot_disagreement(seen.readings, seen.raised_readings),
        "edges, slots": by_edges,
        "pattern, slots": by_pattern,
        "box spread": box_spread(seen.candidates, seen.reported),
        "box backing": -candidate_weight(seen.candidates, seen.reported),
        "vehicles": -float(np.log1p(len(seen.reported))),
        "light": newness(picture.light, known_lights),
        "contrast": -float(np.log2(picture.contrast + 0.02)),
        "sharpness": -picture.sharpness,
        "noise": float(np.log2(picture.noise + 0.25)),
    }


def as_row(signals: Signals) -> NDArray[np.float64]:
    """(S,) in the order of ``SIGNALS``; those that are missing are not a number."""
    return np.array([signals.get(name, np.nan) for name in SIGNALS], np.float64)


def mean_signals(many: Sequence[Signals]) -> dict[str, float]:
    """Means over frames, of each signal over those frames on which it could be measured.

    >>> mean_signals([{"light": 1.0}, {"light": 3.0}])["light"]
    2.0
    """
    rows = np.array([as_row(one) for one in many]).reshape(-1, len(SIGNALS))
    known = ~np.isnan(rows)
    counts = known.sum(axis=0)
    means = np.where(known, rows, 0).sum(axis=0) / np.maximum(counts, 1)
    return {name: float(mean) for name, mean, count in zip(SIGNALS, means, counts, strict=True) if count}
