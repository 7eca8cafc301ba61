"""Compares each frame's edges with a camera's reference view, and goes on learning from good frames."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.view.edges import CELL_COLUMNS, CELL_ROWS, Edges, agreement, energy, moved_by
from lotwise.cameras.view.reference import REFERENCE_FRAMES, ReferenceView
from lotwise.cameras.view.registration import MIN_PEAK_RATIO, EdgeReference, Warp
from lotwise.cameras.view.report import ViewReport
from lotwise.cameras.view.sharpness import Sharpness, clear_ratio
from lotwise.cameras.view.tearing import torn
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH

# Agreements are of the edges of a cell, -1..1. The values were chosen on real frames of CNR-EXT and PKLot, hours to
# months apart, and on faults put into them, such that no good frame is refused (docs/benchmarks.md, "View health").
UNCHANGED_AGREEMENT = 0.6
"""Agreement of every cell with the frame before, above which nothing needs to be searched."""
UNTURNED_AGREEMENT = 0.4
"""Median agreement with the frame before, above which the view has not been turned."""
MAX_STEADY_SHIFT_PX = 1.0
"""Pixels of the thumbnail between two measured positions of a view below which the second needs no further proof."""
LOST_AGREEMENT = 0.15
"""Agreement below which a cell shows nothing of what it usually shows."""
DARK_AGREEMENT = 0.6
"""Median agreement below which a picture without contrast is blurred rather than dark."""
FAINT_AGREEMENT = 0.3
"""Median agreement below which a picture of faint contrast shows too little of what it usually shows."""
SMOOTH_ENERGY_SHARE = 0.25
"""Share of its usual edges below which something smooth hides a cell."""
MAX_LOST_SHARE = 0.55
"""Share of lost cells, however many edges they have, above which a view is blocked; a lot that fills up at once reaches
0.35."""
NEW_APPEARANCE_AGREEMENT = 0.45
"""Median agreement with the reference and all appearances below which a frame is kept as a new appearance."""
REFERENCE_INTERVAL_S, APPEARANCE_INTERVAL_S = 60.0, 600.0
"""Seconds between two frames of the reference, and between two new appearances."""

BLURRED = "far less sharp than usual; clean or focus the lens"
UNSEEN = "hardly any contrast is left, as in dense fog or the dark; if neither is there, clean or focus the lens"
LENS_ADVICE = "look what is before the lens"
MOVED_ADVICE = "turn it back, or redraw its slots and accept the new view"


class ViewMatcher:
    """A reference view, and how the view lay in the last good frame.

    Args:
        reference: what is known of the view.
        settings: what it may do.
        cells: (CELL_ROWS, CELL_COLUMNS) bool, those by which it is judged; None for all.

    Attributes:
        reference: what was learned of the view; another object once something was added.
    """

    def __init__(
        self, reference: ReferenceView, settings: ViewSettings, cells: NDArray[np.bool_] | None = None
    ) -> None:
        self._settings = settings
        self._cells = np.ones((CELL_ROWS, CELL_COLUMNS), bool) if cells is None else cells
        self._registered = EdgeReference(reference.edges)
        self._reset(reference)
        self._last: Edges | None = None  # edges of the last good frame, as they lay
        self._place = Warp(0, 0, 0, 1)
        self._unproved = 0  # good frames since the view was registered in its turn
        self._failed = 0  # frames since the last good one
        self._learned_at: datetime | None = None
        self._appearance_at: datetime | None = None

    def _reset(self, reference: ReferenceView) -> None:
        self.reference = reference
        self._usual_energy = energy(reference.edges)[self._cells]

    def compare(self, field: Edges, sharp: Sharpness | None, taken: datetime) -> ViewReport:
        """What the edges of one frame and its sharpness say of the view."""
        due = self._last is None or self._unproved >= self._settings.register_every
        same = None if self._last is None else self._agreement(field, self._last)
        usual = self.reference.sharpness
        dull = usual is not None and sharp is None  # blurred, or a night or fog too thick to tell
        faint = usual is not None and sharp is not None and sharp.faint
        blurred = usual is not None and sharp is not None and sharp.ratio < self._settings.blurred_share * usual
        doubtful = blurred or dull or faint
        if same is not None and not due and not doubtful and same.min() > UNCHANGED_AGREEMENT:
            self._failed = 0
            self._unproved += 1
            return self._good()
        place = self._locate(field, not due and same is not None and float(np.median(same)) > UNTURNED_AGREEMENT)
        shown = _laid(field, place or self._place)
        best = self._best(shown)
        median = float(np.median(best))
        unseen = (dull and median < DARK_AGREEMENT) or (faint and median < FAINT_AGREEMENT)
        lost, now = best < LOST_AGREEMENT, energy(shown)[self._cells]
        covered = float((lost & (now < SMOOTH_ENERGY_SHARE * self._usual_energy)).mean())
        flat = bool(now.sum() < SMOOTH_ENERGY_SHARE * self._usual_energy.sum())
        report = self._fault(field, place, covered, float(lost.mean()), flat, blurred, unseen)
        if report is not None:
            self._failed += 1
            return report
        assert place is not None
        self._learn(shown, clear_ratio(sharp), best, taken)
        self._last, self._place, self._failed = field, place, 0
        self._unproved = 0 if due else self._unproved + 1
        return self._good()

    def _good(self) -> ViewReport:
        return ViewReport("good", shift=(self._place.x / WIDTH, self._place.y / HEIGHT))

    def _fault(
        self,
        field: Edges,
        place: Warp | None,
        covered: float,
        lost: float,
        flat: bool,
        blurred: bool,
        unseen: bool,
    ) -> ViewReport | None:
        """What is wrong, the surest sign first; ``covered`` and ``lost`` are shares of the view."""
        hidden = covered > self._settings.blocked_share
        blocked = ViewReport("blocked", f"something smooth hides {covered:.0%} of the view; {LENS_ADVICE}")
        if blurred or unseen:
            return blocked if hidden else ViewReport("blurred", BLURRED if blurred else UNSEEN)
        if place and place.corner > self._settings.max_warp:
            return ViewReport(
                "moved", f"turned by {place.degrees:.1f} degrees, zoomed to {place.zoom:.2f}; {MOVED_ADVICE}"
            )
        if self._torn(field, place or self._place):
            return ViewReport("torn", "rows lie beside their place: data was lost on the way; check network and load")
        shift = (place.x / WIDTH, place.y / HEIGHT) if place else (0.0, 0.0)
        if max(abs(part) for part in shift) > self._settings.max_shift:
            return ViewReport(
                "moved", f"by {shift[0]:+.1%} of the width, {shift[1]:+.1%} of the height; {MOVED_ADVICE}", shift
            )
        if hidden and (place or flat):
            return blocked
        if place is None:
            return ViewReport("moved", f"nothing of the reference view is recognised; {MOVED_ADVICE}")
        if lost > MAX_LOST_SHARE:
            return ViewReport("blocked", f"{lost:.0%} of the view shows something else; {LENS_ADVICE}")
        return None

    def _locate(self, field: Edges, alike: bool) -> Warp | None:
        """Where the view lies against the reference; None where it is not recognised."""
        shift = self._registered.shift(field)
        sure = shift.peak_ratio > MIN_PEAK_RATIO
        near = (round(shift.x), round(shift.y)) if sure else (0, 0)
        steady = sure and max(abs(shift.x - self._place.x), abs(shift.y - self._place.y)) < MAX_STEADY_SHIFT_PX
        if steady and alike:
            return Warp(shift.x, shift.y, 0, 1)
        if warp := self._registered.warp(field, near):
            return Warp(shift.x, shift.y, warp.degrees, warp.zoom) if sure else warp
        appearances = self.reference.appearances
        if self._failed and appearances:  # one at a time, or a view that is gone would cost more than one that is there
            appearances = (appearances[self._failed % len(appearances)],)
        return next((warp for appearance in appearances if (warp := EdgeReference(appearance).warp(field))), None)

    def _torn(self, field: Edges, place: Warp) -> bool:
        if self._last is None:
            return False
        usual = moved_by(self._last, round(place.x - self._place.x), round(place.y - self._place.y))
        return torn(field, usual)

    def _best(self, shown: Edges) -> NDArray[np.float32]:
        """Each cell's agreement with what fits it best; appearances count only where nothing else fits."""
        best = self._agreement(shown, self.reference.edges)
        if self._last is not None:
            best = np.maximum(best, self._agreement(shown, _laid(self._last, self._place)))
        for appearance in reversed(self.reference.appearances):
            if np.median(best) > NEW_APPEARANCE_AGREEMENT and best.min() > LOST_AGREEMENT:
                break
            best = np.maximum(best, self._agreement(shown, appearance))
        return best

    def _agreement(self, a: Edges, b: Edges) -> NDArray[np.float32]:
        """Of each cell by which the view is judged, (N,)."""
        return agreement(a, b)[self._cells]

    def _learn(self, shown: Edges, sharp: float | None, best: NDArray[np.float32], taken: datetime) -> None:
        if self.reference.frames < REFERENCE_FRAMES:
            if self._learned_at is None or (taken - self._learned_at).total_seconds() >= REFERENCE_INTERVAL_S:
                self._learned_at = taken
                self._reset(self.reference.with_frame(shown, sharp))
                self._registered = EdgeReference(self.reference.edges)
            return
        new = float(np.median(best)) < NEW_APPEARANCE_AGREEMENT
        if not new or float((best < LOST_AGREEMENT).mean()) >= self._settings.blocked_share:
            return
        if self._appearance_at is None or (taken - self._appearance_at).total_seconds() >= APPEARANCE_INTERVAL_S:
            self._appearance_at = taken
            self._reset(self.reference.with_appearance(shown))


def _laid(field: Edges, place: Warp) -> Edges:
    """A view's edges where the reference's lie, to the nearest pixel."""
    return moved_by(field, -round(place.x), -round(place.y))
