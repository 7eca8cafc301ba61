"""The consensus over what the knowledge store holds of one camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.teacher.consensus.rules import consensus
from lotwise.teacher.consensus.settings import ConsensusSettings
from lotwise.teacher.consensus.verdict import Finding, Verdict
from lotwise.teacher.ignored import ignored_in
from lotwise.teacher.store import KnowledgeStore


def camera_consensus(
    frames: Sequence[Frame],
    keys: Mapping[str, str],
    store: KnowledgeStore,
    settings: ConsensusSettings | None = None,
    read: LoadFrame = load,
) -> dict[str, Verdict]:
    """Correct what the teacher detections of one camera's frames; reads each image once and runs no network.

    Args:
        frames: of one camera, in order of time. Those without a key could not be read and are left out.
        keys: content key by frame name.
        store: what the oracle detections.
        settings: how much must agree.
        read: gives the pixels of a frame.

    Returns:
        A verdict by frame name; support counts in the order of the verdicts. Frames of different sizes show
        different views and are never compared: those of the first frame's size come first.

    Raises:
        InputError: a frame cannot be read any more, or its knowledge is damaged.
    """
    known = [frame for frame in frames if frame.name in keys]
    # Of the knowledge of a frame, over a megabyte, only boxes and size are held.
    detections: dict[str, Detections] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for frame in known:
        knowledge = store.get(keys[frame.name])
        detections[frame.name], sizes[frame.name] = knowledge.detections, knowledge.size
    verdicts = consensus_by_view(known, detections, sizes, settings, read)
    # A mean over frames may come to lie where none of its boxes lay: on a thing that is no vehicle.
    return {name: _without_ignored(verdict, store, keys[name], sizes[name]) for name, verdict in verdicts.items()}


def _without_ignored(verdict: Verdict, store: KnowledgeStore, key: str, size: tuple[int, int]) -> Verdict:
    left = ~ignored_in(store, key, verdict.detections, size)
    findings = tuple(finding for finding, stays in zip(verdict.findings, left, strict=True) if stays)
    return Verdict(verdict.detections[left], findings)


def consensus_by_view(
    frames: Sequence[Frame],
    detections: Mapping[str, Detections],
    sizes: Mapping[str, tuple[int, int]],
    settings: ConsensusSettings | None = None,
    read: LoadFrame = load,
) -> dict[str, Verdict]:
    """Correct what anybody detections of one camera's frames, the frames of each size on their own.

    Args:
        frames: of one camera, in order of time.
        detections: detections by frame name.
        sizes: (width, height) by frame name.
        settings: how much must agree.
        read: gives the pixels of a frame.

    Returns:
        As ``camera_consensus``.
    """
    verdicts: dict[str, Verdict] = {}
    for size in dict.fromkeys(sizes[frame.name] for frame in frames):
        alike = [frame for frame in frames if sizes[frame.name] == size]
        agreed = consensus(
            [detections[frame.name] for frame in alike],
            (read(frame) for frame in alike),
            settings,
            [frame.taken for frame in alike],
        )
        first = len(verdicts)
        for frame, verdict in zip(alike, agreed, strict=True):
            verdicts[frame.name] = replace(verdict, findings=tuple(_later(found, first) for found in verdict.findings))
    return verdicts


def _later(finding: Finding, by: int) -> Finding:
    return replace(finding, support=tuple(index + by for index in finding.support))
