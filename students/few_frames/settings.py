"""What is done differently where a camera has few frames."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lotwise.students.few_frames.choice import DEFAULT_MARGIN

Share = Annotated[float, Field(gt=0, le=1)]


class FewFramesSettings(BaseModel):
    """How the student of a camera with few frames is measured and how far it may go from the untouched nano."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pictures: Annotated[
        int,
        Field(
            ge=1,
            description="Cameras with at most so many different pictures are measured by leaving frames out in turn; "
            "others are too where nothing is held out.",
        ),
    ] = 5
    folds: Annotated[
        int,
        Field(
            ge=2,
            description="Most parts of the frames that are left out in turn; each takes a training more.",
        ),
    ] = 3
    shares: Annotated[
        tuple[Share, ...],
        Field(
            min_length=1,
            description="How far from the untouched nano's weights (0) to the trained student's (1) a student may "
            "lie; frames that it did not learn from choose one of them. So with dreams.",
        ),
    ] = (0.25, 0.5, 0.75, 1.0)
    margin: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="By how much more than the untouched nano a student must at least agree with the teacher on "
            "the frames left out (F1); where these show few vehicles it is two of them.",
        ),
    ] = DEFAULT_MARGIN
