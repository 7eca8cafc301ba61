"""From a student's raw score to the share of such boxes that are vehicles, as far as its teacher can tell."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

_EDGE = 1e-6  # scores are kept this far from 0 and 1, where log odds end


class Calibration(BaseModel):
    """Platt scaling (Platt 1999) of a detector's scores: calibrated log odds = slope x raw log odds + offset.

    It rises, so neither the order of the boxes nor average precision changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: Annotated[float, Field(gt=0, le=10, description="of the log odds; above 1 where raw scores are too timid")]
    offset: Annotated[float, Field(ge=-10, le=10, description="added to the log odds")]

    def __call__(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated scores, same shape, 0..1.

        >>> import numpy as np
        >>> Calibration(slope=2.0, offset=0.0)(np.array([0.5, 0.8], np.float32)).round(3).tolist()
        [0.5, 0.9409999847412109]
        """
        odds = _log_odds(scores)
        return np.asarray(1 / (1 + np.exp(-(self.slope * odds + self.offset))), np.float32)

    def raw(self, score: float) -> float:
        """The raw score that is calibrated to this one.

        >>> Calibration(slope=2.0, offset=0.0).raw(0.5)
        0.5
        """
        odds = (float(_log_odds(np.float64(score))) - self.offset) / self.slope
        return float(1 / (1 + np.exp(-odds)))


def _log_odds(scores: NDArray[np.floating] | np.float64) -> NDArray[np.float64]:
    kept = np.clip(np.asarray(scores, np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(kept / (1 - kept)))
