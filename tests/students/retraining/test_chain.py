"""Of old retrainings, weights that nobody runs are deleted; those of the last one stay, whatever became of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.pipeline.records import CameraRecord, FederationRecord
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.records import RetrainingRecord
from lotwise.teacher.checkpoint import fingerprint, save_model
from tests.models import tiny_yolo


def finished(number: int, bundle: str) -> RetrainingRecord:
    return RetrainingRecord(
        camera="C1", number=number, begun=datetime(2026, 11, number, tzinfo=UTC), new=(), sources=(), finished=True,
        bundle=bundle,
    )  # fmt: skip


@pytest.fixture
def chain(tmp_path: Path) -> Retrainings:
    """Three finished retrainings, each with a student, its optimiser's state and its record."""
    made = Retrainings(Run(tmp_path), "C1")
    for number in (1, 2, 3):
        made.save(finished(number, str(number) * 16))
        own = made.run(number)
        folder = own.camera("C1") / "train"
        folder.mkdir(parents=True)
        for name in ("student.safetensors", "last.pt"):
            (folder / name).write_bytes(b"x")
        own.save(
            CameraRecord(
                camera="C1",
                train=(),
                test=(),
                held_out=True,
                note="",
                size=(96, 96),
                training={"weights": f"w{number}"},
            )
        )
    return made


def left(chain: Retrainings, name: str) -> list[int]:
    return [number for number in (1, 2, 3) if (chain.run(number).camera("C1") / "train" / name).is_file()]


def test_what_is_kept(chain: Retrainings) -> None:
    for number in (1, 2, 3):
        camera = chain.run(number).camera("C1")
        (camera / "train" / "second").mkdir()
        for name in ("train/second/last.pt", "train/second/student.safetensors", "start.safetensors"):
            (camera / name).write_bytes(b"x")
    chain.save(finished(3, "3" * 16).model_copy(update={"finished": False}))
    chain.tidy()
    assert left(chain, "../start.safetensors") == left(chain, "second/last.pt") == [3]  # which is not finished
    chain.save(finished(3, "3" * 16))
    chain.tidy()
    assert left(chain, "../start.safetensors") == left(chain, "second/last.pt") == []
    assert left(chain, "last.pt") == []
    assert left(chain, "student.safetensors") == [3]


def test_a_student_is_found_by_its_weights_as_long_as_it_is_there(chain: Retrainings) -> None:
    assert chain.weights_of("w2") == chain.run(2).camera("C1") / "train" / "student.safetensors"
    chain.tidy()
    assert chain.weights_of("w2") is None and chain.weights_of("w3") is not None
    assert chain.weights_of("of another run") is None


def test_a_broken_record_is_named(chain: Retrainings) -> None:
    (chain.place(2) / "retraining.json").write_text("{}")
    with pytest.raises(InputError, match=r"0002/retraining\.json.*delete the folder"):
        chain.records()


def test_an_id_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its id cannot name a folder"):
        Retrainings(Run(tmp_path), "../x")


def test_of_a_federated_camera_both_students_are_found(tmp_path: Path) -> None:
    """Its record names the federation's; where the gate has refused that, the one before is live."""
    run = Run(tmp_path)
    folder, chain = run.camera("C1"), Retrainings(run, "C1")
    students = {place: tiny_yolo(seed) for seed, place in enumerate(("train", "federated"))}
    for place, student in students.items():
        (folder / place).mkdir(parents=True)
        save_model(student, folder / place / "student.safetensors")
    told = FederationRecord(method="fedavg", rounds=1, identity="it")
    weights = {place: fingerprint(student) for place, student in students.items()}
    run.save(
        CameraRecord(
            camera="C1",
            train=(),
            test=(),
            held_out=True,
            note="",
            size=(96, 96),
            training={"weights": weights["federated"]},
            federation=told,
        )
    )
    for place, identity in weights.items():
        assert chain.weights_of(identity) == folder / place / "student.safetensors"
    assert chain.weights_of("another") is None
