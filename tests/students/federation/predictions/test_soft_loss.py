"""How far a student is from what its peers say."""

import numpy as np
import pytest
import torch

from lotwise.students.federation.listening import Said
from lotwise.students.federation.predictions.soft_detections import DenseDetections, best
from lotwise.students.federation.predictions.soft_loss import peers_say, soft_loss
from lotwise.students.federation.predictions.student_says import dense


def student(logits, sides=2.0):
    logits = torch.tensor([logits], requires_grad=True)
    return Said(logits, torch.full((1, logits.shape[1], 4), sides, requires_grad=True), ())


def test_nothing_to_learn_from_what_one_says_oneself():
    said = student([2.0, -1.0, 0.3])
    loss = soft_loss(said, peers_say(dense(said)))
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    torch.testing.assert_close(said.logits.grad, torch.zeros(1, 3), atol=1e-6, rtol=0)


def test_scores_and_boxes_are_drawn_to_the_peers():
    said = student([0.0, 0.0])
    peers = peers_say(dense(Said(torch.tensor([[3.0, -3.0]]), torch.full((1, 2, 4), 4.0), ())))
    soft_loss(said, peers).backward()
    assert said.logits.grad[0, 0] < 0 < said.logits.grad[0, 1]
    assert (said.distances.grad[0, 0] < 0).all()  # larger boxes
    assert (said.distances.grad[0, 1] == 0).all()  # no box is taught where peers see no vehicle


def test_anchors_that_were_not_sent_are_left_open_up_to_what_was():
    peers = DenseDetections(np.array([[0.9, 0.5, 0.45]], np.float32), np.ones((1, 3, 4), np.float32))
    sent = best(peers, 2)  # the third anchor may have said anything up to 0.5
    told = peers_say(sent.dense(3), [sent])
    below, above = student([2.2, 0.0, -0.5]), student([2.2, 0.0, 2.0])
    for said in (below, above):
        soft_loss(said, told).backward()
    assert below.logits.grad[0, 2] == pytest.approx(0, abs=1e-6)
    assert above.logits.grad[0, 2] > 0.05
