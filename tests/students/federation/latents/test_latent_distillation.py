"""Latents between cameras: bytes, means, and necks that come closer."""

import numpy as np
import pytest
import torch

from lotwise.datasets.errors import InputError
from lotwise.students.federation.alone import Alone
from lotwise.students.federation.latents.latent_distillation import LatentDistillation, latent_message_bytes
from lotwise.students.federation.latents.shared_latents import (
    SharedLatents,
    architecture,
    latent_loss,
    latents_to_send,
    lowered,
    mean_latents,
)
from lotwise.students.federation.listening import listen
from lotwise.students.federation.work import Work
from tests.models import tiny_yolo
from tests.students.federation.tiny_cameras import TinyCamera, reference_set, run

WORK = Work(2, rate=0.05)


def cameras(bases=("yolov8n.yaml",) * 3):
    return {
        f"C{i}": TinyCamera(tiny_yolo(0, base=base), wish)
        for i, (base, wish) in enumerate(zip(bases, (0.1, 0.5, 0.9), strict=True))
    }


def test_a_message_is_as_large_as_the_docs_say(tmp_path):
    method = LatentDistillation(reference=reference_set(tmp_path), work=WORK, cells=5, width=8)
    after = run(method, cameras(), 1)
    assert after.received["C0"] == latent_message_bytes(3, 5, 8) + 2 * 8
    assert method.outgoing(after.state, 2, ["C0"])["C0"].bytes() == latent_message_bytes(3, 5, 8) + 8


def test_a_mean_is_of_the_cells_that_two_have_sent():
    def sent(cells, value):
        return SharedLatents(np.array([cells], np.int32), np.full((1, len(cells), 2), value, np.float16))

    told = mean_latents([sent([3, 5], 1.0), sent([5, 7], 3.0), sent([5, 3], 5.0)], 3)
    assert told.index.tolist() == [[5, 3, -1]]
    assert told.values[0, :, 0].tolist() == [3.0, 3.0, 0.0]


def test_nothing_to_learn_from_ones_own_latents(tmp_path):
    said = listen(tiny_yolo(0), reference_set(tmp_path).pictures)
    assert latent_loss(said, latents_to_send(said, 9, 4)).item() == pytest.approx(0, abs=1e-5)
    nothing = SharedLatents(np.full((3, 2), -1, np.int32), np.zeros((3, 2, 4), np.float16))
    assert latent_loss(said, nothing).item() == 0


def test_necks_come_closer(tmp_path):
    reference = reference_set(tmp_path)
    apart = {}
    methods = {
        "alone": Alone(WORK),
        "latent": LatentDistillation(reference=reference, weight=10.0, work=WORK, cells=84, width=8),
    }
    for name, method in methods.items():
        made = cameras()
        after = run(method, made, 3)
        found = []
        for node, camera in made.items():
            camera.load(after.kept[node].group("weights"))
            with torch.no_grad():
                found.append(lowered(listen(camera.student, reference.pictures).latents, 8).numpy())
        apart[name] = np.std(found, axis=0).mean()
    assert apart["latent"] < 0.9 * apart["alone"]


def test_students_of_other_layers_are_not_mixed(tmp_path):
    made = cameras(("yolov8n.yaml", "yolov8n.yaml", "yolo11n.yaml"))
    assert architecture(made["C0"].student) == architecture(made["C1"].student)
    assert architecture(made["C0"].student) != architecture(made["C2"].student)
    method = LatentDistillation(reference=reference_set(tmp_path), work=WORK, cells=5, width=8)
    told = method.outgoing(run(method, made, 1).state, 2, list(made))
    assert ["mean" in parcel.arrays for parcel in told.values()] == [True, True, False]


def test_broken_latents_are_refused():
    good = SharedLatents(np.zeros((2, 3), np.int32), np.zeros((2, 3, 4), np.float16)).arrays()
    for change, why in (
        ({"index": np.full((2, 3), 99, np.int32)}, "beyond"),
        ({"latent": np.full((2, 3, 4), np.inf, np.float16)}, "finite"),
        ({"latent": np.zeros((3, 3, 4), np.float16)}, "of 2 pictures expected"),
        ({"other": np.zeros(2)}, "index and latent"),
    ):
        with pytest.raises(InputError, match=why):
            SharedLatents.of_arrays({**good, **change}, 2, 84)
