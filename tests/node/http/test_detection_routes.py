"""Detection for neighbours over a real connection: who may ask, and what is refused how."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import load_detector
from lotwise.node.serving.detectors import ServedDetectors
from lotwise.node.serving.messages import MAX_FRAME_BYTES, Card, detection_path, frame_bytes, read_boxes
from lotwise.node.serving.serving import Serving
from tests.cameras.bundles import CARS, write_constant_bundle
from tests.node.http.asking import Reply, ask, served
from tests.node.nodes import FakeNode

OWN, GUEST, OTHER_GUEST = "the node's own token 1", "a neighbour's token 12", "another neighbour 1234"
FRAME = frame_bytes(np.full((64, 64, 3), 90, np.uint8), 90)
PATH = detection_path("C1")


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    detectors = ServedDetectors({"C1": write_constant_bundle(tmp_path / "bundle")}, load_detector, 1)
    return Serving(detectors, (GUEST, OTHER_GUEST), max_in_flight=1)


@pytest.fixture
def url(serving: Serving, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "own").write_text(OWN)
    with served(FakeNode(), tmp_path, serving=serving, token={"file": "own"}) as address:
        yield address


def asked(url: str, token: str = GUEST, method: str = "GET", body: bytes | None = None, **headers: str) -> Reply:
    named = {"Authorization": f"Bearer {token}"} | {f"Lotwise-{name}": value for name, value in headers.items()}
    return ask(url + PATH, named, method, body=body)


def posted(url: str, frame: bytes = FRAME, bundle: str = "", token: str = GUEST) -> Reply:
    identity = bundle or Card.model_validate_json(asked(url).body).manifest.identity
    return asked(url, token, "POST", frame, Bundle=identity)


def test_a_neighbour_gets_the_bundle_and_then_boxes(url: str, serving: Serving) -> None:
    identity = Card.model_validate_json(asked(url, OTHER_GUEST).body).manifest.identity
    reply = posted(url)
    assert (reply.status, reply.headers["Lotwise-Bundle"]) == (200, identity)
    assert read_boxes(reply.body)[0].tolist() == CARS
    assert serving.metrics()["lotwise_served_frames_total"] == 1


def test_each_token_opens_what_it_is_for_and_nothing_else(url: str) -> None:
    assert asked(url, OWN).status == asked(url, "").status == asked(url, "a wrong token 12345").status == 401
    assert posted(url, bundle="x", token=OWN).status == 401
    for path in ("/", "/api/v1/state", "/metrics", "/api/v1/cameras/C1", "/openapi.json"):
        assert ask(url + path, {"Authorization": f"Bearer {GUEST}"}).status == 401
        assert ask(url + path, {"Authorization": f"Bearer {OWN}"}).status == 200
    # Nor does a path that only looks like one of theirs.
    assert ask(f"{url}/api/v1/detection/../state", {"Authorization": f"Bearer {GUEST}"}).status in (401, 404)


def test_without_a_token_of_the_node_they_are_asked_for_theirs_all_the_same(serving: Serving) -> None:
    with served(FakeNode(), serving=serving) as url:
        assert ask(url + "/api/v1/state").status == 200
        assert ask(url + PATH).status == 401
        assert asked(url).status == 200


def test_a_node_that_serves_nobody_has_no_such_path() -> None:
    with served(FakeNode()) as url:
        assert asked(url).status == 404


@pytest.mark.parametrize(
    ("frame", "bundle", "status", "line"),
    [
        (b"x" * (MAX_FRAME_BYTES + 1), "0", 413, "more than 4194304 bytes"),
        (FRAME, "0" * 16, 409, "camera C1 is read by bundle"),
        (b"no picture", "", 422, "expected a JPEG of 64x64 pixels"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(
    url: str, frame: bytes, bundle: str, status: int, line: str
) -> None:
    reply = posted(url, frame, bundle)
    assert reply.status == status
    assert line in reply.json["error"] and "\n" not in reply.json["error"]


def test_one_frame_too_many_is_refused_at_once_and_the_others_are_read(
    url: str, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Card.model_validate_json(asked(url).body).manifest.identity
    begun, go_on = threading.Event(), threading.Event()
    read = serving.detectors.read

    def slow(*given: object) -> bytes:
        begun.set()
        assert go_on.wait(60)
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(serving.detectors, "read", slow)
    replies: list[Reply] = []
    first = threading.Thread(target=lambda: replies.append(posted(url, bundle=identity)))
    first.start()
    assert begun.wait(60)
    refused = posted(url, bundle=identity)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert "no more may be" in refused.json["error"]
    assert ask(url + "/healthz").status == 200
    go_on.set()
    first.join(60)
    assert [reply.status for reply in replies] == [200]
    assert serving.metrics()["lotwise_served_frames_refused_total"] == 1
    assert posted(url, bundle=identity).status == 200


def test_a_bundle_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    gone = Serving(ServedDetectors({"C1": tmp_path / "gone"}, load_detector, 1), (GUEST,), 1)
    with served(FakeNode(), serving=gone) as url:
        reply = asked(url)
        assert reply.status == 500 and "its bundle cannot be run" in reply.json["error"]
