"""The health of one camera's view: whether a frame shows what the camera should see."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.view.burnt_in_mask import SAME_HEIGHT, BurntInMask
from lotwise.cameras.view.edges import Edges, edges
from lotwise.cameras.view.exposure import unexposed
from lotwise.cameras.view.freezing import Stillness
from lotwise.cameras.view.matcher import ViewMatcher
from lotwise.cameras.view.reference import ReferenceView, read_reference, write_reference
from lotwise.cameras.view.report import ViewReport
from lotwise.cameras.view.sharpness import Sharpness, clear_ratio, measured_sharpness
from lotwise.cameras.view.shown_part import ShownPart
from lotwise.cameras.view.tearing import made_up_share
from lotwise.cameras.view.thumbnail import Thumbnail
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image, Masks

_LOG = logging.getLogger(__name__)


class ViewHealth:
    """One camera's view. The first good frames become its reference; later ones are compared with that.

    A privacy mask that was found is kept with the reference.

    A kept reference that cannot be read is set aside, as ``<name>.broken`` beside it. Whether the camera has moved
    since is not known then, so every frame is ``unverified`` until somebody accepts the view, after a restart too.

    Args:
        settings: what the view may do before its slots become unknown.
        keep: file where the reference is kept across restarts; None for nowhere.
        masks: of the site file, painted on every frame: what they cover is no part of the view.
    """

    def __init__(self, settings: ViewSettings, keep: Path | None = None, masks: Masks = ()) -> None:
        self._settings = settings
        self._keep = keep
        self._shown = ShownPart(masks)
        self._unverified = False
        reference = self._kept_reference()
        self._matcher = self._matcher_of(reference) if reference else None
        self._stillness = Stillness()
        self._mask = BurntInMask(reference.mask_share if reference else 0.0)
        self._latest: tuple[Edges, Sharpness | None] | None = None
        self._bad = ViewReport("good")
        self._recovering = 0  # good frames that a view which was bad still has to show

    def check(self, image: Image, thumb: Thumbnail, taken: datetime) -> ViewReport:
        """Whether this frame can be believed.

        One bad frame is told at once; after several, as many good ones must follow, up to ``recover_frames``.

        Args:
            image: (H, W, 3) BGR.
            thumb: its :func:`lotwise.cameras.view.thumbnail`.
            taken: with a time zone, rising from frame to frame.
        """
        if not self._settings.enabled:
            return ViewReport("good")
        report = self._judge(image, thumb, taken)
        if report.verdict != "good":
            self._recovering = min(self._recovering + 1, self._settings.recover_frames)
            self._bad = report
            return report
        self._recovering = max(self._recovering - 1, 0)
        if self._recovering:
            return ViewReport(self._bad.verdict, f"good again; believed after {self._recovering} more such frames")
        return report

    @property
    def fingerprint(self) -> str:
        """Of the reference view, in which shifts are measured; "" while there is none yet, or nothing is checked."""
        reference = None if self._matcher is None or not self._settings.enabled else self._matcher.reference
        return "" if reference is None else reference.fingerprint

    def accept(self) -> None:
        """What was seen last is the reference from now on: the operator has looked at it.

        Raises:
            InputError: nothing was seen yet, or nothing that could be a reference.
        """
        if self._latest is None:
            raise InputError("no view to accept: no frame yet, or a black, white or flat one; mend the camera first")
        field, sharp = self._latest
        self._unverified = False
        self._matcher = self._matcher_of(
            ReferenceView(field, sharpness=clear_ratio(sharp), mask_share=self._mask.share)
        )
        self._recovering = 0
        self._write(self._matcher.reference)

    def _judge(self, image: Image, thumb: Thumbnail, taken: datetime) -> ViewReport:
        still_s = self._stillness.seconds(thumb, taken)
        self._latest = None
        if useless := unexposed(self._shown.pixels(thumb)):
            return useless
        field = self._shown.edges(edges(thumb))
        sharp = measured_sharpness(image, self._shown.unseen)
        self._latest = field, sharp
        known = None if self._matcher is None else self._matcher.reference.edges
        if not self._mask.explains(made_up_share(self._shown.above_lowest_masks(image)), known):
            return ViewReport(
                "torn",
                "its lower rows are all alike: data was lost on the way; check network and load (or a mask lies over "
                "them: then accept the view)",
            )
        if self._unverified:
            return ViewReport(
                "unverified",
                "its kept reference view was lost; look at the picture, and accept the view if it is right",
            )
        before = None if self._matcher is None else self._matcher.reference
        if self._matcher is None:
            self._matcher = self._matcher_of(ReferenceView(field, frames=0, sharpness=clear_ratio(sharp)))
        report = self._matcher.compare(field, sharp, taken)
        # Where a mask begins is measured in steps, so it varies a little from frame to frame: no reason to write.
        if abs(self._mask.share - self._matcher.reference.mask_share) > SAME_HEIGHT:
            self._matcher.reference = replace(self._matcher.reference, mask_share=self._mask.share)
        if self._matcher.reference is not before:
            self._write(self._matcher.reference)
        if report.verdict == "good" and still_s >= self._settings.frozen_s:
            return ViewReport("frozen", f"the same picture for {still_s:.0f} s; restart the camera or its stream")
        return report

    def _matcher_of(self, reference: ReferenceView) -> ViewMatcher:
        return ViewMatcher(reference, self._settings, self._shown.cells)

    def _kept_reference(self) -> ReferenceView | None:
        if self._keep is None:
            return None
        aside = self._keep.with_name(f"{self._keep.name}.broken")
        try:
            reference = read_reference(self._keep)
        except InputError as error:
            _LOG.warning("%s; set aside as %s", error, aside.name)
            with suppress(OSError):  # a folder without rights: the file is met again at the next start
                self._keep.replace(aside)
            self._unverified = True
            return None
        self._unverified = reference is None and aside.exists()
        if reference is None:
            return None
        masked = self._shown.reference(reference)
        if masked is not reference and not np.array_equal(masked.edges, reference.edges):
            self._write(masked)  # what masks cover is not to be kept either
        return masked

    def _write(self, reference: ReferenceView) -> None:
        """A full disk must not stop a camera whose view is known all the same until the next restart."""
        if self._keep is None:
            return
        try:
            write_reference(self._keep, reference)
            self._keep.with_name(f"{self._keep.name}.broken").unlink(missing_ok=True)
        except OSError as error:
            _LOG.warning("%s: the reference view cannot be kept (%s); make room or mend its folder", self._keep, error)
