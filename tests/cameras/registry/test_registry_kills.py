"""Registries under real kills, and under several processes at once."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lotwise.cameras.registry import registry as registry_module
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.state_file import RegistryState
from tests.cameras.bundles import add, harm, write_constant_bundle
from tests.cameras.registry.kills import dies_at


@pytest.fixture(autouse=True)
def no_model_in_children(monkeypatch) -> None:
    """What ONNX Runtime does in a forked process is not what is asked here."""
    monkeypatch.setattr(registry_module, "load_detector", lambda path: None)


ACTIONS: dict[str, Callable[[Registry, tuple[str, str, str]], object]] = {
    "promote": lambda r, ids: r.promote(ids[2]),
    "try out": lambda r, ids: r.start_shadow(ids[0], again=True),
    "accept": lambda r, ids: r.accept(ids[2]),
    "refuse": lambda r, ids: r.refuse(ids[2], "blind"),
    "roll back": lambda r, ids: r.roll_back("blind"),
    "end probation": lambda r, ids: r.end_probation(ids[1]),
    "prune": lambda r, ids: r.prune(0),
    "add": lambda r, ids: r.add(r.folder.parent / "new"),
    "mend": lambda r, ids: r.add(r.folder.parent / "mended"),
}


def picture(registry: Registry) -> tuple[RegistryState, dict[str, bool]]:
    """What runs, and each bundle with whether it is whole."""
    return registry.state(), {one.identity: not one.broken for one in registry.versions()}


@pytest.mark.parametrize("action", ACTIONS)
def test_a_kill_at_any_step_leaves_what_was_or_what_shall_be(registry, three, tmp_path: Path, action: str) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(registry.folder / three[0], kept / "mended")
    registry.promote(three[1])
    registry.start_shadow(three[2])
    if action == "mend":
        harm(registry, three[0])
    if action == "prune":
        add(registry, tmp_path, 0.8)
    write_constant_bundle(kept / "new", (0.8, 0.8))
    registry.folder.rename(kept / "bundles")
    doomed = Registry(tmp_path / "doomed" / "bundles")

    def afresh() -> None:
        shutil.rmtree(doomed.folder.parent, ignore_errors=True)
        shutil.copytree(kept, doomed.folder.parent)

    afresh()
    before = picture(doomed)
    ACTIONS[action](doomed, three)
    after = picture(doomed)
    assert before != after
    afresh()
    kills = 0
    while dies_at(kills, lambda: ACTIONS[action](doomed, three)):
        kills += 1
        state, bundles = picture(doomed)
        assert state in (before[0], after[0])
        assert doomed.live().name == state.live
        # A bundle is harmed only if it was so, and one that shall stay is never gone.
        assert all(whole or not before[1][identity] for identity, whole in bundles.items())
        assert {one for one, whole in before[1].items() if whole and one in after[1]} <= set(bundles)
        if (state, bundles) != after:
            ACTIONS[action](doomed, three)
        assert picture(doomed) == after
        afresh()
    assert kills >= 2


def test_many_processes_that_change_it_at_once_lose_nothing_of_each_other(registry, tmp_path: Path) -> None:
    ids = [add(registry, tmp_path, 0.5 + number / 100) for number in range(1, 9)]
    registry.promote(ids[0])
    refused = {identity: "blind" for identity in ids[1:]}
    (registry.folder / "registry.json").write_text(RegistryState(live=ids[0], refused=refused).model_dump_json())
    children = []
    for mine in (ids[1:3], ids[3:5], ids[5:7], ids[7:]):
        child = os.fork()
        if not child:
            try:
                for _ in range(20):
                    for identity in mine:
                        registry.promote(identity)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    running = set(children)
    while running:
        state = registry.state()  # a reader never meets a torn file
        assert state.live in ids
        assert state.before != state.live
        running -= {child for child in running if os.waitpid(child, os.WNOHANG) != (0, 0)}
    assert registry.state().refused == {}
