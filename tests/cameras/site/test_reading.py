"""The site file: what is wrong with it is one line with file, place and mend, and never a secret."""

import resource
import traceback
from pathlib import Path

import pytest

from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.secret import Secret
from lotwise.cameras.site.sources import FolderSettings, RtspSettings
from lotwise.datasets.errors import InputError
from tests.cameras.site.lots import GOOD

GATE = "name: lot\ncameras:\n  gate: "
RTSP = "name: lot\ncameras:\n  gate:\n    source:\n      kind: rtsp\n      url: rtsp://h/s\n      "
MQTT = GATE + "{source: a}\npublish:\n  mqtt:\n    host: h\n    "


def refused(folder: Path, text: str) -> InputError:
    path = folder / "site.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as refusal:
        read_site(path)
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)
    return refusal.value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        # the file
        ("", ": the file: is empty; give it a name and cameras"),
        ("# a comment\n", ": the file: is empty"),
        ("- a", ": the file: expected a mapping with name, cameras"),
        ("gate", ": the file: expected a mapping"),
        ("name: \udcff", ": not YAML (not UTF-8 text); save it as UTF-8"),
        ("a: [", ":1:5: not YAML ("),
        (GATE + "{source: x, slots: [}", ":3:29: not YAML ("),
        ("name: lot\ncameras:\n\tgate: {source: x}", ":3:1: not YAML (a tab); indent with spaces"),
        ("name: my: lot", ":1:9: not YAML (a colon where none may be); put a text"),
        ("name: *lot", ":1:7: not YAML (a word starts with *, & or !); put it into quotes"),
        ("name: %lot", ":1:7: not YAML (a word may not start so); put it into quotes"),
        ("name: 2026-13-45", ": not YAML (a word that cannot be understood)"),
        # keys
        (GATE + "{sorce: x}", ":3: cameras.gate.sorce: unknown key; did you mean source?"),
        (GATE + "{source: x, slot: y}", ":3: cameras.gate.slot: unknown key; did you mean slots?"),
        (GATE + "{source: x}\nzzz: 1", ":4: zzz: unknown key; known are name, cameras, schedule"),
        (GATE + "{source: x, name: y}", "cameras.gate.name: unknown key; known are source, slots"),  # of this level
        (RTSP + "urll: y", ":7: cameras.gate.source.urll: unknown key; did you mean url?"),
        (RTSP + "path: y", "cameras.gate.source.path: unknown key; known are stale_s"),
        (RTSP + "backoff: {frist_s: 1}", "cameras.gate.source.backoff.frist_s: unknown key; did you mean first_s?"),
        (GATE + "{source: x}\nschedule: {period: 1}", "schedule.period: unknown key; did you mean period_s?"),
        (MQTT + "pasword: {env: A}", ":7: publish.mqtt.pasword: unknown key; did you mean password?"),
        (
            GATE + "{source: x, change_detection: {enable: no}}",
            "cameras.gate.change_detection.enable: unknown key; did you mean enabled?",
        ),
        (GOOD + "  gate: {source: x}", ":6: cameras.gate: is there twice (first in line 4); rename or remove one"),
        (GATE + "{source: x}\nname: y", ":4: name: is there twice (first in line 1)"),
        (RTSP + "url: rtsp://h/t", "cameras.gate.source.url: is there twice"),
        # what is missing
        ("name: lot", ": cameras: field required (Cameras of the site by id); add it"),
        ("name: lot\ncameras: {}", ":2: cameras: expected at least one entry"),
        (GATE, ":3: cameras.gate: expected a mapping with source, slots"),
        (GATE + "{slots: x}", "cameras.gate.source: field required (Where the camera's frames come from"),
        (GATE + "{source: {kind: rtsp}}", "cameras.gate.source.url: field required (Address of the stream"),
        # wrong kinds
        ("name: 5\ncameras: {a: {source: x}}", ":1: name: expected a text; put it into quotes"),
        ("name: l\ncameras: {1: {source: x}}", ":2: cameras.1: a key is a text here; put it into quotes"),
        (GATE + "frames", "cameras.gate: expected a mapping with source"),
        (
            GATE + "{source: [x]}",
            "cameras.gate.source: is a list; a camera has one source: give further folders",
        ),
        (GATE + "{source: {stale_s: 3}}", "cameras.gate.source: expected a folder, file or URL, or a mapping"),
        (GATE + "{source: ''}", "cameras.gate.source: is empty; give a folder"),
        (GATE + "{source: x, slots: 5}", "cameras.gate.slots: expected a path as text"),
        (GATE + "{source: x, every_s: two}", "cameras.gate.every_s: expected a number"),
        (GATE + "{source: x}\nchange_detection: off", ":4: change_detection: expected a mapping with enabled"),
        (GATE + "{source: x}\ndetector: {workers: 1.5}", "detector.workers: expected a whole number"),
        (GATE + "{source: x}\nview: {enabled: maybe}", "view.enabled: expected true or false"),
        # out of range, or not one of these
        (
            GOOD.replace("roof:", "../roof:"),
            "cameras.../roof: must match pattern '^[^./\\\\][^/\\\\]*$' (Id of a camera, which also names its folder,",
        ),
        (GATE + "{source: x, every_s: 0}", "cameras.gate.every_s: expected a number greater than 0"),
        (GATE + "{source: x}\ndetector: {workers: 65}", "detector.workers: expected a number less than or equal to 64"),
        (GATE + "{source: x}\ndetector: {backend: onnx}", "detector.backend: expected 'auto', 'openvino' or"),
        (
            GATE + "{source: {kind: rtps, url: 'rtsp://h'}}",
            "cameras.gate.source.kind: no such kind; did you mean rtsp?",
        ),
        (GATE + "{source: ftp://h/x}", "cameras.gate.source: no such scheme; give rtsp://"),
        (GATE + "{source: 'rtsp:/h/x'}", "cameras.gate.source: a URL starts with rtsp://"),
        (GATE + "{source: x}\nschedule: {hours: [6-22]}", "schedule.hours: '6-22': expected \"HH:MM-HH:MM\""),
        (GATE + "{source: x}\nschedule: {hours: 06:00-22:00}", "schedule.hours: expected a list; write [a, b]"),
        (GATE + "{source: x}\nschedule: {timezone: Europe/Rom}", "no such time zone; did you mean Europe/Rome?"),
        (
            GATE + "{source: x}\npublish: {api: {host: 0.0.0.0}}",
            "publish.api: host 0.0.0.0 can be reached from outside",
        ),
        # secrets
        (RTSP + "password: {env: A, file: b}", "source.password: a secret is kept in exactly one place; give {env"),
        (RTSP + "password: {env: A-B}", "source.password.env: must match pattern"),
        (
            RTSP + "password: hunter2",
            ":7: cameras.gate.source.password: a secret is not written into the site file; give",
        ),
        (GATE + "{source: rtsp://a:hunter2@h/s}", "source.url: a URL here carries no user:password@; give `username`"),
    ],
)
def test_a_broken_site_file_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    assert why in str(refused(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        RTSP + "password: hunter2",
        RTSP + "password: {hunter2}",
        RTSP + "password: {env: hunter2!}",
        RTSP + "password: {file: [hunter2]}",
        RTSP + "password: {env: A, hunter2: b}",
        RTSP + "password: [hunter2]",
        RTSP + "password: *hunter2",  # an alias in YAML
        RTSP + "password: !hunter2",  # a tag
        RTSP + "password: !hunter2 x",
        RTSP + "password: !!int hunter2",
        RTSP + "password: 'hunter2",
        RTSP + 'password: "\\hunter2"',
        RTSP + "password: hunter2: x",
        RTSP + "password: @hunter2",
        RTSP + "password: hunter2\n      password: hunter2",
        RTSP + "username: {hunter2: x}",
        RTSP + "username: [hunter2]",
        RTSP + "pass: hunter2",
        MQTT + "password: hunter2",
        GATE + "{source: x}\npublish: {mqtt: {host: h, password:hunter2}}",  # the space is missing
        GATE + "{source: x}\npublish: {mqtt: {host: h, password hunter2}}",
        GATE + "{source: x}\npublish: {api: {token: hunter2}}",
        GATE + "{source: x}\npublish: {api: {token: {env: A, file: hunter2}}}",
        GATE + "rtsp://admin:hunter2@h/s",
        GATE + "{source: 'rtsp://admin:hunter2@h/s'}",
        GATE + "{source: 'rtsp://admin:hun ter@hunter2@h/s'}",
        GATE + "{source: {url: 'rtsp://admin:hunter2@h/s'}}",
        GATE + "{source: {kind: mjpeg, url: 'rtsp://admin:hunter2@h/s'}}",
        GATE + "{source: {kind: rtsp, urll: 'rtsp://admin:hunter2@h/s'}}",
        GATE + "{source: 'ftp://admin:hunter2@h/s'}",
        GATE + "{source: 'rtsp:/admin:hunter2@h/s'}",
        GATE + "{source: 'admin:hunter2@h/s'}",
        GATE + "{source: 'rtsp://admin:hunter2'}",
        GATE + "{source: 'http://h/now.jpg?user=a&pwd=hunter2'}",
        GATE + "{source: x, slots: ['http://a:hunter2@h/']}",
        GATE + "{'source: rtsp://admin:hunter2@h/s'}",
    ],
)
def test_no_message_repeats_a_secret(tmp_path: Path, text: str) -> None:
    error = refused(tmp_path, text)
    # A log shows an error with its causes.
    assert "hunter2" not in "".join(traceback.format_exception(error))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml: cannot be read .No such file.*; give a site file"):
        read_site(tmp_path / "nowhere.yaml")


def test_paths_are_relative_to_the_file_at_any_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lot").mkdir()
    (tmp_path / "lot" / "site.yaml").write_text(
        "name: lot\nrun: runs/lot\n"
        "publish: {api: {token: {file: token}}, mqtt: {host: h, username: u, password: {file: /etc/mqtt}}}\n"
        "cameras:\n  gate: {source: frames, slots: gate.json, bundles: b}\n"
        "  roof: {source: {url: rtsp://h/s, username: u, password: {file: keys/roof}}}\n"
    )
    monkeypatch.chdir(tmp_path)
    site = read_site(Path("lot/site.yaml"))
    base = tmp_path / "lot"
    gate, roof = site.cameras["gate"], site.cameras["roof"]
    assert isinstance(gate.source, FolderSettings)
    assert isinstance(roof.source, RtspSettings)
    assert (gate.source.path, gate.slots, gate.bundles) == (base / "frames", base / "gate.json", base / "b")
    assert (site.run, site.state) == (base / "runs/lot", base / "state")
    assert roof.source.password == Secret(file=base / "keys/roof")
    assert site.publish.api.token == Secret(file=base / "token")
    assert site.publish.mqtt is not None
    assert site.publish.mqtt.password == Secret(file=Path("/etc/mqtt"))


def test_anchors_and_merges_of_yaml_work(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "name: lot\ncameras:\n  a: &one {source: x, every_s: 5}\n  b: {<<: *one, source: y}\n"
    )
    site = read_site(tmp_path / "site.yaml")
    assert site.cameras["b"].every_s == 5


BOMBS = {
    "lists": "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)),
    "mappings": "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}\n" for n in range(1, 40)),
    "merges": "a0: &a0 {a: 1, b: 2, c: 3}\n"
    + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9)),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_aliases_that_grow_without_end_are_refused_before_they_take_memory(tmp_path: Path, kind: str) -> None:
    (tmp_path / "site.yaml").write_text(BOMBS[kind] + "name: lot\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=r"its aliases \(\*name\) repeat more than 100000 entries"):
        read_site(tmp_path / "site.yaml")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_aliases_that_save_typing_are_read(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "name: lot\ncameras:\n  gate: {source: gate, view: &usual {frozen_s: 60, max_shift: 0.02}}\n"
        "  roof: {source: roof, view: {<<: *usual, max_shift: 0.03}}\n"
    )
    roof = read_site(tmp_path / "site.yaml").settings_of("roof")
    assert (roof.view.frozen_s, roof.view.max_shift) == (60, 0.03)
