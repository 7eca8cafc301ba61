"""What a site will run, and what would go wrong, without the network."""

import json
import re
from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import live_bundle
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.node.check import camera_slots, check_site, describe_site
from lotwise.node.site_warnings import site_warnings
from tests.cameras.bundles import add, write_constant_bundle
from tests.cameras.site.lots import SLOT
from tests.node.sites import write_site

SITE = """
name: lot
run: run
cameras:
  gate: {source: gate, slots: slots.json}
  roof: {source: {url: 'rtsp://h/s', username: u, password: {env: LOT_ROOF}}, bundles: roof-bundle}
schedule: {period_s: 2, hours: ["06:00-22:00"], timezone: Europe/Rome}
publish:
  mqtt: {host: broker, password: {file: mqtt.txt}, username: u}
"""


@pytest.fixture
def whole(lot: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site file of which nothing is missing."""
    registry = Registry(lot / "run/cameras/gate/bundles")
    registry.promote(add(registry, lot, camera="gate"))
    write_constant_bundle(lot / "roof-bundle", camera="roof")
    (lot / "mqtt.txt").write_text("hunter2\n")
    monkeypatch.setenv("LOT_ROOF", "hunter2")
    (lot / "site.yaml").write_text(SITE)
    return lot / "site.yaml"


def test_nothing_is_wrong(whole: Path) -> None:
    assert check_site(whole) == []


def test_what_will_be_run(whole: Path) -> None:
    said = describe_site(read_site(whole)).splitlines()
    assert said[0] == f"site lot: 2 cameras, state kept in {whole.parent / 'state'}"
    identity = live_bundle(read_site(whole), "gate").name
    assert said[1] == (
        f"camera gate: folder {whole.parent / 'gate'}; every 2 s, 06:00-22:00 Europe/Rome; 1 slot of slots.json; "
        f"bundle {identity} (student, 64x64)"
    )
    assert said[2].startswith("camera roof: rtsp rtsp://h/s; every 2 s, 06:00-22:00 Europe/Rome; 2 slots of its bundle")
    assert said[3:] == [
        "shared slots: none; each camera's slots are places of their own",
        "detector: backend auto, precision auto, number format auto, a worker a core",
        "mqtt: broker, topics under lotwise/",
        "api: 127.0.0.1:8770",
        "history: 90 days, at most 512 MB",
    ]
    assert "hunter2" not in "\n".join(said)
    assert "camera gate" not in describe_site(read_site(whole), ("roof",))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("source: gate", "source: cellar", "cameras.gate.source: .*cellar: no such folder; give"),
        ("source: gate", "source: cellar.mp4", r"cameras.gate.source: .*cellar\.mp4: no such video file"),
        ("source: gate", "source: /dev/video987", r"cameras.gate.source: /dev/video987: no such device"),
        ("slots.json", "absent.json", r"absent\.json: cannot be read"),
        ("slots.json", "mqtt.txt", r"mqtt\.txt: not a list of slots"),
        ("LOT_ROOF", "LOT_CELLAR", "cameras.roof.source.password: environment variable LOT_CELLAR: not set"),
        ("mqtt.txt", "absent.txt", r"publish.mqtt.password: .*absent\.txt: the secret cannot be read"),
        ("run: run\n", "", r"camera gate: no bundle; give run: .* or cameras\.gate\.bundles:"),
        ("bundles: roof-bundle", "bundles: gate", "gate: no bundle is live here"),
        (
            "host: broker",
            "host: broker, tls: true, ca_file: ca.pem",
            r"publish.mqtt.ca_file: .*ca\.pem: cannot be read; give a PEM",
        ),
        ("name: lot", "name: lot\nstate: mqtt.txt", "state: .*mqtt.txt: cannot be written"),
    ],
)
def test_each_thing_that_is_missing_is_one_line(whole: Path, old: str, new: str, why: str) -> None:
    assert old in SITE
    whole.write_text(SITE.replace(old, new, 1))
    (problem,) = check_site(whole)
    assert problem.count("\n") == 0
    assert "hunter2" not in problem
    assert re.search(why, problem), problem


def test_a_changed_bundle_is_told(whole: Path) -> None:
    model = whole.parent / "roof-bundle" / "model.onnx"
    model.write_bytes(b"x")
    (problem,) = check_site(whole)
    assert "changed since it was exported" in problem
    assert check_site(whole, ("gate",)) == []


def test_all_problems_are_told_at_once(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOT_ROOF")
    (whole.parent / "mqtt.txt").unlink()
    (whole.parent / "slots.json").unlink()
    assert len(check_site(whole)) == 3
    assert "no slots that can be read of slots.json" in describe_site(read_site(whole))


def test_a_broken_site_file_or_camera_is_refused(whole: Path) -> None:
    with pytest.raises(InputError, match="no camera cellar; it names gate, roof"):
        check_site(whole, ("cellar",))
    whole.write_text("name: lot")
    with pytest.raises(InputError, match="cameras: field required"):
        check_site(whole)


def test_slots_of_the_file_count_before_those_of_the_bundle(whole: Path) -> None:
    site = read_site(whole)
    assert [slot.id for slot in camera_slots(site, "roof")] == ["1", "2"]
    (whole.parent / "slots.json").write_text(json.dumps([SLOT | {"id": "own"}]))
    assert [slot.id for slot in camera_slots(site, "gate")] == ["own"]


def test_slots_that_were_drawn_in_the_editor_count_and_are_told(whole: Path) -> None:
    drawn = whole.parent / "state" / "slots" / "roof.json"
    drawn.parent.mkdir(parents=True)
    drawn.write_text(json.dumps([SLOT | {"id": "drawn"}]))
    site = read_site(whole)
    assert [slot.id for slot in camera_slots(site, "roof")] == ["drawn"]
    assert f"1 slot of {drawn} (drawn in the editor)" in describe_site(site)
    drawn.write_text("[{}]")
    assert any(str(drawn) in problem for problem in check_site(whole))


def test_webhooks_and_their_secrets_are_looked_at(tmp_path: Path) -> None:
    hooks = [
        {"name": "city", "url": "https://example.org/in?key=abc", "secret": {"file": "absent"}, "events": ["stay"]}
    ]
    path = write_site(tmp_path, cameras=1, publish={"webhooks": hooks})
    told = describe_site(read_site(path))
    assert "webhook city: https://example.org/in" in told and "stay events" in told and "abc" not in told
    assert [line for line in check_site(path) if "publish.webhooks.0.secret" in line and "absent" in line]


def test_a_camera_without_a_bundle_waits_for_the_hub(whole: Path) -> None:
    text = SITE.replace("run: run\n", "hub: {url: 'https://hub', ca: ca.pem, code: {file: code.txt}}\n")
    whole.write_text(text.replace(", slots: slots.json", ""))
    assert {why.removeprefix(f"{whole}: ") for why in check_site(whole)} == {
        f"hub.code: {whole.parent / 'code.txt'}: the secret cannot be read (No such file or directory); write it into "
        "this file and let the user the node runs as read it",
        f"hub.ca: {whole.parent / 'ca.pem'}: cannot be read; give a PEM file that the node's user may read",
    }
    said = describe_site(read_site(whole)).splitlines()
    assert "no slots until it has a bundle or somebody draws them" in said[1]
    assert said[1].endswith("no bundle yet; the hub is to send one")
    assert "hub: https://hub; no frame leaves, bundles are fetched" in said
    until, forbidden = site_warnings(read_site(whole), whole)[:2]
    assert until == "all slots of gate stay unknown until the hub at https://hub has sent a first bundle"
    assert forbidden.startswith("hub.frames.allow: no frame of gate may leave")
    whole.write_text(whole.read_text().replace("code:", "frames: {allow: true, mb_a_day: 5}, code:"))
    said = describe_site(read_site(whole)).splitlines()
    assert "hub: https://hub; at most 5 MB of frames a day of all cameras leave, bundles are fetched" in said
