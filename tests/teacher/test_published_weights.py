"""Weights named by a user: what is here is taken, what Ultralytics publishes is fetched, nothing else."""

import logging
import socket
from pathlib import Path

import pytest
from ultralytics.utils import LOGGER

from lotwise.datasets.errors import InputError
from lotwise.teacher import published_weights
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.published_weights import find_weights


@pytest.fixture(autouse=True)
def unreachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A machine without a network and without Ultralytics' weights; the hosts that were asked for."""
    asked: list[str] = []

    def refuse(host: object, *_: object, **__: object) -> None:
        asked.append(str(host))
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(published_weights, "SETTINGS", {"weights_dir": str(tmp_path / "weights")})
    monkeypatch.chdir(tmp_path)
    return asked


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("yolo26x.pt", "yolo26x.pt: not here, and YOLO_OFFLINE forbids to download it; give a local path"),
        ("yolov5n.pt", "yolov5n.pt: not here, and YOLO_OFFLINE forbids to download it; give a local path"),
        ("nowhere.pt", "nowhere.pt: no such file, and Ultralytics knows no weights of this name; give a local path"),
        ("a/yolo26x.pt", "a/yolo26x.pt: no such weights file"),
        ("nowhere.safetensors", "nowhere.safetensors: no such weights file"),
    ],
)
def test_offline_no_name_reaches_the_network(name: str, why: str, unreachable, capfd, monkeypatch) -> None:
    monkeypatch.setenv("YOLO_OFFLINE", "true")
    with pytest.raises(InputError) as refusal:
        load_model(name)
    assert str(refusal.value).startswith(why)
    assert unreachable == []
    assert capfd.readouterr() == ("", "")


def test_an_unknown_name_reaches_no_network_either(unreachable, monkeypatch) -> None:
    monkeypatch.delenv("YOLO_OFFLINE")
    with pytest.raises(InputError, match="Ultralytics knows no weights of this name"):
        find_weights(Path("nowhere.pt"))
    assert unreachable == []


def test_a_failed_download_is_one_line(monkeypatch, capfd) -> None:
    def fails(_: str) -> str:
        LOGGER.warning("retrying")
        raise ConnectionError("no network\nand more of it")

    monkeypatch.delenv("YOLO_OFFLINE")
    monkeypatch.setattr(published_weights, "attempt_download_asset", fails)
    monkeypatch.setattr(LOGGER, "handlers", [logging.StreamHandler()])
    with pytest.raises(InputError) as refusal:
        find_weights(Path("yolo26x.pt"))
    assert str(refusal.value) == "yolo26x.pt: not here and could not be downloaded (no network); give a local path"
    assert capfd.readouterr() == ("", "")
    assert not LOGGER.disabled


def test_weights_that_ultralytics_has_fetched_before_are_taken(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "yolo26x.pt").write_bytes(b"")
    assert find_weights(Path("yolo26x.pt")) == tmp_path / "weights" / "yolo26x.pt"


def test_what_is_here_comes_first(tmp_path: Path) -> None:
    (tmp_path / "yolo26x.pt").write_bytes(b"")
    assert find_weights(Path("yolo26x.pt")) == Path("yolo26x.pt")
