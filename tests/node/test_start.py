"""What a node needs to start: its state folder for itself, and all its parts; a failed start leaves nothing behind."""

import os
import threading
import time
from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.use import in_use
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.start import Service, open_service
from tests.cameras.bundles import write_constant_bundle
from tests.node.mqtt.brokers import until
from tests.node.sites import LOT, states, write_site


def opened(path: Path, cameras: tuple[str, ...] | None = None) -> Service:
    return open_service(read_site(path), path, cameras)


def test_a_service_runs_and_ends(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    service = opened(site)
    assert "lotwise_first_detection_timestamp_seconds" not in service.node.metrics()
    began = time.time()
    service.start()
    assert service.node.wait(60)
    service.close()
    assert began <= service.node.metrics()["lotwise_first_detection_timestamp_seconds"] <= time.time()
    assert states(site, "C2") == LOT
    assert (tmp_path / "state" / "heartbeat").exists()
    assert service.node.metrics()["lotwise_journal_writable"] == 1


def test_the_state_folder_is_for_one_node_at_a_time(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    service = opened(site)
    with pytest.raises(InputError, match=rf"state: a node runs here already \(process {os.getpid()}\); stop that, or"):
        opened(site)
    service.close()
    opened(site).close()


def test_a_registry_is_marked_as_in_use_while_the_node_is_open(tmp_path: Path) -> None:
    site, registry = write_site(tmp_path, cameras=1), Registry(tmp_path / "registry")
    registry.promote(registry.add(write_constant_bundle(tmp_path / "new")))
    site.write_text(site.read_text().replace("bundles: bundle", "bundles: registry"))
    service = opened(site)
    assert in_use(registry.folder)
    service.close()
    assert not in_use(registry.folder)


def test_the_heartbeat_makes_no_file_that_a_link_points_to(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    service = opened(site)
    (tmp_path / "state" / "heartbeat").symlink_to(tmp_path / "elsewhere")
    service.heartbeat()
    service.close()
    assert not (tmp_path / "elsewhere").exists()


def test_what_was_opened_is_closed_where_a_later_part_fails(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    whole = site.read_text()
    site.write_text(whole.replace("frames2", "nowhere"))
    before = set(threading.enumerate())
    with pytest.raises(InputError, match="nowhere: no such folder"):
        opened(site)
    until(lambda: before.issuperset(threading.enumerate()), "no thread is left behind")
    site.write_text(whole)
    opened(site).close()
    journal = Journal(tmp_path / "state" / "history.sqlite")
    assert journal.last == 0  # nothing ran, so nothing was stopped
    journal.close()


def test_a_camera_whose_bundle_is_harmed_is_unknown_while_the_others_run(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    (tmp_path / "harmed").mkdir()
    for file in (tmp_path / "bundle").iterdir():
        (tmp_path / "harmed" / file.name).write_bytes(file.read_bytes() + b" " * (file.suffix == ".onnx"))
    site.write_text(site.read_text().replace("bundles: bundle", "bundles: harmed", 1))
    service = opened(site)
    service.start()
    assert service.node.wait(60)
    now = service.node.now()
    service.close()
    assert {name: slot.state for name, slot in now.cameras["C2"].slots.items()} == LOT
    assert now.cameras["C1"].bundle == ""
    assert now.cameras["C1"].looked == 4
    why = [event.details["why"] for event in journal_events(tmp_path) if event.subject == "bundle"]
    assert len(why) == 1 and "changed since it was exported" in str(why[0])


def test_a_camera_tells_why_the_int8_model_of_its_bundle_was_refused(tmp_path: Path) -> None:
    site = write_site(tmp_path, cameras=1)
    write_constant_bundle(tmp_path / "bundle", measured={"int8": {"refused": "F1 0.870 is below 0.98"}})
    service = opened(site)
    service.start()
    assert service.node.wait(60)
    now = service.node.now()
    service.close()
    assert now.cameras["C1"].int8_refused == "F1 0.870 is below 0.98"


def test_a_camera_whose_kept_view_is_broken_is_unknown_while_the_others_run(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    kept = tmp_path / "state" / "views" / "C1.npz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"half a file")
    service = opened(site)
    service.start()
    assert service.node.wait(60)
    now = service.node.now()
    service.close()
    broken, whole = now.cameras["C1"], now.cameras["C2"]
    assert (broken.view.verdict, broken.looked, broken.detected, broken.untrusted) == ("unverified", 4, 0, 4)
    assert {(slot.state, slot.why) for slot in broken.slots.values()} == {("unknown", "unverified")}
    assert set(broken.slots) == set(LOT)
    assert whole.view.verdict == "good"
    assert {name: slot.state for name, slot in whole.slots.items()} == LOT
    assert kept.with_name("C1.npz.broken").read_bytes() == b"half a file"  # for whoever wants to know


def journal_events(folder: Path):
    journal = Journal(folder / "state" / "history.sqlite")
    try:
        return journal.events(EventQuery())
    finally:
        journal.close()


def test_states_are_known_to_have_held_until_the_node_was_last_alive(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    for _ in range(2):
        service = opened(site)
        service.start()
        assert service.node.wait(60)
        service.close()
    slot_events = [event for event in journal_events(tmp_path) if event.subject == "slot"]
    assert len(slot_events) == 4  # those of the first run
    # Away for a day: what was known then is not told as if it were known now.
    long_ago = os.stat(tmp_path / "state" / "heartbeat").st_mtime - 86400
    os.utime(tmp_path / "state" / "heartbeat", (long_ago, long_ago))
    service = opened(site)
    assert {slot.state for slot in service.node.now().cameras["C1"].slots.values()} == {"unknown"}
    service.close()


def test_a_node_that_was_started_is_woken_by_its_sources(tmp_path: Path) -> None:
    """An image that is due is looked at when it comes, and not whenever the node happens to ask."""
    site = write_site(tmp_path, cameras=1, source={"pace": "own"}, schedule={"period_s": 0.3})
    service = opened(site)
    service.start()
    until(lambda: service.node.now().cameras["C1"].source.frames == 4, "all images came")
    assert service.node.wait(60)
    service.close()
