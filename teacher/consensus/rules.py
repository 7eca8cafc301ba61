"""The rules by which a camera's other frames correct what the teacher said of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.boxes import area, intersection, iou
from lotwise.datasets.frame import Detections, Image
from lotwise.teacher.consensus.clustering import cluster_by_iou
from lotwise.teacher.consensus.neighbours import Neighbours, pool_neighbours
from lotwise.teacher.consensus.patch_similarity import patch_similarity
from lotwise.teacher.consensus.permanence import Permanence, permanence
from lotwise.teacher.consensus.settings import ConsensusSettings
from lotwise.teacher.consensus.verdict import Finding, Verdict

SAME_BOX_IOU = 0.8
"""Boxes of one car are averaged where their IoU with the frame's own, or the surest, is at least this: below
it something hides a part of the car in one of the frames. Chosen, not measured."""
UNCHANGED_BOX_IOU = 0.99
"""A box counts as tightened where its IoU with what it was is below this; for the audit only."""
MAX_SHARED_AREA = 0.9
"""A box is not called back where it and a box of the frame share more than this part of the smaller of
the two: it would be the same car again. Chosen, not measured."""
MIN_SCORE_GAIN = 0.02
"""Scores are raised only by more than this: less changes nothing that is taught. Chosen, not measured."""


def consensus(
    frames: Sequence[Detections],
    images: Iterable[Image],
    settings: ConsensusSettings | None = None,
    taken: Sequence[datetime | None] | None = None,
) -> list[Verdict]:
    """Correct the teacher's soft detections of a fixed camera by its other frames.

    Boxes are gathered into clusters. What lies below a cluster's mean box is compared, by its pixels, between each
    frame and those around it. Frames in which it looks the same hold the same car, or none of them holds one. With x
    the score of the cluster in a frame, 0 where no box lies there, the pooled score over the n frames that look the
    same is::

        sqrt((x_1**2 + ... + x_n**2) / n)

    Frames that see nothing count in full, so what is half seen everywhere is raised nowhere, while a sure sight
    outweighs some misses. Scores are raised to it, never lowered, but for boxes that go into doubt. Where it looks
    different there is another car, or none: nothing is carried over from there.

    Args:
        frames: soft detections of each frame in order of time, in pixels.
        images: the frames themselves, (H, W, 3) BGR, all of one size; read once, one at a time.
        settings: how much must agree.
        taken: when; what repeats is called background only where this tells of several days.

    Returns:
        A verdict for each frame.

    Raises:
        ValueError: not one image a frame.
    """
    settings = settings or ConsensusSettings()
    clusters = cluster_by_iou(frames, settings.join_iou, settings.positive_threshold)
    means, members = clusters.boxes.astype(np.float32), clusters.member
    similarity = patch_similarity(images, means, settings.reach, _near(members >= 0, settings.reach))
    if similarity.shape[1] != len(frames):
        raise ValueError(f"{len(frames)} frames of detections need as many images; got {similarity.shape[1]}")
    scores, days = _scores(frames, means, members, settings.join_iou), _days(taken, len(frames))
    kinds = permanence(similarity.astype(np.float32), scores, days, settings)
    calls: list[list[_Call]] = [[] for _ in frames]
    for index, member in enumerate(members):
        around = pool_neighbours(similarity[index].astype(np.float32), scores[index], days, settings)
        for number, call in _calls(_Cluster(frames, member, scores[index], around, kinds[index]), settings):
            calls[number].append(call)
    return [_verdict(found, made, settings) for found, made in zip(frames, calls, strict=True)]


@dataclass(frozen=True)
class _Cluster:
    """One cluster through all frames: index of its box in each or -1, its scores, what neighbours and time tell."""

    frames: Sequence[Detections]
    member: NDArray[np.int64]
    scores: NDArray[np.float32]
    around: Neighbours
    kind: Permanence


@dataclass(frozen=True)
class _Call:
    """What a cluster makes of one frame: the index of its box there or -1, and what it is to be."""

    member: int
    box: NDArray[np.float32]
    score: float
    finding: Finding


def _near(there: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """(C, F) -> (C, F) whether a cluster has a box within reach: elsewhere nobody asks what it looks like."""
    kernel = np.ones((1, 2 * reach + 1), np.uint8)
    return np.asarray(cv2.dilate(there.astype(np.uint8), kernel, borderValue=0), bool) if there.size else there


def _scores(
    frames: Sequence[Detections], means: NDArray[np.float32], members: NDArray[np.int64], join_iou: float
) -> NDArray[np.float32]:
    """(C, F) score of each cluster in each frame: of its own box, else of the best other box that lies there."""
    scores = np.zeros(members.shape, np.float32)
    for number, found in enumerate(frames):
        if len(found):
            lies = np.where(iou(means, found.boxes) >= join_iou, found.scores[None], 0).max(1)
            member = members[:, number]
            scores[:, number] = np.where(member >= 0, found.scores[member], lies)
    return scores


def _days(taken: Sequence[datetime | None] | None, count: int) -> NDArray[np.int64]:
    """(F,) number of the day; all one day where that is not known of every frame."""
    known = [moment.toordinal() for moment in taken or () if moment is not None]
    return np.array(known, np.int64) if len(known) == count else np.zeros(count, np.int64)


def _calls(cluster: _Cluster, settings: ConsensusSettings) -> Iterator[tuple[int, _Call]]:
    """What one cluster makes of the frames, as (frame, call) pairs, without frames of which it says nothing new."""
    if cluster.kind == "furniture" and settings.furniture != "vehicle":
        yield from _furniture(cluster, settings)
        return
    around, sure = cluster.around, cluster.around.best >= settings.sure_score
    missed = (cluster.scores == 0) & (around.pooled >= settings.positive_threshold) & sure
    for number in np.flatnonzero((cluster.member >= 0) | missed).tolist():
        found, support = cluster.frames[number], around.support(number)
        member, score, pooled = int(cluster.member[number]), float(cluster.scores[number]), float(around.pooled[number])
        if member < 0:
            if any(cluster.member[i] >= 0 and cluster.scores[i] >= settings.sure_score for i in support):
                finding = Finding("recovered", 0.0, None, support)
                yield number, _Call(-1, _mean_box(cluster, number, support, settings.sure_score), pooled, finding)
            continue
        before = found.boxes[member]
        lonely = len(support) >= settings.min_frames and around.best[number] < settings.ignore_threshold
        if settings.positive_threshold <= score < settings.sure_score and (lonely or around.background[number]):
            low = float(np.clip(pooled, settings.ignore_threshold, 0.99 * settings.positive_threshold))
            yield (
                number,
                _Call(member, before, low, Finding("lonely" if lonely else "background", score, before, support)),
            )
            continue
        box = _mean_box(cluster, number, support, settings.sure_score)
        if cluster.kind == "untold" and settings.untold != "raised":
            yield number, _Call(member, box, score, Finding("untold", score, before, support))
            continue
        raised = pooled > score + MIN_SCORE_GAIN
        if raised or float(iou(box[None], before[None])[0, 0]) < UNCHANGED_BOX_IOU:
            finding = Finding("raised" if raised else "tightened", score, before, support)
            yield number, _Call(member, box, pooled if raised else score, finding)


def _furniture(cluster: _Cluster, settings: ConsensusSettings) -> Iterator[tuple[int, _Call]]:
    """Each box of a thing that is no vehicle: left open, or background."""
    for number in np.flatnonzero(cluster.member >= 0).tolist():
        member = int(cluster.member[number])
        score, before = float(cluster.scores[number]), cluster.frames[number].boxes[member]
        in_doubt = float(np.clip(score, settings.ignore_threshold, 0.99 * settings.positive_threshold))
        low = in_doubt if settings.furniture == "doubt" else 0.0
        support = cluster.around.support(number)
        yield number, _Call(member, before, low, Finding("furniture", score, before, support))


def _mean_box(cluster: _Cluster, number: int, support: Sequence[int], sure_score: float) -> NDArray[np.float32]:
    """Mean box of the same car over the frames that show it, weighted by score squared.

    Only boxes close to the frame's own, or to the surest where that one is in doubt, take part: in some frames
    another car may have hidden a part of this one.
    """
    which = np.array([i for i in (number, *support) if cluster.member[i] >= 0])
    boxes = np.stack([cluster.frames[i].boxes[cluster.member[i]] for i in which])
    weights = cluster.scores[which].astype(np.float64) ** 2 + 1e-12  # scores of 0 must not weigh nothing together
    anchor = 0 if which[0] == number and cluster.scores[number] >= sure_score else int(weights.argmax())
    close = iou(boxes[anchor][None], boxes)[0] >= SAME_BOX_IOU
    return np.average(boxes[close], axis=0, weights=weights[close]).astype(np.float32)


def _verdict(found: Detections, calls: Sequence[_Call], settings: ConsensusSettings) -> Verdict:
    """Put together what all clusters make of a frame; no box is called back onto another one."""
    boxes, scores, labels = found.boxes.copy(), found.scores.copy(), found.labels
    findings = [Finding("kept", float(score), box) for score, box in zip(found.scores, found.boxes, strict=True)]
    for call in calls:
        if call.member >= 0:
            boxes[call.member], scores[call.member], findings[call.member] = call.box, call.score, call.finding
    for call in sorted((call for call in calls if call.member < 0), key=lambda call: -call.score):
        there = boxes[scores >= settings.positive_threshold]
        shared = intersection(call.box[None], there)[0] / np.minimum(area(call.box[None]), area(there))
        if (iou(call.box[None], there)[0] >= settings.join_iou).any() or (shared > MAX_SHARED_AREA).any():
            continue
        boxes, scores = np.concatenate([boxes, call.box[None]]), np.append(scores, np.float32(call.score))
        labels = np.append(labels, 0)
        findings.append(call.finding)
    order = np.argsort(-scores, kind="stable")
    return Verdict(Detections.of(boxes[order], scores[order], labels[order]), tuple(findings[i] for i in order))
