"""How long a training is planned to be: known before it begins."""

from __future__ import annotations

import math

from lotwise.students.distillation.settings import DistillSettings


def planned_epochs(samples: int, settings: DistillSettings) -> tuple[int, int]:
    """Epochs of a training, and steps in each; it may end sooner, once the student has settled.

    Args:
        samples: frames that are learned from.
        settings: of the distillation.

    >>> planned_epochs(8, DistillSettings(epochs=20, min_steps=100, batch=2))
    (25, 4)
    >>> planned_epochs(340, DistillSettings(epochs=20, max_steps=2000, batch=2))
    (11, 170)
    """
    batches = math.ceil(samples / settings.batch)
    most = max(settings.max_steps // batches, 1)
    return min(max(settings.epochs, math.ceil(settings.min_steps / batches)), most), batches
