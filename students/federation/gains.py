"""Who gained from a federation: each camera's federated student beside what it had before, without any labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lotwise.students.federation.server_side import Progressed
from lotwise.students.pipeline.records import CameraRecord

Word = Literal["gained", "lost", "neither", "cannot tell"]
SAME = 0.005
"""Expected F1: differences below half a point are what another seed gives."""


@dataclass(frozen=True)
class Gain:
    """One camera's part in a federation.

    Attributes:
        camera: its id.
        nano, before, after: agreement with the teacher, 0..1, on frames that were not learned from: of the untouched
            nano, of the bundle that was live before, of the federated student. None where there is no such model, or
            no such frame.
        word: whether it gained against what was live before, or against the untouched nano where nothing was.
        outcome: what the promotion gate did, for people.
        down, up: bytes of parcels that the camera was sent and has sent, all rounds together.
        missed: exchanges that it did not take part in validly.
    """

    camera: str
    nano: float | None
    before: float | None
    after: float | None
    word: Word
    outcome: str
    down: int
    up: int
    missed: int

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def gains(records: Mapping[str, CameraRecord], progress: Progressed) -> tuple[Gain, ...]:
    """Every camera that took part.

    Args:
        records: of the cameras, after the export.
        progress: of the server.
    """
    return tuple(_gain(record, progress) for record in records.values() if record.federation is not None)


def _gain(record: CameraRecord, progress: Progressed) -> Gain:
    gate, told = record.gate, progress.nodes.get(record.camera)
    scores = {} if gate is None else gate.agreement_with_teacher
    nano, before, after = (scores.get(role) for role in ("baseline", "live", "student"))
    return Gain(
        record.camera,
        nano,
        before,
        after,
        _word(nano if before is None else before, after),
        "not exported" if gate is None else f"{_OUTCOMES[gate.outcome]}: {gate.why}",
        0 if told is None else told.down,
        0 if told is None else told.up,
        0 if told is None else told.missed + told.rejected,
    )


_OUTCOMES = {
    "promoted": "the better of student and nano went live",
    "shadow": "runs beside the live bundle first",
    "kept": "the bundle before stays live",
}


def _word(before: float | None, after: float | None) -> Word:
    if before is None or after is None:
        return "cannot tell"
    if abs(after - before) < SAME:
        return "neither"
    return "gained" if after > before else "lost"


def sentence(found: Sequence[Gain]) -> str:
    """Who gained, in one line.

    >>> sentence([])
    'No camera took part.'
    """
    if not found:
        return "No camera took part."
    said = []
    for word in ("gained", "neither", "lost", "cannot tell"):
        cameras = [one.camera for one in found if one.word == word]
        if cameras:
            named = {"neither": "neither gained nor lost", "cannot tell": "cannot be told (no frame held out)"}
            said.append(f"{', '.join(cameras)} {named.get(word, word)}")
    return f"{'; '.join(said)}."


def readable_bytes(count: float) -> str:
    """A size for people.

    >>> readable_bytes(10_400_000), readable_bytes(980), readable_bytes(1_500)
    ('10.4 MB', '980 B', '1.5 kB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count:.0f} B"
