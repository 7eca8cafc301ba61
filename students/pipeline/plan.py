"""What is asked of a run."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lotwise.datasets.split import DEFAULT_HOLDOUT
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.right_size.settings import RightSizeSettings
from lotwise.students.synthesis.settings import SynthesisSettings
from lotwise.teacher.oracle import OracleSettings


class Plan(BaseModel):
    """All that was asked of a run; written once, so that every later stage does the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Annotated[str, Field(description="Kind of the dataset; site where root is a site file.")]
    root: Annotated[Path, Field(description="Folder of the dataset, or the site file.")]
    cameras: Annotated[tuple[str, ...] | None, Field(description="Ids of the cameras; all of the dataset if null.")] = (
        None
    )
    teacher: Annotated[str, Field(description="Weights file of the teacher, or its name at Ultralytics.")]
    oracle: OracleSettings = OracleSettings()
    student: Annotated[str, Field(description="Weights file that students start from, or its name at Ultralytics.")]
    distill: DistillSettings = DistillSettings()
    few_frames: FewFramesSettings = FewFramesSettings()
    right_size: RightSizeSettings = RightSizeSettings()
    export: ExportSettings = ExportSettings()
    synthesis: Annotated[
        SynthesisSettings | None,
        Field(description="How students learn from dreams; null where they learn from the camera's frames."),
    ] = None
    holdout: Annotated[
        float, Field(ge=0, lt=1, description="Share of each camera's frames that is measured on, not learned from.")
    ] = DEFAULT_HOLDOUT
    test_days: Annotated[
        tuple[date, ...] | None,
        Field(description="Days that are measured on, on every camera; by holdout, each camera its own, if null."),
    ] = None
    frames: Annotated[
        int | None, Field(ge=1, description="Most training frames of a camera that the teacher labels; all if null.")
    ] = None

    ignore_regions: Annotated[
        Path | None,
        Field(description="Folder with a file of ignore regions of each camera; those of the site file if null."),
    ] = None

    @property
    def labelling(self) -> str:
        """Identity of what is labelled and how frames are chosen: whatever of the plan the first stage depends on."""
        asked = self.model_dump(mode="json", include={"dataset", "root", "cameras", "teacher", "oracle", "frames"})
        if self.frames is not None:
            asked["holdout"] = self.holdout  # frames are chosen from those that are not held out
            if self.test_days is not None:
                asked["test_days"] = [str(day) for day in self.test_days]
        return hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=8).hexdigest()
