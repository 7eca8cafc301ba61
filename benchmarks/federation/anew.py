"""One exchange at the end, then anew: from the untouched nano, first what all have said, then one's own frames."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from lotwise.students.federation.local_training import LocalTraining
from lotwise.students.federation.method import Arrays
from lotwise.students.federation.predictions.peers_hook import PeersHook
from lotwise.students.federation.predictions.soft_detections import anchor_count, best, mean
from lotwise.students.federation.predictions.soft_loss import peers_say
from lotwise.students.federation.predictions.student_says import predict
from lotwise.students.federation.reference_set import ReferenceSet

Train = Callable[[Mapping[str, LocalTraining]], tuple[Mapping[str, Arrays], float]]
"""Trains cameras alone, and tells the seconds."""


def learn_anew(
    make: Callable[[], dict[str, LocalTraining]],
    alone: Mapping[str, Arrays],
    train: Train,
    reference: ReferenceSet,
    keep: int,
    steps: int,
    rate: float,
    seed: int,
) -> tuple[Mapping[str, Arrays], float, int]:
    """Students that begin with the mean of what all said who had trained alone.

    It is FedMD with one exchange, in which a camera goes back to the nano before it digests. What it does on its own
    frames is step for step what it did alone; only where it starts is another place.

    Args:
        make: the cameras, with untouched nanos.
        alone: what they became alone.
        train: what each does on its own frames.
        reference: pictures that are spoken of.
        keep: anchors sent of each.
        steps: on the mean, before the own frames.
        rate: learning rate of the first three fifths of these; the others are at 0.3 of it.
        seed: draws the pictures of a step.

    Returns:
        Weights, seconds without those of training alone, bytes of one message.
    """
    start = time.process_time()
    cameras = make()
    sent = []
    for node, local in cameras.items():
        local.load(alone[node])
        sent.append(best(predict(local.student, reference.pictures), keep))
    anchors = anchor_count(reference.input)
    told = best(mean([one.dense(anchors) for one in sent]), keep)
    peers = peers_say(told.dense(anchors), [told])
    cameras = make()
    for local in cameras.values():
        for part, share in ((0.6, 1.0), (0.4, 0.3)):
            hook = PeersHook(reference.pictures, peers, batch=1, seed=(seed, round(10 * share)))
            local.train(round(part * steps), hook, rate=rate * share, optimizer="adamw", own=False)
    seconds = time.process_time() - start
    students, more = train(cameras)
    return students, seconds + more, sum(array.nbytes for array in sent[0].arrays().values())
