"""Makes a sample of a frame: what the detector says of it, how the picture looks, what stood there before."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.trust.reference import TrustReference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.signals.frame_signals import frame_signals
from lotwise.cameras.trust.signals.look import Look, look
from lotwise.cameras.trust.signals.parked import steadiness
from lotwise.cameras.trust.signals.picture import picture_look
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.frame import Detections, Image, Masks, Slot


class Sampler:
    """Samples the frames of one camera, in order of time; remembers the boxes of the last two.

    Args:
        masks: privacy masks, painted on its frames.
    """

    def __init__(self, masks: Masks = ()) -> None:
        self._masks = masks
        self._before: deque[Detections] = deque(maxlen=2)

    def sample(
        self,
        detector: Detector,
        reference: TrustReference,
        image: Image,
        taken: datetime,
        slots: Sequence[Slot] | None = None,
        shift: tuple[float, float] = (0.0, 0.0),
        ignored: Boxes | None = None,
        unknown: float = 0.0,
        flicker: float | None = None,
    ) -> tuple[Sample, Look]:
        """Look at a frame of a good view, (H, W, 3) BGR.

        Args:
            detector: of the live bundle. reference: that the bundle carries.
            image, taken: the frame and its time.
            slots: those that are read; the bundle's own where None.
            shift: x, y by which the view has moved, in shares of the frame.
            ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles.
            unknown, flicker: as of :class:`Sample`.

        Returns:
            The sample, and what the detector said.
        """
        seen = look(detector, image, slots, shift, ignored)
        steady = steadiness(self._before[0], self._before[1], seen.reported) if len(self._before) == 2 else None
        self._before.append(seen.reported)
        reader = reference.patch_reader
        said = reader(image, detector.slots if slots is None else slots, shift) if reader else {}
        signals = frame_signals(seen, picture_look(image, self._masks), reference.lights, said)
        return (
            Sample(
                taken,
                signals,
                bundle=detector.identity,
                vehicles=len(seen.reported),
                unknown=unknown,
                flicker=flicker,
                jitter=steady.jitter if steady else None,
                missed=steady.missed if steady else None,
            ),
            seen,
        )
