"""One camera's familiar view: compares each frame's edges with what is known, and goes on learning from good ones."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.view.edges import Edges, agreement, energy, moved_by
from lotwise.cameras.view.reference import LEARNED, Known
from lotwise.cameras.view.registration import SURE, Reference, Warp
from lotwise.cameras.view.report import ViewReport
from lotwise.cameras.view.tearing import torn
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH

UNCHANGED = 0.6  # agreement of every cell with the frame before, at which there is nothing to look for
ALIKE = 0.4  # the same, at which it has not been turned
STEADY = 1.0  # pixels of the thumbnail by which the view may sway without further proof
LOST = 0.15  # agreement below which a cell shows nothing of what it is known to show
DULL = 0.6  # median agreement below which a picture without contrast is blurred rather than dark
FLAT = 0.25  # of its usual edges a cell has less where something smooth hides it
STRANGE = 0.55  # share of lost cells, however many edges they have; a lot that fills up at once reaches 0.35
NOVEL = 0.45  # median agreement with all that is known, below which a look is worth keeping
LEARN_S, LOOK_S = 60.0, 600.0  # between two frames of the reference, and between two new looks

CLEAR_LENS = "look what is before the lens"
MEND = "turn it back, or redraw its slots and accept the new view"


class FamiliarView:
    """A view that is known, and how it lay in the last good frame.

    Attributes:
        known: what is known of it; another object once something was learned.
    """

    def __init__(self, known: Known, settings: ViewSettings) -> None:
        self._settings = settings
        self._reference = Reference(known.reference)
        self._reset(known)
        self._last: Edges | None = None  # edges of the last good frame, as they lay
        self._place = Warp(0, 0, 0, 1)
        self._unproved = 0  # good frames since the view was registered in its turn
        self._failed = 0  # frames since the last good one
        self._learned_at: datetime | None = None
        self._looked_at: datetime | None = None

    def _reset(self, known: Known) -> None:
        self.known = known
        self._usual_energy = energy(known.reference)

    def compare(self, field: Edges, sharp: float | None, taken: datetime) -> ViewReport:
        """What the edges of one frame and its sharpness say of the view."""
        due = self._last is None or self._unproved >= self._settings.register_every
        same = None if self._last is None else agreement(field, self._last)
        usual = self.known.sharpness
        dull = usual is not None and sharp is None  # blurred, or a night too dark to tell
        blurred = usual is not None and sharp is not None and sharp < self._settings.blurred_share * usual
        if same is not None and not due and not blurred and not dull and same.min() > UNCHANGED:
            self._failed = 0
            self._unproved += 1
            return self._good()
        place = self._locate(field, not due and same is not None and float(np.median(same)) > ALIKE)
        shown = _laid(field, place or self._place)
        best = self._best(shown)
        blurred = blurred or (dull and float(np.median(best)) < DULL)
        lost, now = best < LOST, energy(shown)
        covered = float((lost & (now < FLAT * self._usual_energy)).mean())
        flat = bool(now.sum() < FLAT * self._usual_energy.sum())
        report = self._fault(field, place, covered, float(lost.mean()), flat, blurred)
        if report is not None:
            self._failed += 1
            return report
        assert place is not None
        self._learn(shown, sharp, best, taken)
        self._last, self._place, self._failed = field, place, 0
        self._unproved = 0 if due else self._unproved + 1
        return self._good()

    def _good(self) -> ViewReport:
        return ViewReport("good", shift=(self._place.x / WIDTH, self._place.y / HEIGHT))

    def _fault(
        self, field: Edges, place: Warp | None, covered: float, lost: float, flat: bool, blurred: bool
    ) -> ViewReport | None:
        """What is wrong, the surest sign first; ``covered`` and ``lost`` are shares of the view."""
        hidden = covered > self._settings.blocked_share
        blocked = ViewReport("blocked", f"something smooth hides {covered:.0%} of the view; {CLEAR_LENS}")
        if blurred:
            return blocked if hidden else ViewReport("blurred", "far less sharp than usual; clean or focus the lens")
        if place and place.corner > self._settings.max_warp:
            return ViewReport("moved", f"turned by {place.degrees:.1f} degrees, zoomed to {place.zoom:.2f}; {MEND}")
        if self._torn(field, place or self._place):
            return ViewReport("torn", "rows lie beside their place: data was lost on the way; check network and load")
        shift = (place.x / WIDTH, place.y / HEIGHT) if place else (0.0, 0.0)
        if max(abs(part) for part in shift) > self._settings.max_shift:
            return ViewReport("moved", f"by {shift[0]:+.1%} of the width, {shift[1]:+.1%} of the height; {MEND}", shift)
        if hidden and (place or flat):
            return blocked
        if place is None:
            return ViewReport("moved", f"nothing of the reference view is recognised; {MEND}")
        if lost > STRANGE:
            return ViewReport("blocked", f"{lost:.0%} of the view shows something else; {CLEAR_LENS}")
        return None

    def _locate(self, field: Edges, alike: bool) -> Warp | None:
        """Where the view lies against the reference; None where it is not recognised."""
        place = self._reference.place(field)
        sure = place.sure > SURE
        near = (round(place.x), round(place.y)) if sure else (0, 0)
        steady = sure and max(abs(place.x - self._place.x), abs(place.y - self._place.y)) < STEADY
        if steady and alike:
            return Warp(place.x, place.y, 0, 1)
        if warp := self._reference.warp(field, near):
            return Warp(place.x, place.y, warp.degrees, warp.zoom) if sure else warp
        looks = self.known.looks
        if self._failed and looks:  # one at a time, or a view that is gone would cost more than one that is there
            looks = (looks[self._failed % len(looks)],)
        return next((warp for look in looks if (warp := Reference(look).warp(field))), None)

    def _torn(self, field: Edges, place: Warp) -> bool:
        if self._last is None:
            return False
        usual = moved_by(self._last, round(place.x - self._place.x), round(place.y - self._place.y))
        return torn(field, usual)

    def _best(self, shown: Edges) -> NDArray[np.float32]:
        """Each cell's agreement with whatever known look fits it best; looks only where the rest does not do."""
        best = agreement(shown, self.known.reference)
        if self._last is not None:
            best = np.maximum(best, agreement(shown, _laid(self._last, self._place)))
        for look in reversed(self.known.looks):
            if np.median(best) > NOVEL and best.min() > LOST:
                break
            best = np.maximum(best, agreement(shown, look))
        return best

    def _learn(self, shown: Edges, sharp: float | None, best: NDArray[np.float32], taken: datetime) -> None:
        if self.known.learned < LEARNED:
            if self._learned_at is None or (taken - self._learned_at).total_seconds() >= LEARN_S:
                self._learned_at = taken
                self._reset(self.known.taught(shown, sharp))
                self._reference = Reference(self.known.reference)
            return
        novel = float(np.median(best)) < NOVEL and float((best < LOST).mean()) < self._settings.blocked_share
        if novel and (self._looked_at is None or (taken - self._looked_at).total_seconds() >= LOOK_S):
            self._looked_at = taken
            self._reset(self.known.with_look(shown))


def _laid(field: Edges, place: Warp) -> Edges:
    """A view's edges where the reference's lie, to the nearest pixel."""
    return moved_by(field, -round(place.x), -round(place.y))
