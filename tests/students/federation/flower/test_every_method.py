"""Every method by its name, through Flower's messages, on four real cameras: each ends with a student that runs."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("flwr", reason="Flower is not installed")

from lotwise.datasets.errors import InputError
from lotwise.datasets.synthetic import render_site
from lotwise.students.federation.flower.client_app import ROUND
from lotwise.students.federation.flower.records import of_records
from lotwise.students.federation.flower.server_app import run
from lotwise.students.federation.methods import METHODS, needs
from lotwise.students.federation.reference_set import write_reference_set
from lotwise.students.federation.settings import FederationSettings
from lotwise.teacher.checkpoint import load_model
from tests.students.federation.flower.local_grid import LocalGrid, node
from tests.students.federation.flower.test_server_app import federation_of

CAMERAS = ("C1", "C2", "C3", "C4")


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures of another rendered lot."""
    folder = tmp_path_factory.mktemp("public")
    site = render_site(folder / "site", cameras=3, days=1, frames_per_day=1, width=128, height=96, seed=99)
    files = []
    for place, path in enumerate(sorted(Path(site.root).rglob("*.jpg"))):
        files.append(folder / f"{place}.png")
        cv2.imwrite(str(files[-1]), cv2.flip(cv2.imread(str(path)), 0))
    write_reference_set(folder, files[:3], 64, "rendered")
    return folder


def grid_of(folder: Path, public: Path | None) -> LocalGrid:
    from lotwise.students.federation.flower.client_app import make_client_app
    from lotwise.students.federation.node import Node

    app = make_client_app(lambda context: Node(folder, str(context.node_config["camera"]), public))
    return LocalGrid({10 + place: node(app, 10 + place, camera=one) for place, one in enumerate(CAMERAS)})


def settings_of(method: str, public: Path, **more) -> FederationSettings:
    wanted = needs(method)
    return FederationSettings(
        method=method,
        settings={"steps": 1},
        rounds=2,
        topology="ring" if "graph" in wanted else "star",
        reference=public if "reference" in wanted else None,
        **more,
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_every_camera_a_student(method: str, four: Path, public: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(four, tmp_path / "run"))
    notes: list[str] = []
    grid = grid_of(folder, public)
    ended = run(federation_of(folder, settings_of(method, public)), grid, lambda *_: None, notes.append)
    assert notes == []
    assert sorted(ended.students) == sorted(CAMERAS)
    for camera in CAMERAS:
        weights = load_model(folder / "cameras" / camera / "federated" / "student.safetensors").state_dict()
        assert all(np.isfinite(tensor.numpy()).all() for tensor in weights.values())
    told = ended.progress.nodes["C1"]
    questions = [m for m in grid.sent if m.metadata.message_type == ROUND and m.metadata.dst_node_id == 10]
    assert told.down == sum(of_records(message.content)[0].bytes() for message in questions)
    assert told.replies == len(questions)


def test_another_reference_set_on_one_camera_is_named(four: Path, public: Path, tmp_path: Path) -> None:
    folder, other = Path(shutil.copytree(four, tmp_path / "run")), Path(shutil.copytree(public, tmp_path / "other"))
    write_reference_set(other, [other / "1.png", other / "0.png"], 64, "rendered")
    grid, odd = grid_of(folder, public), grid_of(folder, other)
    grid.nodes[12] = odd.nodes[12]
    notes: list[str] = []
    ended = run(federation_of(folder, settings_of("fedmd", public)), grid, lambda *_: None, notes.append)
    assert "exchange 1: C3 is left out:" in notes[0]
    assert "copy its whole folder" in notes[0]
    assert sorted(ended.students) == ["C1", "C2", "C4"]


def test_a_reference_set_with_a_private_frame_is_refused(four: Path, public: Path, tmp_path: Path) -> None:
    folder, leaky = Path(shutil.copytree(four, tmp_path / "run")), tmp_path / "leaky"
    leaky.mkdir()
    shutil.copy(sorted((four.parent / "site").rglob("*.jpg"))[2], leaky / "own.jpg")
    shutil.copy(public / "0.png", leaky / "0.png")
    write_reference_set(leaky, [leaky / "0.png", leaky / "own.jpg"], 64, "nobody asked")
    notes: list[str] = []
    run(federation_of(folder, settings_of("fedmd", leaky)), grid_of(folder, leaky), lambda *_: None, notes.append)
    assert any("shows the view of camera" in note and "own.jpg" in note for note in notes)


def test_students_of_other_architectures_take_part(four: Path, public: Path, tmp_path: Path) -> None:
    from lotwise.teacher.checkpoint import save_model
    from tests.models import tiny_yolo

    folder = Path(shutil.copytree(four, tmp_path / "run"))
    other = tmp_path / "other.safetensors"
    save_model(tiny_yolo(7, base="yolo11n.yaml"), other)
    settings = settings_of("fedmd", public, students={"C2": str(other)})
    ended = run(federation_of(folder, settings), grid_of(folder, public), lambda *_: None, lambda _: None)
    assert len(ended.students) == 4
    kinds = [
        load_model(folder / "cameras" / camera / "federated" / "student.safetensors").yaml["yaml_file"]
        for camera in ("C1", "C2")
    ]
    assert kinds[0] != kinds[1]


def test_weights_of_another_architecture_are_refused_by_the_camera(four: Path, public: Path, tmp_path: Path) -> None:
    from lotwise.teacher.checkpoint import save_model
    from tests.models import tiny_yolo

    folder = Path(shutil.copytree(four, tmp_path / "run"))
    save_model(tiny_yolo(7, base="yolo11n.yaml"), tmp_path / "other.safetensors")
    settings = settings_of("fedavg", public, students={"C2": str(tmp_path / "other.safetensors")})
    notes: list[str] = []
    ended = run(federation_of(folder, settings), grid_of(folder, public), lambda *_: None, notes.append)
    assert "exchange 1: C2 is left out" in notes[0]
    assert "all cameras need the same student" in notes[0]
    assert sorted(ended.students) == ["C1", "C3", "C4"]


def test_methods_and_reference_sets_that_do_not_go_together() -> None:
    from lotwise.students.federation.given import checked

    with pytest.raises(InputError, match="give a folder of them with a manifest as --reference"):
        checked(FederationSettings(method="fedmd"))
    with pytest.raises(InputError, match="looks at no public pictures"):
        checked(FederationSettings(method="fedavg", reference=Path("somewhere")))
    with pytest.raises(InputError, match="--topology ring: --method fedavg has a server in the middle"):
        checked(FederationSettings(method="fedavg", topology="ring"))
    with pytest.raises(InputError, match="--method fedsgd: give one of alone, fedavg"):
        checked(FederationSettings(method="fedsgd"))
