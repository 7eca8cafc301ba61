"""Messages between node and hub: what is signed, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.node.hub.messages import CameraCard, Enrol, Offer, OfferedFile, offer_text

FILES = (
    OfferedFile(name="model.onnx", bytes=7, sha256="a" * 64),
    OfferedFile(name="manifest.json", bytes=3, sha256="b" * 64),
)


def offer(files: tuple[OfferedFile, ...] = FILES) -> Offer:
    return Offer(camera="C1", identity="0" * 16, role="student", how="shadow", files=files, signature="A" * 86)


def test_what_is_signed_does_not_depend_on_the_order_of_files() -> None:
    assert offer().signed_text == offer(FILES[::-1]).signed_text


def test_what_is_signed_changes_with_each_part() -> None:
    texts = {
        offer().signed_text,
        offer_text("C2", "0" * 16, "student", "shadow", FILES),
        offer_text("C1", "1" * 16, "student", "shadow", FILES),
        offer_text("C1", "0" * 16, "baseline", "shadow", FILES),
        offer_text("C1", "0" * 16, "student", "live", FILES),
        offer_text("C1", "0" * 16, "student", "shadow", FILES[:1]),
    }
    assert len(texts) == 6


def test_a_card_is_known_by_its_content() -> None:
    one = CameraCard(slots=(SlotShape(id="1", polygon=((0.0, 0.0), (0.1, 0.0), (0.1, 0.1))),))
    assert one.stamp == CameraCard.model_validate_json(one.model_dump_json()).stamp
    assert one.stamp != CameraCard().stamp


@pytest.mark.parametrize(
    "name", ["../model.onnx", "a/b", ".hidden", ""]
)  # a hub that was taken over must not write outside the bundle's folder
def test_a_file_of_a_bundle_stays_in_its_folder(name: str) -> None:
    with pytest.raises(ValidationError):
        OfferedFile(name=name, bytes=1, sha256="a" * 64)


def test_fields_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ValidationError, match="admin"):
        Enrol.model_validate({"name": "n", "key": "A" * 43, "admin": True})
