"""What a camera is due for waits in the queue as soon as a frame or a node's word has made it due."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.hub.database.frames import frames_of, use_frames
from lotwise.hub.jobs.queue import claim, finish, jobs_of, open_job
from lotwise.node.hub.messages import CameraCard, CameraReport
from tests.hub.http.conftest import CARD, Serve, Served
from tests.hub.http.test_bundles import offered, said
from tests.hub.signed_client import SignedClient, jpeg_of

SMALL = "learning: {first_frames: 3, new_frames: 3}\n"


def waiting(served: Served, node: SignedClient) -> str:
    """Kind of the camera's open job, and why it is to be done."""
    with served.hub.database.reading() as session:
        job = open_job(session, node.fingerprint, "C1")
        return "" if job is None else f"{job.kind}: {job.why}"


def test_the_frame_that_was_missing_brings_the_first_job(serve: Serve) -> None:
    served = serve(SMALL)
    north = served.accepted()
    assert north.report({"C1": CameraReport(card=CARD.stamp)}, {"C1": CARD}).status == 200
    north.send("C1", jpeg_of(1))
    north.send("C1", jpeg_of(2))
    assert (waiting(served, north), served.told) == ("", [])
    assert north.send("C1", jpeg_of(3)).body == {"new": True}
    assert waiting(served, north) == "adapt: 3 frames and no student yet"
    north.send("C1", jpeg_of(4))
    assert served.told == ["job"], "it waits already"


def test_a_card_that_comes_after_the_frames_brings_it_too(serve: Serve) -> None:
    served = serve(SMALL)
    north = served.accepted()
    for seed in range(3):
        north.send("C1", jpeg_of(seed))
    assert waiting(served, north) == ""
    north.report({"C1": CameraReport(card=CARD.stamp)}, {"C1": CARD})
    assert waiting(served, north).startswith("adapt: ")
    assert served.told == ["job"]


def test_a_verdict_brings_a_retraining_once_the_node_has_decided(serve: Serve, tmp_path: Path) -> None:
    served = serve(SMALL)
    north = served.accepted()
    north.report({"C1": CameraReport(card=CARD.stamp)}, {"C1": CARD})
    north.send("C1", jpeg_of(1))
    with served.hub.database.writing() as session:
        use_frames(
            session, north.fingerprint, "C1", [row.sha256 for row in frames_of(session, north.fingerprint, "C1")]
        )
    first = offered(served, north, tmp_path)
    for seed in range(2, 5):
        north.send("C1", jpeg_of(seed))
    north.report({"C1": said(verdict="retrain")})
    assert waiting(served, north) == "", "the node has yet to decide"
    north.report({"C1": said(live=first, verdict="retrain")})
    assert waiting(served, north) == "retrain: 3 new frames; the node's verdict is retrain"
    assert served.told == ["job"]


def test_a_frame_is_wanted_an_hour_after_a_first_job_has_failed(serve: Serve) -> None:
    served = serve(SMALL)
    north = served.accepted()
    north.report({"C1": CameraReport(card=CARD.stamp)}, {"C1": CARD})
    for seed in range(3):
        north.send("C1", jpeg_of(seed))
    ends(served, timedelta(minutes=50), "failed")
    assert north.report({"C1": said()}).body["frames"] == {}
    with served.hub.database.writing() as session:
        for job in jobs_of(session):
            job.changed -= timedelta(minutes=11)
    assert north.report({"C1": said()}).body["frames"] == {"C1": 1}
    north.send("C1", jpeg_of(3))
    assert waiting(served, north) == "adapt: 4 frames and no student yet"
    assert north.report({"C1": said()}).body["frames"] == {}


@pytest.mark.parametrize(("state", "word"), [("failed", ""), ("done", "asks for slots")])
def test_another_drawing_brings_what_was_in_vain_at_once(serve: Serve, state: str, word: str) -> None:
    served = serve(SMALL)
    north = served.accepted()
    north.report({"C1": CameraReport(card=CARD.stamp)}, {"C1": CARD})
    for seed in range(3):
        north.send("C1", jpeg_of(seed))
    ends(served, timedelta(0), state, word)
    north.report({"C1": said()}, {"C1": CARD})
    assert waiting(served, north) == "", "the same card once more"
    drawn = CameraCard(ignored=((0.1, 0.1, 0.2, 0.2),))
    north.report({"C1": CameraReport(card=drawn.stamp)}, {"C1": drawn})
    assert waiting(served, north).startswith("adapt: ")


def ends(served: Served, ago: timedelta, state: str, word: str = "") -> None:
    """The job that waits was taken just now, and ended so long ago."""
    with served.hub.database.writing() as session:
        job = claim(session, "one")
        assert job is not None
        result = {"word": word} if word else None
        finish(session, job.id, "one", state, result, now=datetime.now(UTC) - ago)  # type: ignore[arg-type]
