"""Bundles of a run: shown, promoted, rolled back and pruned."""

import json
from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from tests.cameras.bundles import add, harm
from tests.lotwise.running import refused, run
from tests.node.sites import write_site


@pytest.fixture
def lot(tmp_path: Path) -> tuple[Path, Registry, Registry]:
    """A run folder with two cameras, two bundles each; the first of each is live."""
    folder = tmp_path / "run"
    registries = []
    for camera in ("gate", "roof"):
        registry = Registry(folder / "cameras" / camera / "bundles")
        first = add(registry, tmp_path, 0.9, camera=camera)
        add(registry, tmp_path, 0.7, camera=camera, measured={"int8": {"agreement": 0.991}})
        registry.promote(first)
        registries.append(registry)
    return folder, registries[0], registries[1]


def other(registry: Registry) -> str:
    return next(identity for identity in registry.identities() if identity != registry.state().live)


def test_bundles_shows_each_version_and_how_it_stands(lot, tmp_path: Path, capsys) -> None:
    folder, gate, roof = lot
    gate.start_shadow(other(gate))
    roof.start_shadow(other(roof))
    roof.refuse(other(roof), "it sees ghosts")
    harm(gate, str(gate.state().live))
    assert run("bundles", folder, "--json", tmp_path / "b.json") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["camera", "bundle", "role", "exported", "models", "status"]
    assert len([line for line in lines if line.startswith(("gate", "roof"))]) == 4
    (tried,) = (line for line in lines if other(gate) in line)
    assert tried.split()[-1] == "shadow"
    assert any("refused: it sees ghosts" in line for line in lines)
    content = json.loads((tmp_path / "b.json").read_text())
    by_identity = {one["bundle"]: one for one in content}
    assert by_identity[other(gate)]["shadow"] is True
    assert by_identity[other(roof)]["refused"] == "it sees ghosts"
    assert "changed since it was exported" in by_identity[str(gate.state().live)]["broken"]
    assert {one["camera"] for one in content} == {"gate", "roof"}
    assert run("bundles", folder, "--camera", "roof") == 0
    assert "gate" not in capsys.readouterr().out


def test_promote_and_rollback_by_the_first_characters(lot, capsys) -> None:
    folder, gate, roof = lot
    first, second = str(gate.state().live), other(gate)
    assert run("promote", folder, second[:8], "--camera", "gate") == 0
    assert capsys.readouterr().out == f"gate: {second} is live\n"
    assert (gate.state().live, gate.state().on_probation) == (second, True)
    assert run("rollback", folder, "--camera", "gate", "--why", "misses the far row") == 0
    assert capsys.readouterr().out == f"gate: {first} is live again\n"
    assert gate.state().refused == {second: "misses the far row"}
    # The folder of one camera's bundles needs no name.
    assert run("promote", roof.folder, other(roof), "--no-probation") == 0
    assert not roof.state().on_probation


def test_promote_into_the_shadow(lot, capsys) -> None:
    folder, gate, _ = lot
    first, second = gate.state().live, other(gate)
    assert run("promote", folder, second, "--camera", "gate", "--shadow") == 0
    assert capsys.readouterr().out == f"gate: {second} runs in the shadow of the live one from now on\n"
    assert (gate.state().shadow, gate.state().live) == (second, first)


def test_prune_keeps_what_is_live_and_says_what_is_gone(lot, capsys) -> None:
    folder, gate, _ = lot
    gone = other(gate)
    assert run("prune", folder, "--keep", "0", "--camera", "gate") == 0
    assert capsys.readouterr().out == f"gate: 1 deleted: {gone}\n"
    assert gate.identities() == [gate.state().live]
    assert run("prune", folder) == 0
    assert capsys.readouterr().out == "gate: 0 deleted\nroof: 0 deleted\n"


def test_a_site_file_names_bundles_too(lot, tmp_path: Path, capsys) -> None:
    folder, gate, _ = lot
    site = tmp_path / "site.yaml"
    site.write_text(f"name: lot\nrun: {folder.name}\ncameras:\n  gate: {{source: frames}}\n")
    assert run("promote", site, other(gate)) == 0
    assert run("bundles", site) == 0
    assert "roof" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["bundles", "nowhere"], "nowhere: no bundles here"),
        (["bundles", "run", "--camera", "yard"], "run: no bundles of camera yard; there are those of gate, roof"),
        (["promote", "run", "0123"], "run: holds bundles of gate, roof; name one with --camera"),
        (["promote", "run", "zzzz", "--camera", "gate"], "no bundle 'zzzz'; there are "),
        (["promote", "run", "--camera", "gate"], "Missing argument 'BUNDLE'"),
        (["promote", "run", "0", "--camera", "gate", "--shadow", "--no-probation"], "give one of the two"),
        (["rollback", "run", "--camera", "gate"], "no bundle was live before; promote the one that shall be live"),
        (["prune", "run", "--keep", "-1"], "--keep"),
        (["slots", "convert", "nowhere.csv", "--out", "o.json"], "nowhere.csv"),
        (["slots", "convert", "s.csv", "--out", "o.json", "--canvas", "big"], "--canvas big: expected WIDTHxHEIGHT"),
        (["slots", "convert", "s.csv", "--out", "o.json", "--canvas", "0x9"], "--canvas 0x9: expected WIDTHxHEIGHT"),
        (["run", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["run", "nowhere.yaml", "--check"], "nowhere.yaml: cannot be read"),
        (["run", "fixed/site.yaml", "--cameras", ","], "no camera named"),
        (["run", "fixed/site.yaml", "--check", "--cameras", "C9"], "no camera C9"),
        (["promote", "fixed/site.yaml", "0123"], "each camera runs one fixed bundle"),
    ],
)
def test_what_is_refused_is_one_line(lot, tmp_path: Path, monkeypatch, capsys, arguments, why: str) -> None:
    (tmp_path / "fixed").mkdir()
    write_site(tmp_path / "fixed", cameras=1, frames=1)
    (tmp_path / "s.csv").write_text("SlotId,X,Y,W,H\n1,10,10,50,50\n")
    monkeypatch.chdir(tmp_path)
    assert why in refused(capsys, *arguments)


def test_a_bundle_that_cannot_be_loaded_is_not_promoted(lot, capsys) -> None:
    folder, gate, _ = lot
    harm(gate, other(gate))
    before = gate.state()
    assert "changed since it was exported" in refused(capsys, "promote", folder, other(gate), "--camera", "gate")
    assert gate.state() == before


def test_bundles_tells_why_an_int8_model_was_refused(tmp_path: Path, capsys) -> None:
    registry = Registry(tmp_path / "run" / "cameras" / "gate" / "bundles")
    add(registry, tmp_path, 0.9, camera="gate", measured={"int8": {"refused": "F1 0.870 is below 0.9"}})
    assert run("bundles", tmp_path / "run", "--json", tmp_path / "b.json") == 0
    assert "float; int8 refused: F1 0.870 is below 0.9" in " ".join(capsys.readouterr().out.split())
    (bundle,) = json.loads((tmp_path / "b.json").read_text())
    assert bundle["measured"]["int8"]["refused"] == "F1 0.870 is below 0.9"
