import torch

from lotwise.students.ensemble.channels import ChannelModules, Trunk
from lotwise.students.model.student import read_output
from tests.models import tiny_yolo

PICTURE = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def modules(left_out: float = 0.0) -> ChannelModules:
    return ChannelModules([tiny_yolo(seed) for seed in (1, 2, 3)], left_out, seed=0)


def test_a_trunk_says_what_the_head_of_its_student_reads() -> None:
    student = tiny_yolo(1)
    read: list[torch.Tensor] = []
    hook = student.model[-1].register_forward_pre_hook(lambda _, given: read.extend(given[0]))
    student(PICTURE)
    hook.remove()
    said = Trunk(student).eval()(PICTURE)
    assert all(torch.equal(one, other) for one, other in zip(said, read, strict=True))


def test_modules_share_no_activations_before_the_head() -> None:
    """What one trunk says depends on no weight of another."""
    model = modules().eval()
    for number, trunk in enumerate(model.trunks):
        said = sum(level.sum() for level in trunk(PICTURE))
        model.zero_grad()
        said.backward()
        touched = {
            name.split(".")[1]
            for name, weights in model.named_parameters()
            if weights.grad is not None and bool(weights.grad.any())
        }
        assert touched == {str(number)}


def test_one_head_reads_the_channels_of_all_side_by_side() -> None:
    model = modules().train()
    output = read_output(model, model(PICTURE))
    widths = [sum(module[level] for module in model.widths) for level in range(3)]
    assert [level.shape[1] for level in output.latents] == widths
    assert output.boxes.shape == (2, 96 + 24 + 6, 4)


def test_a_module_that_is_left_out_says_nothing() -> None:
    model = modules(left_out=0.6).train()
    silent = 0
    for _ in range(12):
        maps = read_output(model, model(PICTURE)).latents[0]
        said = [bool(part.any()) for part in maps.split([module[0] for module in model.widths], 1)]
        assert any(said)
        silent += said.count(False)
    assert silent > 0
