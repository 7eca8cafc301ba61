"""Where a training stands, on disk: what a power cut has left torn is begun anew, and said."""

import logging
from pathlib import Path

import pytest
import torch
from torch import nn

from lotwise.students.distillation.checkpoint import CHECKPOINT, TrainingState, resume, save_state
from lotwise.students.synthesis import dream_checkpoint


def modules() -> tuple[nn.Module, nn.Module, torch.optim.Optimizer]:
    learner = nn.Linear(4, 4)
    return learner, nn.Linear(4, 4), torch.optim.AdamW(learner.parameters())


def cut(path: Path, left: str) -> None:
    whole = path.read_bytes()
    path.write_bytes({"nothing": b"", "half": whole[: len(whole) // 2], "zeros": bytes(len(whole))}[left])


def test_a_training_goes_on_where_it_was(tmp_path: Path) -> None:
    save_state(tmp_path, "mine", TrainingState(epoch=3), *modules(), last=True)
    assert resume(tmp_path, "mine", *modules()).epoch == 3
    assert resume(tmp_path, "other", *modules()) == TrainingState()


@pytest.mark.parametrize("left", ["nothing", "half", "zeros"])
def test_what_a_power_cut_has_left_begins_anew(tmp_path: Path, left: str, caplog: pytest.LogCaptureFixture) -> None:
    save_state(tmp_path, "mine", TrainingState(epoch=3), *modules(), last=True)
    cut(tmp_path / CHECKPOINT, left)
    with caplog.at_level(logging.WARNING):
        assert resume(tmp_path, "mine", *modules()) == TrainingState()
    assert str(tmp_path / CHECKPOINT) in caplog.text and "begins anew" in caplog.text


@pytest.mark.parametrize("left", ["nothing", "half", "zeros"])
def test_so_does_a_batch_of_dreams(tmp_path: Path, left: str) -> None:
    pyramid, _, optimizer = modules()
    dream_checkpoint.save_dream(tmp_path, "mine", 1, 2, pyramid, optimizer, {})
    state = dream_checkpoint.resume_dream(tmp_path, "mine")
    assert state is not None and (state.stage, state.step) == (1, 2)
    cut(tmp_path / dream_checkpoint.CHECKPOINT, left)
    assert dream_checkpoint.resume_dream(tmp_path, "mine") is None
