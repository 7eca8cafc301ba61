"""The versions of a camera's bundle: which is live changes in one step or not at all."""

import errno
import os
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import MANIFEST, MODEL, read_manifest, sha256
from lotwise.cameras.registry import state_file as live
from lotwise.cameras.registry.registry import Registry, find_registries
from lotwise.cameras.registry.state_file import RegistryState
from lotwise.datasets.errors import InputError
from tests.cameras.bundles import add, harm, write_constant_bundle


def test_added_bundles_lie_under_their_identity_and_the_same_twice_is_one(registry, tmp_path: Path) -> None:
    first = add(registry, tmp_path)
    assert read_manifest(registry.folder / first).identity == first
    assert not (tmp_path / "new").exists()
    assert add(registry, tmp_path) == first
    assert not (tmp_path / "new").exists()
    second = add(registry, tmp_path, 0.7)
    assert registry.identities() == sorted({first, second})


def test_files_of_an_added_bundle_can_only_be_read(registry, tmp_path: Path) -> None:
    folder = registry.folder / add(registry, tmp_path)
    assert [path.stat().st_mode & 0o222 for path in folder.iterdir()] == [0, 0]


def test_a_harmed_bundle_is_mended_by_adding_it_again(registry, three, tmp_path: Path) -> None:
    first, _, _ = three
    harm(registry, first)
    with pytest.raises(InputError, match="changed since it was exported"):
        registry.live()
    assert add(registry, tmp_path, 0.9) == first
    assert registry.live().name == first


def test_a_bundle_comes_from_another_disk_too(registry, tmp_path: Path, monkeypatch) -> None:
    honest = os.replace

    def another_disk(source: Path, target: Path) -> None:
        if Path(source).parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        honest(source, target)

    monkeypatch.setattr(os, "replace", another_disk)
    identity = add(registry, tmp_path)
    assert registry.path(identity).is_dir()
    assert not (tmp_path / "new").exists()
    assert {path.name for path in registry.folder.iterdir()} == {identity, ".lock"}


def test_what_is_no_whole_bundle_is_not_added(registry, tmp_path: Path) -> None:
    bundle = write_constant_bundle(tmp_path / "new")
    (bundle / MODEL).write_bytes(b"other")
    with pytest.raises(InputError, match=r"model\.onnx: changed since it was exported"):
        registry.add(bundle)
    assert bundle.is_dir()
    assert not registry.folder.exists()


def test_nothing_is_live_before_something_was_promoted(registry, tmp_path: Path) -> None:
    add(registry, tmp_path)
    with pytest.raises(InputError, match="no bundle is live"):
        registry.live()
    assert registry.state() == RegistryState()


def test_promoted_is_live_and_the_one_before_is_remembered(registry, three) -> None:
    first, second, _ = three
    assert registry.state() == RegistryState(live=first)
    registry.promote(second)
    registry.promote(second)
    assert registry.live() == registry.folder / second
    assert registry.state() == RegistryState(live=second, before=first, on_probation=True)
    assert f'"before":"{first}"' in (registry.folder / "registry.json").read_text()


def test_the_first_minutes_end_once_and_for_the_bundle_that_had_them(registry, three) -> None:
    first, second, third = three
    assert registry.promote(second).on_probation
    assert not registry.end_probation(second).on_probation
    assert registry.promote(first).on_probation
    assert registry.end_probation(third).on_probation
    assert not registry.promote(third, probation=False).on_probation


def test_a_bundle_in_its_shadow_is_accepted(registry, three) -> None:
    first, second, _ = three
    assert registry.start_shadow(second) == RegistryState(live=first, shadow=second)
    assert registry.accept(second) == registry.state() == RegistryState(live=second, before=first, on_probation=True)


def test_a_refused_bundle_is_not_tried_by_itself_again(registry, three) -> None:
    first, second, _ = three
    registry.start_shadow(second)
    assert registry.refuse(second, "blind\n at night") == RegistryState(live=first, refused={second: "blind at night"})
    with pytest.raises(InputError, match=f"{second} was refused before: blind at night"):
        registry.start_shadow(second)
    assert registry.start_shadow(second, again=True) == RegistryState(live=first, shadow=second)
    registry.refuse(second, "still blind")
    assert registry.promote(second).refused == {}


@pytest.mark.parametrize("verdict", [lambda r, i: r.accept(i), lambda r, i: r.refuse(i, "late")])
def test_a_late_verdict_changes_nothing(registry, three, verdict) -> None:
    _, second, third = three
    registry.start_shadow(second)
    before = registry.start_shadow(third)
    with pytest.raises(InputError, match=f"{second} is not in its shadow any more"):
        verdict(registry, second)
    assert registry.state() == before


def test_a_rollback_brings_the_one_before_and_remembers_why(registry, three) -> None:
    first, second, third = three
    registry.promote(second)
    registry.start_shadow(third)
    assert registry.roll_back("blind", of=second) == first
    assert registry.state() == RegistryState(live=first, shadow=third, refused={second: "blind"})
    with pytest.raises(InputError, match="no bundle was live before"):
        registry.roll_back("again")
    with pytest.raises(InputError, match="refused before: blind"):
        registry.start_shadow(second)


def test_a_rollback_that_comes_too_late_does_not_hit_the_next_one(registry, three) -> None:
    _, second, third = three
    registry.promote(second)
    before = registry.promote(third)
    with pytest.raises(InputError, match=f"{second} is not live any more, {third} is"):
        registry.roll_back("blind", of=second)
    assert registry.state() == before


def test_a_harmed_bundle_is_not_rolled_back_to(registry, three) -> None:
    first, second, _ = three
    before = registry.promote(second)
    harm(registry, first)
    with pytest.raises(InputError, match=rf"{first}.*changed since"):
        registry.roll_back("blind")
    assert registry.state() == before


def test_only_what_is_not_live_yet_is_tried_beside_a_live_one(registry, tmp_path: Path) -> None:
    identity = add(registry, tmp_path)
    with pytest.raises(InputError, match="no bundle is live that"):
        registry.start_shadow(identity)
    registry.promote(identity)
    with pytest.raises(InputError, match="is live already"):
        registry.start_shadow(identity)


def no_model(registry: Registry, tmp_path: Path) -> str:
    bundle = write_constant_bundle(tmp_path / "new")
    (bundle / MODEL).write_text("no model at all")
    write_constant = read_again(bundle)
    return registry.add(write_constant)


def read_again(bundle: Path) -> Path:
    """The bundle with a manifest that fits its files, whatever they are."""
    text = (bundle / MANIFEST).read_text()
    was = text.partition(f'"{MODEL}": "')[2][:64]
    (bundle / MANIFEST).write_text(text.replace(was, sha256(bundle / MODEL)))
    return bundle


def renamed(registry: Registry, tmp_path: Path) -> str:
    identity = add(registry, tmp_path, 0.55)
    (registry.folder / identity).rename(registry.folder / "0123456789abcdef")
    return "0123456789abcdef"


def changed(registry: Registry, tmp_path: Path) -> str:
    identity = add(registry, tmp_path, 0.55)
    harm(registry, identity)
    return identity


def another_manifest(registry: Registry, tmp_path: Path) -> str:
    identity = add(registry, tmp_path, 0.55)
    path = registry.folder / identity / MANIFEST
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"confidence": 0.25', '"confidence": 0.01'))
    return identity


@pytest.mark.parametrize("step", [Registry.promote, Registry.start_shadow])
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda r, t: "0" * 16, r"no bundle 0{16}; there are \w{16}"),
        (lambda r, t: "../../etc", r"no bundle \.\./\.\./etc"),
        (changed, r"model\.onnx: changed since it was exported"),
        (renamed, "holds bundle .*, so it was renamed"),
        (another_manifest, r"holds bundle .*or its manifest\.json was changed"),
        (no_model, "it is no ONNX file"),
        (lambda r, t: add(r, t, 0.55, camera="C3"), "was made for camera C3, but the live one for C1"),
    ],
)
def test_what_cannot_run_here_is_never_promoted_nor_tried(registry, three, tmp_path: Path, step, make, why) -> None:
    before = registry.state()
    with pytest.raises(InputError, match=why) as refusal:
        step(registry, make(registry, tmp_path))
    assert "\n" not in str(refusal.value)
    assert registry.state() == before
    assert registry.live().name == three[0]


def test_a_renamed_live_bundle_is_not_given_out(registry, three) -> None:
    first, _, _ = three
    (registry.folder / first / MANIFEST).chmod(0o644)
    text = (registry.folder / first / MANIFEST).read_text()
    (registry.folder / first / MANIFEST).write_text(text.replace('"student"', '"baseline"'))
    with pytest.raises(InputError, match=f"{first}: holds bundle"):
        registry.live()


@pytest.mark.parametrize("text", ["{", "[]", "3", "\x00", '{"live": "../../x"}', '{"live": 3}', '{"later": 1}'])
def test_broken_state_is_one_line_that_names_the_file(registry, three, text: str) -> None:
    (registry.folder / "registry.json").write_text(text)
    for step in (registry.live, registry.versions, lambda: registry.roll_back("x"), lambda: registry.prune(0)):
        with pytest.raises(InputError, match=r"registry.json.*promote a bundle again"):
            step()
    assert len(registry.identities()) == 3
    (registry.folder / "registry.json").unlink()
    registry.promote(three[1])
    assert registry.live().name == three[1]


def test_the_state_file_of_the_first_version_is_read(registry, three) -> None:
    first, second, _ = three
    (registry.folder / "registry.json").write_text(f'{{"live": "{first}", "before": null}}\n')
    assert registry.state() == RegistryState(live=first)
    (registry.folder / "registry.json").write_text(f'{{"live": "{second}", "before": "{first}"}}\n')
    assert registry.state() == RegistryState(live=second, before=first)
    assert registry.roll_back("x") == first


def test_whoever_polls_the_registry_sees_each_change(registry, three) -> None:
    stamps = [registry.stamp()]
    for step in (
        lambda: registry.start_shadow(three[1]),
        lambda: registry.accept(three[1]),
        lambda: registry.end_probation(three[1]),
        lambda: registry.roll_back("blind"),
    ):
        step()
        stamps.append(registry.stamp())
    assert registry.stamp() == stamps[-1]
    (registry.folder / "registry.json").unlink()
    assert len({*stamps, registry.stamp()}) == 6


def test_versions_tell_what_each_bundle_is(registry, three) -> None:
    first, second, third = three
    registry.promote(second)
    registry.start_shadow(third)
    registry.refuse(third, "blind")
    harm(registry, third)
    newest, middle, oldest = registry.versions()
    assert (oldest.identity, oldest.status, oldest.role, oldest.camera) == (first, "before", "student", "C1")
    assert (middle.identity, middle.status, middle.live, middle.exported.minute) == (second, "live", True, 2)
    assert newest.status.startswith("refused: blind, broken: ")
    assert "changed since it was exported" in newest.broken


def test_an_identity_may_be_cut_short(registry, tmp_path: Path) -> None:
    for name in ("abc0000000000001", "abd0000000000002"):
        (registry.folder / name).mkdir(parents=True)
        (registry.folder / name / MANIFEST).touch()
    assert registry.resolve("abc") == registry.resolve("ABC0000000000001") == "abc0000000000001"
    with pytest.raises(InputError, match="'ab' may be abc0000000000001 or abd0000000000002; give more of it"):
        registry.resolve("ab")
    for unknown in ("", "f", "../abc"):
        with pytest.raises(InputError, match=r"no bundle .*; there are abc0000000000001, abd0000000000002"):
            registry.resolve(unknown)


def test_pruning_keeps_the_newest_and_whatever_runs_or_may_come_back(registry, tmp_path: Path) -> None:
    old = [add(registry, tmp_path, score) for score in (0.91, 0.92, 0.93, 0.94, 0.95, 0.96)]
    registry.promote(old[0])
    registry.promote(old[1])
    registry.start_shadow(old[2])
    assert registry.prune(1) == (old[4], old[3])
    assert registry.identities() == sorted([*old[:3], old[5]])
    assert registry.prune(0) == (old[5],)
    assert registry.prune(0) == ()
    assert not [path for path in registry.folder.iterdir() if path.name.startswith(".gone")]
    assert registry.state() == RegistryState(live=old[1], before=old[0], shadow=old[2], on_probation=True)
    with pytest.raises(InputError, match="-1 bundles cannot be kept"):
        registry.prune(-1)


def test_pruning_leaves_alone_what_is_no_bundle_of_the_registry(registry, three) -> None:
    for name in ("notes", ".student"):
        (registry.folder / name).mkdir()
        (registry.folder / name / MANIFEST).touch()
    registry.prune(0)
    assert (registry.folder / "notes").is_dir()
    assert (registry.folder / ".student").is_dir()


def test_who_holds_the_registry_too_long_is_told_of(registry, three, monkeypatch) -> None:
    monkeypatch.setattr(live, "LOCK_TIMEOUT_S", 0.02)
    with live.locked(registry.folder):
        with pytest.raises(InputError, match=r"\.lock: another process is changing this registry"):
            registry.promote(three[1])
        assert registry.live().name == three[0]
    registry.promote(three[1])
    assert registry.live().name == three[1]


def test_a_full_disk_leaves_the_live_one_live(small_disk, tmp_path: Path) -> None:
    registry = Registry(small_disk("256k") / "bundles")
    first, second = add(registry, tmp_path), add(registry, tmp_path, 0.7)
    registry.promote(first)
    for number in range(64):
        try:
            (registry.folder.parent / f"{number}").write_bytes(bytes(4096))
        except OSError:
            break
    with pytest.raises(InputError, match=r"registry.json: cannot be written \(No space left on device\); make room"):
        registry.promote(second)
    assert registry.live().name == first
    small_disk("1m")
    registry.promote(second)
    assert registry.live().name == second


@pytest.mark.parametrize(
    "step", [lambda r: r.roll_back("x"), lambda r: r.prune(1), lambda r: r.end_probation("0" * 16)]
)
def test_a_mistyped_folder_is_not_made_a_registry(tmp_path: Path, step) -> None:
    with pytest.raises(InputError, match="typo: no such folder; give one that holds bundles"):
        step(Registry(tmp_path / "typo"))
    assert not (tmp_path / "typo").exists()


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    for camera in ("C1", "C2"):
        add(Registry(tmp_path / "run" / "cameras" / camera / "bundles"), tmp_path, camera=camera)
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("inside", "cameras"), [("", ["C1", "C2"]), ("cameras/C2", ["C2"]), ("cameras/C1/bundles", ["C1"])]
)
def test_registries_are_found_from_a_run_a_camera_or_themselves(run_folder: Path, inside: str, cameras) -> None:
    found = find_registries(run_folder / inside)
    assert list(found) == cameras
    assert all(found[camera].folder == run_folder / "cameras" / camera / "bundles" for camera in cameras)


def test_a_folder_without_bundles_is_said_to_be_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "typo"):
        with pytest.raises(InputError, match="no bundles here; give a run folder"):
            find_registries(folder)
