"""The versions of a camera's bundle: which is live changes in one step or not at all."""

import os
from pathlib import Path

import pytest

from cameras.bundle import MODEL, read_manifest
from cameras.registry import Registry
from datasets.errors import InputError
from tests.cameras.bundles import write_constant_bundle


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "bundles")


def add(registry: Registry, tmp_path: Path, score: float = 0.9) -> str:
    return registry.add(write_constant_bundle(tmp_path / "new", (score, 0.5)))


def test_added_bundles_lie_under_their_identity_and_the_same_twice_is_one(registry, tmp_path: Path) -> None:
    first = add(registry, tmp_path)
    assert read_manifest(registry.folder / first).identity == first
    assert not (tmp_path / "new").exists()
    assert add(registry, tmp_path) == first
    assert not (tmp_path / "new").exists()
    assert add(registry, tmp_path, 0.7) != first
    assert len(list(registry.folder.iterdir())) == 2


def test_nothing_is_live_before_something_was_promoted(registry, tmp_path: Path) -> None:
    add(registry, tmp_path)
    with pytest.raises(InputError, match="no bundle is live"):
        registry.live()


def test_promoted_is_live_and_the_one_before_is_remembered(registry, tmp_path: Path) -> None:
    first, second = add(registry, tmp_path), add(registry, tmp_path, 0.7)
    registry.promote(first)
    registry.promote(second)
    registry.promote(second)
    assert registry.live() == registry.folder / second
    assert f'"before": "{first}"' in (registry.folder / "live.json").read_text()


def test_a_kill_while_promoting_leaves_the_live_one_live(registry, tmp_path: Path, monkeypatch) -> None:
    first, second = add(registry, tmp_path), add(registry, tmp_path, 0.7)
    registry.promote(first)
    with monkeypatch.context() as context:
        context.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            registry.promote(second)
    assert registry.live().name == first
    registry.promote(second)
    assert registry.live().name == second


@pytest.mark.parametrize("harm", ["unknown", "changed"])
def test_what_is_not_a_whole_bundle_is_never_promoted(registry, tmp_path: Path, harm: str) -> None:
    first, second = add(registry, tmp_path), add(registry, tmp_path, 0.7)
    registry.promote(first)
    with (registry.folder / second / MODEL).open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError):
        registry.promote("0" * 16 if harm == "unknown" else second)
    assert registry.live().name == first


@pytest.mark.parametrize("text", ["{", "[]", "3", "\x00"])
def test_broken_state_is_one_line_that_names_the_file(registry, tmp_path: Path, text: str) -> None:
    add(registry, tmp_path)
    (registry.folder / "live.json").write_text(text)
    with pytest.raises(InputError, match=r"live\.json.*promote a bundle again"):
        registry.live()
