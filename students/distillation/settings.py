"""Everything that can be set about a distillation, in one small frozen object."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lotwise.datasets.errors import InputError

Settings = TypeVar("Settings", bound=BaseModel)
EXPORT = "export"
"""Under this name a settings file says what is exported."""


class Weights(BaseModel):
    """Weight of each loss term; 0 switches a term off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: Annotated[float, Field(ge=0, description="soft scores of the head")] = 1.0
    box: Annotated[float, Field(ge=0, description="boxes by IoU")] = 7.5
    distribution: Annotated[float, Field(ge=0, description="boxes by their distribution over bins (DFL) or L1")] = 1.5
    latent: Annotated[float, Field(ge=0, description="latent matching through representation layers (LKD)")] = 1.0
    bckd: Annotated[float, Field(ge=0, description="teacher's probability at every anchor, background included")] = 0.0
    iou: Annotated[float, Field(ge=0, description="IoU with the teacher's box of the same anchor")] = 0.0
    ld: Annotated[float, Field(ge=0, description="teacher's softened distributions over distance bins")] = 0.0
    hinton: Annotated[float, Field(ge=0, description="teacher's softened probabilities at every anchor")] = 0.0
    hinton_mse: Annotated[float, Field(ge=0, description="squared distance of raw score and box outputs")] = 0.0
    fedmax: Annotated[float, Field(ge=0, description="even activations before the last class layer")] = 0.0
    representation: Annotated[
        float, Field(ge=0, description="shared representation layer in front of the head (LKD)")
    ] = 0.0
    cwd: Annotated[float, Field(ge=0, description="where in the map each channel of the neck is active")] = 0.0
    pkd: Annotated[float, Field(ge=0, description="correlation of neck maps")] = 0.0
    mgd: Annotated[float, Field(ge=0, description="teacher's neck maps generated from masked ones")] = 0.0
    score_l2: Annotated[float, Field(ge=0, description="neck maps by squared distance, weighted by score")] = 0.0
    crd: Annotated[float, Field(ge=0, description="contrast between vehicles in the neck's maps")] = 0.0
    lpd: Annotated[float, Field(ge=0, description="neighbourhoods of vehicles in the neck's maps")] = 0.0


class DistillSettings(BaseModel):
    """How a student learns.

    A frame's soft detections are taught from ``teach`` up. Between ``doubt`` and ``teach`` the teacher is
    unsure: those boxes are neither taught as vehicles nor as background. Below ``doubt`` is background.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[int, Field(ge=64, le=2048, multiple_of=32, description="longer side of the input, px")] = 640
    epochs: Annotated[int, Field(ge=1, description="rounds over the camera's frames")] = 20
    min_steps: Annotated[int, Field(ge=1, description="epochs are added until this many steps are made")] = 100
    max_steps: Annotated[int, Field(ge=1, description="epochs are left out beyond this many steps")] = 2000
    batch: Annotated[int, Field(ge=1, description="samples a step")] = 2
    learning_rate: Annotated[float, Field(gt=0, description="of AdamW, at its highest")] = 5e-4
    weight_decay: Annotated[float, Field(ge=0, description="of AdamW; norms and biases have none")] = 5e-4
    warmup: Annotated[float, Field(ge=0, lt=1, description="share of all steps in which the rate rises")] = 0.1
    ema: Annotated[float, Field(gt=0, lt=1, description="decay of the averaged weights")] = 0.98
    teach: Annotated[float, Field(gt=0, lt=1, description="boxes of this score and more are taught")] = 0.1
    doubt: Annotated[float, Field(gt=0, lt=1, description="boxes from here to teach are left open")] = 0.03
    sharpen: Annotated[float, Field(ge=0, le=1, description="target score = teacher score ** sharpen")] = 0.5
    geometry: Annotated[float, Field(ge=0, le=1, description="share of samples that are shifted and scaled")] = 0.5
    composites: Annotated[float, Field(ge=0, le=1, description="share of samples with places of other frames")] = 0.0
    weights: Weights = Weights()
    consensus: Annotated[bool, Field(description="a camera's other frames correct what is taught of each")] = True
    rounds: Annotated[int, Field(ge=1, le=2, description="2: the student's own word refines what is taught")] = 1
    width: Annotated[float, Field(gt=0, le=4, description="of latent and representation, in teacher's channels")] = 1.0
    seed: Annotated[int, Field(ge=0, description="the same seed gives the same student")] = 0

    @model_validator(mode="after")
    def _doubt_below_teach(self) -> DistillSettings:
        if self.doubt > self.teach:
            raise ValueError(f"doubt ({self.doubt}) must not be above teach ({self.teach})")
        return self


class ExportSettings(BaseModel):
    """What is exported beside the float model, and what it must reach to be deployed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    int8: Annotated[bool, Field(description="also export an INT8 model, for OpenVINO")] = True
    agreement: Annotated[float, Field(gt=0, le=1, description="least F1 of its boxes against the float model's")] = 0.98
    slot_agreement: Annotated[
        float, Field(gt=0, le=1, description="least share of slots whose state is the float model's")
    ] = 0.98
    samples: Annotated[int, Field(ge=1, le=300, description="pictures that INT8 is calibrated on")] = 24


def read_settings(path: Path | None, given: Mapping[str, Any]) -> DistillSettings:
    """Settings of a YAML file; what was given on the command line stands above them.

    Raises:
        InputError: the file cannot be read, or a setting is unknown or out of range.
    """
    content = _content(path)
    content.pop(EXPORT, None)
    return _checked(DistillSettings, {**content, **given}, path)


def read_export(path: Path | None, given: Mapping[str, Any]) -> ExportSettings:
    """What the same file says under ``export``, likewise; same errors."""
    said = _content(path).get(EXPORT) or {}
    if not isinstance(said, dict):
        raise InputError(f"{path}: {EXPORT}: not a mapping; see docs/settings.md")
    return _checked(ExportSettings, {**said, **given}, path, f"{EXPORT}.")


def _content(path: Path | None) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text()) or {} if path else {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: not a mapping; see docs/settings.md")
    return content


def _checked(kind: type[Settings], content: Mapping[str, Any], path: Path | None, under: str = "") -> Settings:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        said = error.errors()[0]
        where = ".".join(str(part) for part in said["loc"])
        place = f"{under}{where}: " if where else ""
        raise InputError(f"{path or 'settings'}: {place}{said['msg']}; see docs/settings.md") from error
