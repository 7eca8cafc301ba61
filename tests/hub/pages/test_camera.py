"""The page of a camera, and its pictures."""

import hashlib
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.offers import offers_of
from lotwise.hub.database.tables import FrameRow
from tests.hub.pages.cast import LIVE, NORTH, OFFERED, REFUSED, SOUTH, add_picture
from tests.hub.pages.conftest import Pages
from tests.hub.signed_client import jpeg_of

C1, ROOF = f"/cameras/{NORTH}/C1", f"/cameras/{NORTH}/roof%20east"
FIRST = hashlib.sha256(jpeg_of(0, 320, 240)).hexdigest()
"""The newest frame of north's C1."""


def test_all_that_is_known_is_there(pages: Pages) -> None:
    text = pages.visitor("vera").get(C1).text
    for word in (
        "accuracy 0.987, between 0.967 and 0.997", LIVE, REFUSED, "refused by the node", "worse by 0.08 on 40 frames",
        "Frames that it learns from next: 2", "Frames that it has learned from: 2", "new light",
        "6 new frames; the node&#39;s verdict is watch", f"bundle {LIVE}, how live",
        "Share of occupied places",
    ):  # fmt: skip
        assert word in text, word
    assert text.count("<polygon") == 5
    assert f'src="{C1}/frames/{FIRST}.jpg?width=1280"' in text
    assert "/do?" not in text, "a viewer decides nothing"


def test_reasons_of_a_verdict_are_told(pages: Pages) -> None:
    text = pages.visitor("vera").get(ROOF).text
    assert "many faint boxes<br>night" in text and OFFERED in text
    assert "The hub has no frame of this camera" in text


def test_a_camera_says_why_no_place_is_known(pages: Pages) -> None:
    vera, unknown = pages.visitor("vera"), "All are unknown until the camera&#39;s first student is live"
    assert "Colours are how the places are now" in vera.get(C1).text and unknown not in vera.get(C1).text
    with pages.hub.database.writing() as session:
        find_camera(session, NORTH, "C1").live = ""
    assert unknown in vera.get(C1).text
    with pages.hub.database.writing() as session:
        find_camera(session, NORTH, "C1").card = {"slots": []}
    text = vera.get(C1).text
    assert "No places are drawn for this camera yet" in text and "Colours are" not in text
    with pages.hub.database.writing() as session:
        find_camera(session, NORTH, "C1").card = None
    assert "The node has not told the camera&#39;s places yet" in vera.get(C1).text


def test_an_untouched_nano_is_called_so(pages: Pages) -> None:
    with pages.hub.database.writing() as session:
        for row in offers_of(session, NORTH, "C1"):
            row.role = "baseline"
    text = pages.visitor("vera").get(C1).text
    assert text.count("<td>untouched nano</td>") == 2 and "<td>baseline</td>" not in text


def test_an_operator_has_the_buttons_that_make_sense(pages: Pages) -> None:
    otto = pages.visitor("otto")
    first, second = otto.get(C1).text, otto.get(ROOF).text
    buttons = {name: f"/do?action={name}&amp;target=" for name in ("retrain", "no_retrain", "withdraw", "cancel")}
    assert [name for name, link in buttons.items() if link in first] == ["retrain", "cancel"]
    assert [name for name, link in buttons.items() if link in second] == ["retrain", "withdraw"]


def test_a_picture_is_made_smaller_and_kept_for_this_user_alone(pages: Pages) -> None:
    vera = pages.visitor("vera")
    wide = np.full((900, 1600, 3), 90, np.uint8)
    jpeg = bytes(cv2.imencode(".jpg", wide)[1].tobytes())
    digest = add_picture(pages.hub, NORTH, "C1", jpeg, datetime.now(UTC))
    small, large = (vera.get(f"{C1}/frames/{digest}.jpg?width={width}") for width in (320, 1280))
    shapes = [cv2.imdecode(np.frombuffer(one.content, np.uint8), cv2.IMREAD_COLOR).shape for one in (small, large)]
    assert shapes == [(180, 320, 3), (720, 1280, 3)]
    assert small.headers["cache-control"].startswith("private") and small.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    "path",
    [
        f"{C1}/frames/{FIRST}.jpg?width=99999",
        f"{C1}/frames/{'0' * 64}.jpg",
        f"{C1}/frames/..%2f..%2f..%2f..%2fhub.pem.jpg",
        f"{C1}/frames/../../../../hub.pem",
        f"/cameras/{SOUTH}/C1/frames/{FIRST}.jpg",  # of another camera
        f"/cameras/..%2f..%2f{NORTH}/C1",
        f"/cameras/{NORTH[:12]}/C1",  # not its whole fingerprint
        f"/cameras/{NORTH}/C9",
        "/cameras/north/C1",  # a name, which any node can take
    ],
)
def test_no_address_leads_to_anything_else(pages: Pages, path: str) -> None:
    answer = pages.visitor("anna").get(path)
    assert answer.status == 404 and "That did not work" in answer.text


def test_a_picture_that_is_gone_is_told(pages: Pages) -> None:
    pages.hub.folders.frame(NORTH, "C1", FIRST).unlink()
    assert pages.visitor("vera").get(f"{C1}/frames/{FIRST}.jpg").status == 404


def test_frames_whose_pictures_were_removed_are_counted_and_not_shown(pages: Pages) -> None:
    with pages.hub.database.writing() as session:
        for row in session.query(FrameRow).all():
            row.bytes = 0
    text = pages.visitor("vera").get(C1).text
    assert "Frames that it learns from next: 2" in text and "2 more are not shown" in text and "/frames/" not in text
