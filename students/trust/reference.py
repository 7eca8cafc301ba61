"""The reference that a bundle carries: fitted to the teacher on the camera's own held-out frames, in all weathers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.bundle import parse_manifest, sha256, write_manifest
from lotwise.cameras.trust.fit import conformal_radius, left_out_residuals, nonnegative_ridge
from lotwise.cameras.trust.patches.reader import PatchReader
from lotwise.cameras.trust.prior import DETECTOR_ALONE, PRIOR
from lotwise.cameras.trust.reference import (
    Measured,
    TrustReference,
    deviations,
    usual_reference,
    write_reference,
)
from lotwise.cameras.trust.signals.frame_signals import SIGNALS, as_row, mean_signals
from lotwise.students.trust.cases import UNDISTURBED, Case

PRIOR_CASES = 150.0
"""As many cases of a camera's own count as much as all that other cameras taught. Chosen by docs/trust.md."""
DIGITS = 4
"""Digits after the point that are kept: another order of summation gives no other bundle."""


def fitted_reference(
    cases: Sequence[Case],
    lights: Sequence[Sequence[float]] = (),
    measured: Measured = "slots",
    patch_reader: PatchReader | None = None,
) -> TrustReference:
    """Fit what a bundle's signals say of its agreement with the teacher.

    Args:
        cases: of one camera, among them every frame undisturbed.
        lights: (N, 98), light of frames that were learned from.
        measured: what the error of the cases is of.
        patch_reader: that the bundle is to carry; the signals of the cases are of readers that have seen neither their
            frame nor their kind of weather.

    >>> fitted_reference([]).frames
    0
    """
    known = tuple(tuple(round(float(value), 2) for value in light) for light in lights)
    plain = [case for case in cases if case.kind == UNDISTURBED]
    if not plain:
        # Nothing is known of what the reader usually says, so it is not carried.
        return usual_reference({}, measured).model_copy(update={"lights": known})
    usual = mean_signals([case.signals for case in plain])
    rows = deviations(np.array([as_row(case.signals) for case in cases]), as_row(usual))
    roots = np.sqrt([case.error for case in cases])
    others = DETECTOR_ALONE if patch_reader is None else PRIOR
    prior = as_row(others.weights)
    weights, offset = nonnegative_ridge(rows, roots, prior, PRIOR_CASES)
    # Of weather that was never tried: each kind of disturbance is estimated from the others.
    residuals = left_out_residuals(rows, roots, [case.kind for case in cases], prior, PRIOR_CASES)
    radius = max(conformal_radius(residuals), others.radius) if len(plain) < 3 else conformal_radius(residuals)
    return TrustReference(
        measured=measured,
        frames=len(plain),
        usual={name: round(value, DIGITS) for name, value in usual.items()},
        error=round(float(np.mean([case.error for case in plain])), DIGITS),
        weights={name: round(float(weight), DIGITS) for name, weight in zip(SIGNALS, weights, strict=True)},
        offset=round(offset, DIGITS),
        radius=round(radius, DIGITS),
        lights=known,
        patch_reader=patch_reader,
    )


def add_reference(folder: Path, reference: TrustReference) -> None:
    """Put a reference into a bundle that is not in a registry yet; its manifest vouches for it from then on.

    Raises:
        InputError: no bundle. OSError: it cannot be written.
    """
    manifest = parse_manifest(folder)
    files = {name: sha256(folder / name) for name in write_reference(folder, reference)}
    write_manifest(folder, manifest.model_copy(update={"files": manifest.files | files}))
