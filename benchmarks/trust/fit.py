"""Fits the prior of ``lotwise/cameras/trust/prior.py`` to agreement with the teacher over many cameras, and prints it.

python benchmarks/trust/fit.py samples.jsonl [more.jsonl …] [--json prior.json]

``--without "edges, slots" "pattern, slots"`` gives the one of bundles without a patch reader. No truth is used:
only rows of which the teacher said something.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np

from benchmarks.trust.rows import Floats, Row, by_world, read_rows, without
from lotwise.cameras.trust.fit import conformal_radius, nonnegative_ridge
from lotwise.cameras.trust.prior import Prior
from lotwise.cameras.trust.reference import DEVIATIONS
from lotwise.cameras.trust.signals.frame_signals import SIGNALS

STRENGTH = 20.0
"""Cases for which weights of 0 count: many signals say the same, and none shall carry all of it."""
LEAST_SPREAD = 0.01


def spreads(rows: Sequence[Row]) -> Floats:
    """(S,) how far each signal strays between undisturbed frames of one camera: the root of the mean variance."""
    variances = []
    for of_world in by_world(rows).values():
        plain = np.array([row.signals for row in of_world if row.usual]).reshape(-1, len(SIGNALS))
        if len(plain) >= 2:
            variances.append(np.nan_to_num(np.nanvar(plain, axis=0, ddof=1), nan=0.0))
    return np.asarray(np.maximum(np.sqrt(np.mean(variances, axis=0)), LEAST_SPREAD), np.float64)


def usual_of(rows: Sequence[Row]) -> Floats:
    """(S,) means of undisturbed frames of one camera; nan where a signal was never measured."""
    plain = np.array([row.signals for row in rows if row.usual]).reshape(-1, len(SIGNALS))
    known = ~np.isnan(plain)
    sums, counts = np.where(known, plain, 0).sum(axis=0), known.sum(axis=0)
    return np.asarray(np.where(counts, sums / np.maximum(counts, 1), np.nan), np.float64)


def deviations_of(rows: Sequence[Row], usual: Floats, spread: Floats) -> Floats:
    """(N, S) as ``reference.deviations`` has them, in units of any spread."""
    apart = (np.array([row.signals for row in rows]).reshape(-1, len(SIGNALS)) - usual) / spread
    return np.asarray(np.clip(np.nan_to_num(apart, nan=0.0), *DEVIATIONS))


def fit_prior(rows: Sequence[Row]) -> Prior:
    """Fit on all worlds of these rows; its radius is that of worlds that were left out in turn, lot by lot."""
    spread = spreads(rows)
    parts = []
    for of_world in by_world(rows).values():
        usual = usual_of(of_world)
        known = [row for row in of_world if not np.isnan(row.teacher)]
        if known and not np.isnan(usual).all():
            lot = known[0].lot
            roots = np.sqrt([row.teacher for row in known])
            parts.append((lot, deviations_of(known, usual, spread), roots))
    weights, offset = _fit([part[1:] for part in parts])
    residuals = []
    for lot in dict.fromkeys(part[0] for part in parts):
        others = [part[1:] for part in parts if part[0] != lot]
        if not others:
            continue
        w, b = _fit(others)
        residuals += [np.abs(np.clip(b + d @ w, 0, 1) - r) for own, d, r in parts if own == lot]
    radius = conformal_radius(np.concatenate(residuals)) if residuals else 1.0
    named = dict(zip(SIGNALS, weights.tolist(), strict=True))
    return Prior(dict(zip(SIGNALS, spread.tolist(), strict=True)), named, offset, radius)


def _fit(parts: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, float]:
    """Weights over all worlds, each with an offset of its own; and the mean offset."""
    deviations = np.concatenate([d - d.mean(axis=0) for d, _ in parts])
    roots = np.concatenate([r - r.mean() for _, r in parts])
    weights, _ = nonnegative_ridge(deviations, roots, np.zeros(len(SIGNALS)), STRENGTH)
    return weights, float(np.mean([r.mean() - d.mean(axis=0) @ weights for d, r in parts]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path, nargs="+")
    parser.add_argument("--without", nargs="+", default=[], choices=SIGNALS, help="as if these were not measured")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows = without(read_rows(asked.samples), asked.without)
    prior = fit_prior(rows)
    content = {
        "worlds": sorted(by_world(rows)),
        "rows": sum(not np.isnan(row.teacher) for row in rows),
        "spread": {name: round(value, 4) for name, value in prior.spread.items()},
        "weights": {name: round(value, 4) for name, value in prior.weights.items()},
        "offset": round(prior.offset, 4),
        "radius": round(prior.radius, 4),
    }
    print(json.dumps(content, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
