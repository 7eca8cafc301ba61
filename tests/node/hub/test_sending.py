"""Frames leave where they may, within the budget, each once, whatever the hub answers and whenever it is cut."""

from __future__ import annotations

import logging
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import cv2
import pytest

from lotwise.cameras.site.hub import HubFrames
from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.new_frames import FOLDER, NewFrames
from lotwise.node.hub.client import HubClient
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.ledger import LEDGER, Ledger, read_ledger
from lotwise.node.hub.sending import Sending
from lotwise.node.hub.signing import Keys
from lotwise.node.hub.telling import Telling
from tests.cameras.view.scenes import scene
from tests.node.hub.fake_hub import Failure, FakeHub
from tests.node.nodes import NOON

ALL = {"C1": 100, "C2": 100}


class Sender:
    """A node's side with kept frames of two cameras, some of which are new in two ways."""

    def __init__(self, folder: Path, client: HubClient) -> None:
        self.folder, self.client, self.day = folder, client, date(2026, 3, 4)
        cameras = {"C1": {"source": "x"}, "C2": {"source": "y", "privacy_masks": [[[0, 0], [0.2, 0], [0.2, 0.2]]]}}
        self.site = Site.model_validate({"name": "lot", "state": folder / "state", "cameras": cameras})
        for camera in ("C1", "C2"):
            kept = NewFrames(folder / "state" / FOLDER, camera, 10)
            for number in range(3):
                image = cv2.resize(scene(seed=number), (200, 150))
                why = ("new light", "low accuracy") if number == 1 else ("new light",)
                assert kept.offer(image, NOON + timedelta(minutes=number), why)
        self.ledger = Ledger(folder / LEDGER)

    def sending(self, **settings: object) -> Sending:
        frames = HubFrames.model_validate({"allow": True} | settings)
        telling = Telling(logging.getLogger("hub"), "hub h")
        return Sending(self.site, frames, self.client, self.ledger, telling, lambda: self.day)

    def states(self) -> list[str]:
        return [one.state for one in read_ledger(self.folder / LEDGER)]


@pytest.fixture
def sender(tmp_path: Path, client: HubClient) -> Sender:
    return Sender(tmp_path, client)


def send(sending: Sending, wanted: dict[str, int] | None = None, seconds: float = 60) -> bool:
    return sending.send(ALL if wanted is None else wanted, time.monotonic() + seconds, threading.Event())


def test_each_leaves_once_the_newest_light_first(sender: Sender, hub: FakeHub) -> None:
    sending = sender.sending()
    assert (sending.waiting("C1"), sending.waiting("C2")) == (3, 3)
    assert send(sending, {"C1": 2, "C2": 1}) is False
    told = [hub.about[digest] for digest in hub.taken]
    minutes = [(camera, taken[14:16], why) for camera, taken, why in told]
    both = "new light,low accuracy"
    assert minutes == [("C1", "01", both), ("C2", "01", both), ("C1", "02", "new light")]
    assert (sending.waiting("C1"), sending.waiting("C2")) == (1, 2)
    send(sending)
    send(sending)
    send(sender.sending())  # after a restart too
    assert len(hub.taken) == len(set(hub.taken)) == 6
    assert sender.states() == ["sent"] * 6
    entries = read_ledger(sender.folder / LEDGER)
    assert {one.frame.sha256 for one in entries} == set(hub.frames)
    assert sum(one.frame.bytes for one in entries) == sum(map(len, hub.frames.values()))


def test_nothing_leaves_that_is_not_allowed_or_asked_for(sender: Sender, hub: FakeHub) -> None:
    send(sender.sending(allow=False))
    send(sender.sending(), {})
    send(sender.sending(), {"C3": 5})
    assert hub.taken == [] and sender.sending(allow=False).waiting("C1") == 0
    send(sender.sending(cameras=["C2"]))
    assert {camera for camera, _, _ in hub.about.values()} == {"C2"}


def test_the_day_s_budget_holds_and_the_next_day_goes_on(
    sender: Sender, hub: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    size = max(path.stat().st_size for path in (sender.site.state / FOLDER / "C1").glob("*.jpg"))
    budget = 2.5 * size / 1e6
    sending = sender.sending(mb_a_day=budget)
    send(sending, {"C1": 3})
    assert len(hub.taken) == 2 and sending.bytes_left() < size
    send(sender.sending(mb_a_day=budget), {"C1": 3})
    assert len(hub.taken) == 2
    assert "MB of frames are used up; more tomorrow" in caplog.text
    sender.day += timedelta(days=1)
    send(sending, {"C1": 3})
    assert len(hub.taken) == 3


def test_a_frame_larger_than_a_day_keeps_no_other_from_leaving(sender: Sender, hub: FakeHub) -> None:
    large, *_ = sorted((sender.site.state / FOLDER / "C1").glob("*.jpg"))
    large.write_bytes(large.read_bytes()[:-2] + b"\0" * 200_000 + b"\xff\xd9")
    send(sender.sending(mb_a_day=0.15), {"C1": 3})
    assert len(hub.taken) == 2 and sorted(sender.states()) == ["failed", "sent", "sent"]


def test_what_the_hub_has_does_not_leave_again(sender: Sender, hub: FakeHub) -> None:
    send(sender.sending(), {"C1": 3})
    (sender.folder / LEDGER).rename(sender.folder / "lost")
    sender.ledger = Ledger(sender.folder / LEDGER)
    sending = sender.sending()
    send(sending, {"C1": 3})
    assert len(hub.taken) == 3 and sender.states() == ["known"] * 3
    assert sending.bytes_left() == 50_000_000


def test_an_answer_that_is_lost_costs_no_second_frame(sender: Sender, hub: FakeHub) -> None:
    hub.cut_while_taking = True
    with pytest.raises(HubFailed, match="broke off"):
        send(sender.sending(), {"C1": 1})
    assert sender.states() == ["cut"] and len(hub.taken) == 1
    send(sender.sending(), {"C1": 3})
    assert len(hub.taken) == len(set(hub.taken)) == 3
    assert sender.states() == ["sent"] * 3


@pytest.mark.parametrize(
    ("failure", "sent", "states"),
    [
        (Failure("/v1/frames/C1", 413, "too large"), 2, ["failed", "sent", "sent"]),  # never again, and the next ones
        (Failure("/v1/frames/C1", 507, "full", {"Retry-After": "60"}), 0, ["cut"]),  # none before a minute has gone
        (Failure("/v1/frames/C1", 500), 0, ["cut"]),
    ],
)
def test_what_the_hub_does_not_take(
    sender: Sender, hub: FakeHub, failure: Failure, sent: int, states: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    hub.failures.append(failure)
    sending = sender.sending()
    send(sending, {"C1": 3})
    send(sending, {"C1": 3})
    assert len(hub.taken) == sent and sender.states() == states
    assert len(caplog.messages) == 1
    assert ("takes no frame for now" in caplog.text) == (sent == 0)


@pytest.mark.parametrize("status", [401, 403])
def test_a_node_that_is_thrown_out_stops_at_once(sender: Sender, hub: FakeHub, status: int) -> None:
    hub.failures.append(Failure("/v1/frames/C1", status, "not accepted"))
    with pytest.raises(HubFailed):
        send(sender.sending(), {"C1": 3})
    assert sender.states() == ["cut"] and not hub.taken


def test_it_pauses_when_its_time_is_over_and_when_the_node_ends(sender: Sender, hub: FakeHub) -> None:
    assert send(sender.sending(), seconds=0) is True
    stop = threading.Event()
    stop.set()
    assert sender.sending().send(ALL, time.monotonic() + 60, stop) is False
    assert not hub.taken


def test_masks_are_on_what_leaves(sender: Sender, hub: FakeHub, keys: Keys) -> None:
    send(sender.sending(), {"C2": 1})
    (name,) = [one.frame.file for one in read_ledger(sender.folder / LEDGER)]
    assert hub.frames[hub.taken[0]] != (sender.site.state / FOLDER / "C2" / name).read_bytes()


def test_a_camera_s_name_is_quoted(sender: Sender, hub: FakeHub, tmp_path: Path) -> None:
    name = "gate ?#%ä"
    kept = NewFrames(tmp_path / "state" / FOLDER, name, 10)
    kept.offer(cv2.resize(scene(), (200, 150)), NOON, ("new light",))
    sender.site = Site.model_validate({"name": "lot", "state": tmp_path / "state", "cameras": {name: {"source": "x"}}})
    send(sender.sending(), {name: 1})
    assert [camera for camera, _, _ in hub.about.values()] == ["gate%20%3F%23%25%C3%A4"]
