"""What each camera of a run has got so far: its split, its student, its bundles, and how they passed the gate."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lotwise.cameras.detection.bundle import BundleRole
from lotwise.datasets.frame import Crop
from lotwise.students.export.settings import ExportSettings
from lotwise.students.synthesis.settings import BackgroundLevel

GateOutcome = Literal["promoted", "shadow", "kept"]
"""What the promotion gate did with a new bundle; the field ``outcome`` of :class:`GateRecord` says what each means."""


class GateRecord(BaseModel):
    """How a camera's new bundle came through the promotion gate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agreement_with_teacher: Annotated[
        dict[str, float],
        Field(
            description="Expected F1 of the boxes of student, baseline and, where there was one, of the live bundle, "
            "at each one's deployed confidence, on the frames that the student did not learn from: each box of the "
            "teacher is a vehicle with the probability that is taught of it. Empty if there are no such frames. The "
            "live bundle's is of those of them that it did not learn from itself, where there are any. "
            "Where it learned from all, that of students that left frames out in turn."
        ),
    ]
    winner: Annotated[
        BundleRole,
        Field(description="Which of student and baseline agrees better; baseline where that is unknown."),
    ]
    outcome: Annotated[
        GateOutcome,
        Field(
            description="What became of the winner: promoted, it is live; shadow, it runs beside the live bundle "
            "first; kept, the bundle that was live before stays live."
        ),
    ]
    missing_frames: Annotated[
        int,
        Field(
            ge=0,
            description="How many more frames the camera needs before a student can be measured on one that it did "
            "not learn from.",
        ),
    ] = 0
    why: Annotated[str, Field(description="The reason for the outcome, for people.")]
    refused: Annotated[
        str, Field(description="Why the student may not go live however well it agrees; empty where it may.")
    ] = ""
    invented: Annotated[
        dict[str, int],
        Field(
            description="How many boxes student and baseline draw, on the same frames, where the teacher has none on "
            "any frame of the camera."
        ),
    ] = {}
    oracle: Annotated[dict[str, Any], Field(description="The teacher and how it looked.")] = {}
    int8: Annotated[
        dict[str, Any] | None,
        Field(description="How well the winner's INT8 model agrees, or why it was refused; null if none was made."),
    ] = None


class LeftOutRecord(BaseModel):
    """How the student of a camera of few frames was measured: by students that each never saw some of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: Annotated[tuple[tuple[str, ...], ...], Field(description="Names of the frames that were left out together.")]
    days_apart: Annotated[bool, Field(description="Whether no day has frames in two parts.")]
    agreement: Annotated[
        dict[float, float],
        Field(
            description="Expected F1 on frames left out of what lies on the way from the untouched nano (0) to the "
            "student (1), each at its own best threshold."
        ),
    ]
    share: Annotated[
        float, Field(gt=0, le=1, description="How far on that way the camera's student lies; the parts chose it.")
    ]
    margin: Annotated[float, Field(description="By how much it must agree more than the untouched nano.")]


class RungRecord(BaseModel):
    """A student that a camera could have had: what it costs, and what it loses against the full-size one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[
        str, Field(description="Longer side of the input, px, and what is left out; full for the full size.")
    ]
    input: Annotated[tuple[int, int], Field(description="Width and height of the network's input, px.")]
    crop: Annotated[Crop | None, Field(description="Part of the frame that it looks at, in 0..1; null for all.")] = None
    without: Annotated[tuple[str, ...], Field(description="Levels of the head that it lacks.")] = ()
    thin: Annotated[float | None, Field(description="Share of the inner channels that it has; null for all.")] = None
    ms: Annotated[float, Field(description="Milliseconds a frame on the machine that trained it: float, one thread.")]
    mb: Annotated[float, Field(description="Size of its float model, MB.")]
    steps: Annotated[int, Field(description="Steps of training, beyond those of the student that it began with.")]
    seconds: Annotated[float, Field(description="Seconds that they took.")]
    f1: Annotated[float, Field(description="Loss of expected F1 with the consensus, against the full-size student.")]
    strict: Annotated[float, Field(description="The same, mean over IoU 0.5 to 0.95: what looser boxes lose.")]
    small: Annotated[float, Field(description="Loss of the smallest quarter of the sure vehicles, as a share of them.")]
    slots: Annotated[
        float | None, Field(description="Loss of slots that are as the consensus has them, as a share; null without.")
    ]
    changed: Annotated[
        float | None, Field(description="Share of slots read otherwise than by the full size; null without slots.")
    ] = None
    boxes: Annotated[float, Field(description="One minus the F1 of its boxes with the full-size student's.")]
    loss: Annotated[float, Field(description="The largest of these, weighed: what the tolerance is for.")]
    why: Annotated[str, Field(description="Why it was taken or not, for people.")]
    weights: Annotated[
        str | None, Field(description="File of its student, below the camera's folder; null for the full size.")
    ] = None


class RightSizeRecord(BaseModel):
    """Which smaller student a camera got, and what else was tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: Annotated[str, Field(description="Identity of all that the choice depends on.")]
    asked: Annotated[str, Field(description="What it was chosen by, for people.")]
    allowed: Annotated[
        float | None, Field(description="Largest loss that was allowed; null where speed decided, or nothing did.")
    ] = None
    frames: Annotated[int, Field(description="Frames, not learned from, that it was judged on.")]
    taken: Annotated[str, Field(description="Name of the rung that was taken; full for the full size.")]
    weights: Annotated[str | None, Field(description="File of its student, below the camera's folder; null: full.")] = (
        None
    )
    why: Annotated[str, Field(description="The reason for the choice, for people.")]
    cost: Annotated[float, Field(description="Training of all smaller students, as a multiple of the full-size one's.")]
    rungs: Annotated[tuple[RungRecord, ...], Field(description="All that were tried, the costliest first.")] = ()

    @property
    def rung(self) -> RungRecord | None:
        """The one that was taken; None for the full size."""
        return next((one for one in self.rungs if one.name == self.taken), None) if self.weights else None


class FederationRecord(BaseModel):
    """The federation that a camera's student comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Annotated[str, Field(description="Name of the method.")]
    rounds: Annotated[int, Field(ge=1, description="Rounds of the federation.")]
    identity: Annotated[str, Field(description="Of the federation: the same wherever the same one goes on.")]
    down: Annotated[int, Field(ge=0, description="Bytes that the camera was sent, all rounds together.")] = 0
    up: Annotated[int, Field(ge=0, description="Bytes that it sent, all rounds together.")] = 0
    replies: Annotated[int, Field(ge=0, description="How often it replied.")] = 0
    weights: Annotated[str, Field(description="File of the student, below the camera's folder.")] = (
        "federated/student.safetensors"
    )


class DreamRecord(BaseModel):
    """The dreams that a camera's student learned from, in place of the camera's frames."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metadata: Annotated[str, Field(description="Key of the metadata that the dreams were made of.")]
    background: Annotated[BackgroundLevel, Field(description="What they told of the ground.")]
    bytes: Annotated[int, Field(ge=0, description="Size of the metadata: all that left the camera.")]
    frame_bytes: Annotated[
        int, Field(ge=0, description="Size of the frames that they tell of, which would have left it otherwise.")
    ]
    dreams: Annotated[int, Field(ge=1, description="How many dreams the student learned from.")]
    dreaming: Annotated[float, Field(ge=0, description="Seconds that the dreams took.")]
    weights: Annotated[str, Field(description="File of the student, below the camera's folder.")] = (
        "dreams/train/student.safetensors"
    )
    agreement: Annotated[
        dict[float, float],
        Field(
            description="Expected F1 on the camera's own frames that are not held out of what lies on the way from "
            "the untouched nano (0) to what has learned from dreams (1); empty in runs of older versions."
        ),
    ] = {}
    share: Annotated[
        float, Field(gt=0, le=1, description="How far on that way the camera's student lies; these frames chose it.")
    ] = 1.0


class CameraRecord(BaseModel):
    """What a camera has got: its split and, as the stages go on, its student and its bundles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Annotated[str, Field(description="Id of the camera; its folder has the same name.")]
    train: Annotated[tuple[str, ...], Field(description="Names of the frames that its student learned from.")]
    test: Annotated[
        tuple[str, ...],
        Field(description="Names of the frames that its student is measured on."),
    ]
    unchosen: Annotated[tuple[str, ...], Field(description="Names of training frames that were not labelled.")] = ()
    held_out: Annotated[bool, Field(description="Whether no day has both training and test frames.")]
    note: Annotated[str, Field(description="How the frames were divided and what that means, for people.")]
    size: Annotated[tuple[int, int], Field(description="Width and height of the network's input, px.")]
    training: Annotated[dict[str, Any], Field(description="How the student was trained.")] = {}
    left_out: Annotated[
        LeftOutRecord | None,
        Field(
            description="How its student was measured where it learned from all frames; null where frames are held out."
        ),
    ] = None
    right_size: Annotated[
        RightSizeRecord | None, Field(description="Which smaller student it got; null where none was asked for.")
    ] = None
    federation: Annotated[
        FederationRecord | None, Field(description="Where its student comes from; null where it learned alone.")
    ] = None
    dreams: Annotated[
        DreamRecord | None, Field(description="What its student learned from; null where it learned from frames.")
    ] = None
    exported: Annotated[
        ExportSettings | None,
        Field(description="How its bundles were exported; null before, and in records of older versions."),
    ] = None
    bundle: Annotated[str | None, Field(description="Identity of the student's bundle.")] = None
    baseline: Annotated[str | None, Field(description="Identity of the untouched nano's bundle.")] = None
    live: Annotated[str | None, Field(description="Identity of the bundle that was live after the export.")] = None
    gate: Annotated[GateRecord | None, Field(description="How the bundle came through the promotion gate.")] = None

    @property
    def student(self) -> str:
        """File of its full-size student, below the camera's folder."""
        if self.dreams is not None:
            return self.dreams.weights
        return "train/student.safetensors" if self.federation is None else self.federation.weights
