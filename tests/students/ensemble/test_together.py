import torch

from lotwise.students.ensemble.scales import scale_modules
from lotwise.students.ensemble.together import Together
from lotwise.students.model.student import read_output
from tests.models import tiny_yolo

PICTURE = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
ANCHORS = [8 * 12, 4 * 6, 2 * 3]


def together(left_out: float = 0.0, seed: int = 0) -> Together:
    return Together([module for _, module in scale_modules(tiny_yolo(1), 3)], left_out, seed)


def test_modules_share_nothing_before_their_boxes() -> None:
    """What one module says alone depends on no weight of another."""
    model = together().eval()
    said = model(PICTURE)[1]["scores"]
    parts = said.split(ANCHORS, 2)
    for number, part in enumerate(parts):
        gradients = torch.autograd.grad(
            part.sum(), list(model.parameters()), retain_graph=True, allow_unused=True, materialize_grads=False
        )
        touched = {
            name.split(".")[1]
            for (name, _), gradient in zip(model.named_parameters(), gradients, strict=True)
            if gradient is not None and bool((gradient != 0).any())
        }
        assert touched == {str(number)}


def test_together_they_are_one_detector() -> None:
    model = together().eval()
    output = read_output(model, model(PICTURE)[1])
    assert output.logits.shape == (2, sum(ANCHORS))
    assert output.boxes.shape == (2, sum(ANCHORS), 4)
    assert output.strides.flatten().unique().tolist() == [8, 16, 32]
    alone = read_output(model.modules_alone[1], model.modules_alone[1](PICTURE)[1])
    assert torch.equal(output.boxes[:, ANCHORS[0] : ANCHORS[0] + ANCHORS[1]], alone.boxes)


def test_modules_are_left_out_now_and_then_and_one_always_stays() -> None:
    model = together(left_out=0.6).train()
    seen = [read_output(model, model(PICTURE)).logits.shape[1] for _ in range(30)]
    assert min(seen) > 0
    assert len(set(seen)) >= 4
    whole = together(left_out=0.0).train()
    assert all(read_output(whole, whole(PICTURE)).logits.shape[1] == sum(ANCHORS) for _ in range(5))


def test_a_training_that_goes_on_leaves_out_the_same_modules() -> None:
    model = together(left_out=0.5).train()
    state = {}
    seen = []
    for step in range(8):
        if step == 4:
            state = {name: value.clone() for name, value in model.state_dict().items()}
        seen.append(model(PICTURE)["scores"].shape[2])
    other = together(left_out=0.5).train()
    other.load_state_dict(state)
    assert [other(PICTURE)["scores"].shape[2] for _ in range(4)] == seen[4:]
