"""What a node is offered it can fetch, in parts and by itself alone; what it says of it is noted."""

import hashlib
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import MANIFEST, MODEL
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.audit import audit_log
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.offers import offer_of
from lotwise.hub.learning.offering import offer_back, offer_bundle
from lotwise.node.hub.messages import CameraReport, Offer
from lotwise.node.hub.signing import check_signature
from tests.cameras.bundles import add
from tests.hub.http.conftest import CARD, Serve, Served
from tests.hub.signed_client import SignedClient


def offered(served: Served, north: SignedClient, aside: Path, score: float = 0.9) -> str:
    """A bundle of the hub's own registry that is offered to a node; its identity."""
    registry = bundle_registry(served.hub.folders, north.fingerprint, "C1")
    identity = add(registry, aside, score)
    with served.hub.database.writing() as session:
        row = find_camera(session, north.fingerprint, "C1")
        assert offer_bundle(session, served.hub.keys, row, registry.folder / identity, "it agrees better") is not None
    return identity


def said(**bundles: object) -> CameraReport:
    return CameraReport.model_validate({"card": CARD.stamp, **bundles})


def state(served: Served, north: SignedClient, identity: str) -> str:
    with served.hub.database.reading() as session:
        found = offer_of(session, north.fingerprint, "C1", identity)
        return "" if found is None else found.state


def test_an_offer_is_told_with_the_report_and_fetched_in_parts(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    north = served.accepted()
    identity = offered(served, north, tmp_path)
    (told,) = north.report({"C1": said()}).body["offers"]
    offer = Offer.model_validate(told)
    assert (offer.identity, offer.how) == (identity, "live")
    assert check_signature(served.hub.keys.public, offer.signed_text, offer.signature)
    for file in offer.files:
        path = f"/v1/bundles/{identity}/{file.name}"
        half = file.bytes // 2
        first = north.ask("GET", path, headers={"Range": f"bytes=0-{half - 1}"})
        rest = north.ask("GET", path, headers={"Range": f"bytes={half}-"})
        assert (first.status, rest.status) == (206, 206)
        assert hashlib.sha256(first.content + rest.content).hexdigest() == file.sha256
    assert state(served, north, identity) == "fetched"


def test_only_offered_files_of_this_node_are_given(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    north, south = served.accepted("north"), served.accepted("south")
    identity = offered(served, north, tmp_path)
    assert north.ask("GET", f"/v1/bundles/{identity}/{MANIFEST}").status == 200
    cases = [
        (south, f"{identity}/{MANIFEST}", 404),
        (north, f"{identity}/hub.pem", 404),
        (north, f"{identity}/..%2F..%2F..%2Fhub.pem", 404),
        (north, f"{'0' * 16}/{MANIFEST}", 404),
        (SignedClient(served.port), f"{identity}/{MANIFEST}", 401),
    ]
    for client, path, status in cases:
        assert client.ask("GET", f"/v1/bundles/{path}").status == status, path


def test_the_node_s_word_on_an_offer_is_noted_and_told_on(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    north = served.accepted()
    first = offered(served, north, tmp_path)
    assert north.report({"C1": said(live=first)}).body["offers"] == []
    assert state(served, north, first) == "live"
    second = offered(served, north, tmp_path, 0.7)
    (told,) = north.report({"C1": said(live=first)}).body["offers"]
    assert told["how"] == "shadow"
    assert [one["identity"] for one in north.report({"C1": said(live=first, shadow=second)}).body["offers"]] == [second]
    assert state(served, north, second) == "shadow"
    ghosts = said(live=first, refused={second: "it sees ghosts"})
    assert north.report({"C1": ghosts}).body["offers"] == []
    assert state(served, north, second) == "refused"
    with served.hub.database.reading() as session:
        newest = audit_log(session)[0]
        assert (newest.action, newest.details["why"]) == ("refused", "it sees ghosts")
    north.report({"C1": ghosts})
    with served.hub.database.reading() as session:
        assert audit_log(session)[0].id == newest.id, "nothing is new"


def test_a_node_that_is_to_go_back_is_told_until_it_has(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    north = served.accepted()
    first = offered(served, north, tmp_path)
    north.report({"C1": said(live=first)})
    second = offered(served, north, tmp_path, 0.7)
    north.report({"C1": said(live=first, shadow=second)})
    folder = bundle_registry(served.hub.folders, north.fingerprint, "C1").folder / first
    with served.hub.database.writing() as session:
        offer_back(session, served.hub.keys, find_camera(session, north.fingerprint, "C1"), folder, "it is undone")
    assert state(served, north, second) == "withdrawn"
    # The old one is live all the time: what counts is that nothing runs beside it any more.
    (told,) = north.report({"C1": said(live=first, shadow=second)}).body["offers"]
    assert (told["identity"], told["how"], told["why"]) == (first, "back", "it is undone")
    assert north.report({"C1": said(live=first, refused={second: "it is undone"})}).body["offers"] == []
    assert state(served, north, first) == "live"


def test_a_bundle_that_is_gone_is_withdrawn_and_told(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve()
    north = served.accepted()
    identity = offered(served, north, tmp_path)
    (bundle_registry(served.hub.folders, north.fingerprint, "C1").folder / identity / MODEL).unlink()
    assert north.ask("GET", f"/v1/bundles/{identity}/{MODEL}").status == 404
    assert "an offered bundle is not here any more" in caplog.text
    assert north.report({"C1": said()}).body["offers"] == []
