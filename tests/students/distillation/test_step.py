"""The one hook of the loop: it may add to the loss, change gradients and weights, and costs nothing where none is."""

from pathlib import Path

import pytest
import torch

from lotwise.students.distillation.distill import distill
from lotwise.students.distillation.step import StepHook
from lotwise.teacher.checkpoint import fingerprint
from tests.models import tiny_yolo
from tests.students.distillation.test_distill import SETTINGS, Rectangles, lines

SHORT = SETTINGS.model_copy(update={"epochs": 1})


def taught(folder: Path, hook: StepHook | None = None) -> torch.nn.Module:
    return distill(tiny_yolo(), Rectangles(), SHORT, folder, hook=hook).student


def test_a_hook_that_does_nothing_changes_not_a_bit(tmp_path: Path) -> None:
    assert fingerprint(taught(tmp_path / "without")) == fingerprint(taught(tmp_path / "with", StepHook()))


class Pulls(StepHook):
    def extra_loss(self, student, step):
        return {"pull": 10 * sum(p.square().sum() for p in student.parameters())}


def test_an_extra_loss_is_learned_from_and_logged(tmp_path: Path) -> None:
    plain, pulled = taught(tmp_path / "plain"), taught(tmp_path / "pulled", Pulls())
    assert "pull" in lines(tmp_path / "pulled")[0]
    sizes = [sum(float(p.detach().square().sum()) for p in one.parameters()) for one in (plain, pulled)]
    assert sizes[1] < sizes[0]


class Freezes(StepHook):
    """Gradients are taken away before the step."""

    def before_step(self, student, step, again):
        for parameter in student.parameters():
            assert parameter.grad is not None or not parameter.requires_grad
            parameter.grad = None


def test_a_hook_may_take_the_gradients_away(tmp_path: Path) -> None:
    student = taught(tmp_path, Freezes())
    for name, parameter in tiny_yolo().named_parameters():
        assert torch.equal(parameter, dict(student.named_parameters())[name]), name


class Recomputes(StepHook):
    """The loss of the same batch, at the same weights, has the same gradient."""

    def before_step(self, student, step, again):
        before = [None if p.grad is None else p.grad.clone() for p in student.parameters()]
        student.zero_grad()
        again().backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 10.0)
        for old, parameter in zip(before, student.parameters(), strict=True):
            if old is not None and step == 0:
                torch.testing.assert_close(parameter.grad, old, rtol=0.1, atol=1e-2)
        self.seen = step


def test_a_hook_may_ask_for_the_loss_of_the_batch_again(tmp_path: Path) -> None:
    hook = Recomputes()
    taught(tmp_path, hook)
    assert hook.seen == 1


class PutsBack(StepHook):
    def __init__(self) -> None:
        self.rates: list[float] = []

    def after_step(self, student, step, rate):
        self.rates.append(rate)
        with torch.no_grad():
            for parameter in student.parameters():
                parameter.zero_()


def test_a_hook_has_the_last_word_on_the_weights(tmp_path: Path) -> None:
    hook = PutsBack()
    student = tiny_yolo()
    distill(student, Rectangles(), SHORT, tmp_path, hook=hook)
    assert all(not parameter.any() for parameter in student.parameters())
    assert len(hook.rates) == 2
    assert max(hook.rates) <= SHORT.learning_rate
    assert hook.rates[1] == pytest.approx(SHORT.learning_rate * 0.6, rel=0.5)
