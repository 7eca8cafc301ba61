"""A camera's side of a round: it learns, it goes on where the last round ended, and it refuses what does not fit."""

import numpy as np
import pytest
import torch

from lotwise.datasets.errors import InputError
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.step import StepHook
from lotwise.students.federation.local_training import LocalTraining, decay_of
from tests.models import tiny_yolo
from tests.students.distillation.test_distill import Rectangles

SETTINGS = DistillSettings(size=64, batch=2, learning_rate=2e-3)


def local(count: int = 4, seed: int = 0) -> LocalTraining:
    return LocalTraining(tiny_yolo(seed), Rectangles(count), SETTINGS, where="C1")


def same(one, other) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in one)


def test_it_says_what_it_is() -> None:
    camera = local(5)
    assert (camera.examples, camera.batches) == (5, 3)
    weights = camera.weights()
    assert camera.trainable < set(weights)
    counter = next(name for name in weights if name.endswith("num_batches_tracked"))
    assert np.issubdtype(weights[counter].dtype, np.integer)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_two_rounds_are_one_training_in_two_parts(optimizer) -> None:
    whole = local()
    whole.train(4, rate=1e-3, optimizer=optimizer)
    first = local()
    first.train(2, rate=1e-3, optimizer=optimizer)
    second = local()
    second.load(first.weights())
    second.restore(first.state())
    second.train(2, rate=1e-3, optimizer=optimizer)
    assert same(whole.weights(), second.weights())
    assert not same(whole.weights(), first.weights())


def test_a_gradient_is_that_of_a_plain_step_and_changes_nothing() -> None:
    camera = local()
    before = camera.weights()
    gradient = camera.gradient(1)
    assert same(before, camera.weights())
    assert set(gradient) == camera.trainable
    norm = np.sqrt(sum(float((g.astype(np.float64) ** 2).sum()) for g in gradient.values()))
    camera.train(1, rate=1e-4)
    # A step cuts the gradient of student and loss layers together to a norm of 10: at most the student's own.
    moved = {name: (before[name] - camera.weights()[name]) / 1e-4 for name in gradient}
    length = np.sqrt(sum(float((m.astype(np.float64) ** 2).sum()) for m in moved.values()))
    dot = sum(float((moved[name].astype(np.float64) * gradient[name]).sum()) for name in gradient)
    assert dot / (norm * length) == pytest.approx(1, abs=0.01)


class OnlyPull(StepHook):
    def extra_loss(self, student, step):
        return {"pull": sum(parameter.square().sum() for parameter in student.parameters())}


def test_steps_on_the_hook_alone_leave_the_own_frames_where_they_were() -> None:
    camera = local()
    before = camera.state().number("batches")
    assert camera.train(2, OnlyPull(), rate=1e-3, own=False) == 2
    assert camera.state().number("batches") == before
    assert not same(local().weights(), camera.weights())


def test_arrays_that_do_not_fit_are_refused_by_name() -> None:
    camera, weights = local(), local().weights()
    name = next(iter(weights))
    with pytest.raises(InputError, match="none of that name"):
        camera.load({"other": weights[name]})
    with pytest.raises(InputError, match=rf"{name}.*of shape \(3,\)"):
        camera.load({name: np.zeros(3, np.float32)})
    with pytest.raises(InputError, match="not finite"):
        camera.load({name: np.full_like(weights[name], np.nan)})
    assert same(weights, camera.weights())


def test_no_frames_and_travelling_layers_are_refused() -> None:
    with pytest.raises(InputError, match="C1: no frames"):
        local(0)
    settings = SETTINGS.model_copy(update={"weights": SETTINGS.weights.model_copy(update={"representation": 1.0})})
    with pytest.raises(InputError, match=r"weights\.representation"):
        LocalTraining(tiny_yolo(), Rectangles(), settings)


def test_the_rate_falls_over_the_rounds() -> None:
    rates = [decay_of(number, 5) for number in range(1, 6)]
    assert rates[0] == 1
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.02)


def test_a_student_in_training_is_on_the_right_device() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert next(local().student.parameters()).device.type == expected
