"""All that an evaluation looks at: frames, truth, and what each role detected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lotwise.cameras.slots import SlotRule
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame, Slot, Truth
from lotwise.eval.rows import ROLES, Role


@dataclass(frozen=True)
class Evidence:
    """What was seen and what is known. All boxes are in pixels of the original frame.

    Attributes:
        frames: the frames to judge by, none of which was trained on where that can be helped.
        truth: by frame name; frames without truth may be absent.
        predictions: per role, by frame name, with all scores down to about 0.001 so that AP is not cut short.
            A role may leave out a whole camera (no student yet), never single frames of one.
        confidence: the deployed confidence per role and camera.
        slots: per camera.
        sizes: (width, height) in pixels by frame name; needed where there are slots.
        slot_rules: per camera, what turns detections into slot states, for every role alike; the half-covered
            rule where a camera has none.
        slot_confidence: per role and camera, the score from which a box makes a slot occupied, where that is not the
            deployed confidence.
        slot_rule_note: one sentence that says how slots are read, or empty.
        absent: by role and camera, why the role was not run there, where there is more to say than that.
    """

    frames: Sequence[Frame]
    truth: Mapping[str, Truth]
    predictions: Mapping[Role, Mapping[str, Detections]]
    confidence: Mapping[Role, Mapping[str, float]]
    slots: Mapping[str, Sequence[Slot]]
    sizes: Mapping[str, tuple[int, int]]
    slot_rules: Mapping[str, SlotRule] = field(default_factory=dict)
    slot_rule_note: str = ""
    slot_confidence: Mapping[Role, Mapping[str, float]] = field(default_factory=dict)
    absent: Mapping[tuple[Role, str], str] = field(default_factory=dict)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Camera ids in the order of their first frame."""
        return tuple(dict.fromkeys(frame.camera for frame in self.frames))

    def reads_slots_from(self, role: Role, camera: str) -> float:
        """The score from which a role's box makes a slot of a camera occupied."""
        return self.slot_confidence.get(role, {}).get(camera, self.confidence[role][camera])

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(role for role in ROLES if role in self.predictions)

    def covers(self, role: Role, camera: str) -> bool:
        """Whether the role was run on this camera.

        Raises:
            InputError: it was run on some of the camera's frames only, or has no deployed confidence there.
        """
        names = [frame.name for frame in self.frames if frame.camera == camera]
        missing = [name for name in names if name not in self.predictions.get(role, {})]
        if len(missing) == len(names):
            return False
        if missing:
            raise InputError(
                f"{missing[0]}: no detections of the {role}, though it was run on other frames of {camera}; "
                f"run it on all {len(names)} frames again ({len(missing)} are missing)"
            )
        if camera not in self.confidence.get(role, {}):
            raise InputError(f"{camera}: no deployed confidence for the {role}; give one, such as 0.25")
        return True
