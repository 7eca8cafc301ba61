"""A camera whose registry has no bundle that can be run, or is broken, mends by itself."""

import errno
from pathlib import Path

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.node.bundle_loader import LOAD_RETRY_S
from tests.cameras.bundles import add, harm, write_constant_bundle
from tests.node.hot_swaps import NOON, Running


def test_a_camera_without_a_bundle_mends_by_itself(registry: Registry, three, tmp_path: Path) -> None:
    first, _, _ = three
    harm(registry, first)
    camera = Running(registry)
    assert camera.frames(3) == ["", "", ""]
    assert camera.said == ["no bundle", "failed"]
    assert camera.events[0].after == "none"
    registry.add(write_constant_bundle(tmp_path / "again", (0.9, 0.5)))  # the same bundle, copied anew
    camera.seconds += LOAD_RETRY_S
    assert camera.frames(3) == ["", first, first]
    assert camera.said[2:] == ["promoted"]
    assert camera.bundles.why == ""


def test_a_camera_without_a_bundle_runs_the_first_that_is_promoted(registry: Registry, tmp_path: Path) -> None:
    identity = add(registry, tmp_path)
    camera = Running(registry)
    assert camera.frames(2) == ["", ""]
    assert "no bundle is live here" in camera.bundles.why
    registry.promote(identity)
    assert camera.frames(2) == ["", identity]
    assert (camera.events[-1].before, camera.events[-1].after) == ("none", "live")


def test_a_fixed_bundle_that_was_copied_anew_is_run(tmp_path: Path) -> None:
    folder = write_constant_bundle(tmp_path / "b")
    whole = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(whole[:100])
    camera = Running(folder)
    assert camera.frames(3) == ["", "", ""]
    (folder / "model.onnx").write_bytes(whole)
    camera.seconds += LOAD_RETRY_S
    assert camera.frames(2)[-1] == load_detector(folder).identity
    assert camera.said == ["no bundle", "promoted"]


def test_a_broken_registry_is_told_once_and_again_when_it_breaks_again(registry: Registry, three) -> None:
    camera = Running(registry)
    whole = (registry.folder / "registry.json").read_text()
    for _ in range(2):
        (registry.folder / "registry.json").write_text("{")
        assert camera.frames(3) == [three[0]] * 3
        (registry.folder / "registry.json").write_text(whole)
        assert camera.frames(3) == [three[0]] * 3
    assert camera.said == ["failed", "failed"]
    assert "registry.json: the file: Invalid JSON" in str(camera.events[0].details["why"])


def test_a_registry_that_cannot_be_written_is_told_once(registry: Registry, three, monkeypatch) -> None:
    camera = Running(registry)
    registry.start_shadow(three[1])
    camera.frame()

    def full(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("lotwise.cameras.registry.state_file.write_whole", full)
    assert camera.frames(9) == [three[0]] * 9
    assert camera.said == ["in its shadow", "failed"]
    monkeypatch.undo()
    camera.frames(3)
    assert registry.state().live == three[1]


def test_an_unchanged_registry_is_read_once_a_second_at_most(registry: Registry, three, monkeypatch) -> None:
    camera = Running(registry)
    camera.frame()
    reads = []
    honest = Registry.state
    monkeypatch.setattr(Registry, "state", lambda self: (reads.append(1), honest(self))[1])
    for _ in range(100):
        camera.seconds += 0.02
        camera.bundles.poll(NOON)
    assert 1 <= len(reads) <= 2
