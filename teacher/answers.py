"""What the teacher says of any frame: from the store where it looked before, and by a look where it did not."""

from __future__ import annotations

from collections.abc import Callable

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame, Image
from lotwise.datasets.images import content_key
from lotwise.datasets.stamp import stamp_of
from lotwise.teacher.index import Labels
from lotwise.teacher.oracle import Oracle


class TeacherAnswers:
    """The teacher of a run. Its weights are loaded only once a frame comes that it never looked at."""

    def __init__(self, labels: Labels, load_oracle: Callable[[], Oracle]) -> None:
        """Take what was labelled.

        Args:
            labels: of the run.
            load_oracle: loads the teacher of the run; asked for frames that are not in the store.
        """
        self._labels, self._load = labels, load_oracle
        self._oracle: Oracle | None = None

    def detections(self, frame: Frame, image: Image) -> Detections:
        """The teacher's soft detections, in pixels of the frame.

        Args:
            frame: one of the run's own, or any other.
            image: its pixels (H, W, 3) BGR.

        Raises:
            InputError: it was never looked at, and the teacher cannot be loaded or is not the one that labelled.
        """
        labels = self._labels
        known = labels.index.frames.get(frame.name)
        if known is not None and known.stamp is not None and known.stamp == stamp_of(frame):
            return labels.store.get(known.key).detections
        key = content_key(image)
        if key not in labels.store:
            labels.store.add(key, self._oracle_for(frame).predict(image))
        return labels.store.get(key).detections

    def _oracle_for(self, frame: Frame) -> Oracle:
        if self._oracle is None:
            try:
                oracle = self._load()
            except InputError as error:
                raise InputError(f"{frame.path}: the teacher never looked at this frame, and now: {error}") from error
            if oracle.identity != self._labels.index.oracle:
                raise InputError(
                    f"{frame.path}: the teacher never looked at this frame, and its weights {oracle.weights} are not "
                    "those that labelled the run; put those back, or label anew with another --out"
                )
            self._oracle = oracle
        return self._oracle
