"""What a bundle knows of itself: its signals on the days it learned from, and what they say of its slots elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.site.mistakes import mistake_line
from lotwise.cameras.trust.patches.reader import PATCHES, PatchReader, read_patch_reader, write_patch_reader
from lotwise.cameras.trust.prior import DETECTOR_ALONE, PRIOR
from lotwise.cameras.trust.signals.frame_signals import SIGNALS, Signals, as_row
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole

TRUST = "trust.json"
"""File in a bundle's folder that holds its reference."""
DEVIATIONS = (-1.0, 6.0)
"""Deviations, in units of a signal's usual spread, are cut to this range: nothing beyond it was ever fitted."""

Measured = Literal["slots", "boxes"]
"""What the accuracy is of: the states of slots, or, of a camera without slots, F1 of its boxes."""


class TrustReference(BaseModel):
    """Fitted to agreement with the teacher, never to labels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    measured: Annotated[Measured, Field(description="what the accuracy is of")] = "slots"
    frames: Annotated[int, Field(ge=0, description="held-out frames it was fitted on; 0: of other cameras alone")] = 0
    usual: Annotated[
        dict[str, float], Field(description="mean of each signal on frames of the days learned from, undisturbed")
    ] = {}
    error: Annotated[
        float, Field(ge=0, le=1, description="share of slots read otherwise than by the teacher on those frames")
    ] = 0.0
    weights: Annotated[dict[str, float], Field(description="of each signal's deviation from its usual value")] = {}
    offset: Annotated[float, Field(description="square root of the error where nothing deviates")] = 0.0
    radius: Annotated[
        float, Field(ge=0, description="by how much the square root of the error is off at most, nine times in ten")
    ] = 1.0
    lights: Annotated[
        tuple[tuple[float, ...], ...], Field(description="light of frames learned from; docs/trust.md")
    ] = ()
    patch_reader: Annotated[
        PatchReader | None,
        Field(
            exclude=True, description="reads slots from their pictures; in a file of its own, None where there is none"
        ),
    ] = None

    def deviations(self, signals: Signals) -> NDArray[np.float64]:
        """(S,) by how much each signal is worse than usual, in units of its spread; 0 where it is not known."""
        return deviations(as_row(signals), as_row(self.usual))

    def estimate(self, signals: Signals) -> tuple[float, float, float]:
        """Estimated accuracy, and the interval in which it lies nine times in ten, each 0..1."""
        root = self.offset + float(self.deviations(signals) @ np.nan_to_num(as_row(self.weights)))
        high, low = (_accuracy(root + sign * self.radius) for sign in (-1, 1))
        return _accuracy(root), low, high


def deviations(rows: NDArray[np.float64], usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, S) signals and (S,) usual values -> (…, S) deviations, cut to ``DEVIATIONS``."""
    apart = (rows - usual) / np.array([PRIOR.spread[name] for name in SIGNALS])
    return np.asarray(np.clip(np.nan_to_num(apart, nan=0.0), *DEVIATIONS), np.float64)


def _accuracy(root: float) -> float:
    return 1 - min(max(root, 0.0), 1.0) ** 2


def usual_reference(usual: Mapping[str, float], measured: Measured = "slots") -> TrustReference:
    """For a bundle that carries no reference of its own: what was fitted on other cameras, around these values."""
    return TrustReference(
        measured=measured,
        usual=dict(usual),
        error=round(DETECTOR_ALONE.offset**2, 4),
        weights=dict(DETECTOR_ALONE.weights),
        offset=DETECTOR_ALONE.offset,
        radius=DETECTOR_ALONE.radius,
    )


def read_reference(bundle: Path) -> TrustReference | None:
    """The reference that a bundle carries; None where its manifest vouches for none.

    Raises:
        InputError: no bundle, or its reference cannot be read.
    """
    path, files = bundle / TRUST, parse_manifest(bundle).files
    if TRUST not in files:
        return None
    try:
        reference = TrustReference.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); copy the whole bundle again") from error
    except ValidationError as error:
        raise InputError(f"{path}: {mistake_line(error, TrustReference)}; export the bundle again") from error
    # Bundles of before the patch reader, and those of cameras whose slots were never free, or never taken, have none.
    if PATCHES not in files:
        return reference
    return reference.model_copy(update={"patch_reader": read_patch_reader(bundle / PATCHES)})


def write_reference(folder: Path, reference: TrustReference) -> tuple[str, ...]:
    """Write a bundle's reference, each of its files whole or not at all; their names.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(folder / TRUST, reference.model_dump_json(indent=1).encode() + b"\n")
    if reference.patch_reader is None:
        return (TRUST,)
    write_patch_reader(folder / PATCHES, reference.patch_reader)
    return TRUST, PATCHES
