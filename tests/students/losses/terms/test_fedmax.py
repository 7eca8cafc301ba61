"""FedMAX: values by hand, the gradient, and that listening to the student leaves it as it was."""

import copy
import gc
import io
import math

import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from lotwise.students.losses.assignment import Assignment, assign
from lotwise.students.losses.terms.fedmax import FedMax
from lotwise.students.model.student import StudentOutput, read_output
from tests.models import tiny_yolo
from tests.students.losses.outputs import taught

CARS = ((4.0, 4.0, 40.0, 36.0), 0.9)
LEVELS = (64, 16, 4)  # anchors of a 64 x 64 input


def picture(seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed))


def seen(model: torch.nn.Module, pixels: torch.Tensor) -> tuple[StudentOutput, Assignment]:
    made = read_output(model, model(pixels))
    return made, assign(made, taught(CARS))


def learning(*anchors: int) -> Assignment:
    foreground = torch.zeros(1, sum(LEVELS), dtype=torch.bool)
    foreground[0, list(anchors)] = True
    return Assignment(foreground.float(), torch.zeros(1, sum(LEVELS), 4), foreground, foreground.float())


def cost(maps: list[torch.Tensor], *anchors: int) -> torch.Tensor:
    """Of these activations (1, C, side, side) of each level, whatever the student says."""
    model = tiny_yolo().train()
    term = FedMax(model, [])
    made = read_output(model, model(picture()))
    term.activations = dict(enumerate(maps))
    return term(made, taught(), learning(*anchors))


def levels(channels: int = 4) -> list[torch.Tensor]:
    return [torch.zeros(1, channels, side, side) for side in (8, 4, 2)]


def test_even_activations_cost_nothing_and_a_single_one_the_logarithm_of_their_number() -> None:
    even, single = levels(), levels()
    single[0][:, 2] = 100.0
    assert float(cost(even, 0, 64, 80).detach()) == pytest.approx(0, abs=1e-6)
    assert float(cost(single, 0, 64, 80).detach()) == pytest.approx(math.log(4), rel=1e-5)


def test_two_channels_by_hand() -> None:
    """log 2 less the entropy of (3/4, 1/4), on each of two levels; no anchor learns on the third."""
    maps = levels(2)
    for level in maps:
        level[:, 0] = math.log(3)
    entropy = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert float(cost(maps, 10, 64).detach()) == pytest.approx(2 * (math.log(2) - entropy), rel=1e-5)


def test_activations_are_averaged_over_the_anchors_that_learn() -> None:
    maps = levels(2)
    maps[0][0, 0, 0, 0], maps[0][0, 0, 0, 1], maps[0][0, 0, 5, 5] = 2 * math.log(3), 0.0, 50.0
    entropy = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert float(cost(maps, 0, 1).detach()) == pytest.approx(math.log(2) - entropy, rel=1e-5)


def test_gradient_is_that_of_finite_differences() -> None:
    model = tiny_yolo().train()
    term = FedMax(model, [])
    made = read_output(model, model(picture()))

    def of(*maps: torch.Tensor) -> torch.Tensor:
        term.activations = dict(enumerate(maps))
        return term(made, taught(), learning(0, 9, 70, 82))

    generator = torch.Generator().manual_seed(0)
    maps = [torch.randn(1, 3, side, side, generator=generator, dtype=torch.float64) for side in (8, 4, 2)]
    made = StudentOutput(**{**vars(made), "logits": made.logits.detach().double()})
    assert torch.autograd.gradcheck(of, tuple(level.requires_grad_() for level in maps))


def test_nothing_taught_is_zero_with_a_gradient() -> None:
    model = tiny_yolo().train()
    term = FedMax(model, [])
    made = read_output(model, model(picture()))
    loss = term(made, taught(), assign(made, taught()))
    loss.backward()
    assert float(loss.detach()) == 0


@pytest.mark.parametrize("base", ["yolov8n.yaml", "yolo11n.yaml"])
def test_it_hears_what_the_last_class_layer_is_given(base: str) -> None:
    model = tiny_yolo(base=base).train()
    term = FedMax(model, [])
    given = []
    for branch in model.model[-1].cv3:
        branch[-1].register_forward_hook(lambda layer, inputs, said: given.append(inputs[0]))
    made, assignment = seen(model, picture())
    assert all(torch.equal(term.activations[level], one) for level, one in enumerate(given))
    term(made, taught(CARS), assignment).backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.model[-1].cv3.parameters())


def test_training_evens_the_activations_out() -> None:
    model = tiny_yolo().train()
    term = FedMax(model, [])
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    values = []
    for _ in range(8):
        made, assignment = seen(model, picture())
        loss = term(made, taught(CARS), assignment)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(float(loss.detach()))
    assert values[-1] < 0.5 * values[0]


def test_the_student_is_no_part_of_the_term_nor_the_term_of_the_student() -> None:
    model = tiny_yolo()
    before = list(model.state_dict())
    term = FedMax(model, [])
    assert list(term.parameters()) == []
    assert term.state_dict() == {}
    assert list(model.state_dict()) == before


@pytest.mark.parametrize("moment", ["before", "after", "between passes"])
def test_an_averaged_copy_of_the_student_works_and_is_not_listened_to(moment: str) -> None:
    model = tiny_yolo().train()
    copied = AveragedModel(model) if moment == "before" else None
    term = FedMax(model, [])
    made, assignment = seen(model, picture()) if moment == "between passes" else (None, None)
    copied = copied or AveragedModel(model)
    if made is None:
        made, assignment = seen(model, picture())
    tapped = dict(term.activations)
    copied.module(picture(1))
    assert all(term.activations[level] is one for level, one in tapped.items())
    assert math.isfinite(float(term(made, taught(CARS), assignment).detach()))


def test_no_graph_outlives_its_step_and_no_hook_outlives_the_term() -> None:
    model = tiny_yolo().train()
    term = FedMax(model, [])
    made, assignment = seen(model, picture())
    term(made, taught(CARS), assignment)
    assert term.activations == {}
    copied = copy.deepcopy(model)
    del term
    gc.collect()
    assert all(not branch[-2]._forward_hooks for branch in model.model[-1].cv3)
    torch.save(model, io.BytesIO())
    copied.eval()(picture())
