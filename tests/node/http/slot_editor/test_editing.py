"""Every deed of the slot editor with mouse and keys, in a real browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.node.http.slot_editor.conftest import OpenPage, Served
from tests.node.http.slot_editor.fake_site import HEIGHT, WIDTH, square
from tests.node.http.slot_editor.hands import Hands

pytestmark = pytest.mark.slow

ROW = [square(str(number), 0.1 + 0.12 * number) for number in range(1, 6)]


def opened(edited: Served, open_page: OpenPage, *slots: dict[str, Any], **options: Any) -> Hands:
    if slots:
        edited.site.write(*slots)
    return Hands(open_page(edited.editor(), **options))


def middle(slot: dict[str, Any]) -> tuple[float, float]:
    xs, ys = zip(*slot["polygon"], strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def close(polygon: list[list[float]], expected: list[Any], within: float = 0.003) -> bool:
    return [c for p in polygon for c in p] == pytest.approx([c for p in expected for c in p], abs=within)


def moved(slot: dict[str, Any], dx: float, dy: float) -> list[list[float]]:
    return [[x + dx, y + dy] for x, y in slot["polygon"]]


def test_four_clicks_draw_a_slot_and_the_next_is_numbered_on(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, square("B07", 0.7))
    hands.tool("slot")
    corners = [(0.1, 0.1), (0.2, 0.1), (0.22, 0.2), (0.1, 0.2)]
    hands.click(*corners, *((x + 0.3, y) for x, y in corners))
    assert list(hands.slots) == ["B07", "1", "2"]
    assert close(hands.slots["1"], corners)
    hands.press("Control+z")
    assert list(hands.slots) == ["B07", "1"]  # the slot goes as one, not corner by corner
    hands.click((0.5, 0.5), (0.6, 0.5))
    hands.press("Control+z", "Control+z", "Control+z")
    assert list(hands.slots) == ["B07"]
    hands.press("Control+y", "Control+y", "Control+y")
    assert list(hands.slots) == ["B07", "1"]
    hands.click((0.6, 0.6))
    hands.press("Enter")  # three corners are enough
    assert len(hands.slots["2"]) == 3


def test_corners_that_were_clicked_crosswise_make_a_slot_all_the_same(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page)
    hands.tool("slot")
    hands.click((0.1, 0.1), (0.2, 0.1), (0.1, 0.2), (0.2, 0.2))
    assert close(hands.slots["1"], [(0.1, 0.1), (0.2, 0.1), (0.2, 0.2), (0.1, 0.2)])


def test_slots_and_corners_are_dragged_and_bent(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, ROW[0])
    hands.drag(middle(ROW[0]), (0.6, 0.6))
    after = moved(ROW[0], 0.6 - middle(ROW[0])[0], 0.6 - middle(ROW[0])[1])
    assert close(hands.slots["1"], after)
    hands.drag(after[1], (0.7, 0.5))
    assert close(hands.slots["1"], [after[0], (0.7, 0.5), after[2], after[3]])
    low = ((after[2][0] + after[3][0]) / 2, after[2][1])
    hands.drag(low, (low[0], low[1] + 0.1))
    assert close(hands.slots["1"], [after[0], (0.7, 0.5), after[2], (low[0], low[1] + 0.1), after[3]])
    hands.click((0.7, 0.5))
    hands.press("Delete")
    assert close(hands.slots["1"], [after[0], after[2], (low[0], low[1] + 0.1), after[3]])
    hands.press(*["Control+z"] * 4)
    assert hands.slots["1"] == ROW[0]["polygon"]  # to the last digit
    hands.press(*["Control+y"] * 4)
    assert len(hands.slots["1"]) == 4


def test_a_slot_keeps_three_corners(edited: Served, open_page: OpenPage) -> None:
    triangle = {"id": "t", "polygon": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]}
    hands = opened(edited, open_page, triangle)
    hands.click((0.3, 0.2), (0.4, 0.1))
    hands.press("Delete")
    assert hands.slots["t"] == triangle["polygon"]


def test_many_are_selected_moved_copied_mirrored_and_deleted(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, *ROW)
    hands.drag((0.15, 0.3), (0.5, 0.6))  # 1, 2, and 3
    expect(hands.page.locator("#many-title")).to_have_text("3 slots")
    hands.page.keyboard.down("Shift")
    hands.click(middle(ROW[4]), middle(ROW[0]))
    hands.page.keyboard.up("Shift")
    expect(hands.page.locator("#list button[aria-pressed=true]")).to_have_text(
        [re.compile("^2"), re.compile("^3"), re.compile("^5")]
    )
    hands.drag(middle(ROW[1]), (middle(ROW[1])[0], middle(ROW[1])[1] + 0.2))
    assert close(hands.slots["5"], moved(ROW[4], 0, 0.2)) and hands.slots["4"] == ROW[3]["polygon"]
    hands.act("copy")
    assert list(hands.slots) == ["1", "2", "3", "4", "5", "6", "7", "8"]
    before = hands.slots["6"]
    hands.act("mirror-x")
    assert close(hands.slots["6"], moved({"polygon": before[::-1]}, 0, 0), 1) and hands.slots["6"] != before
    hands.press("Control+a")
    expect(hands.page.locator("#many-title")).to_have_text("8 slots")
    hands.press("Delete")
    assert hands.slots == {}
    hands.press(*["Control+z"] * 4)
    assert hands.entries == [slot | {"status": "accepted"} for slot in ROW]


def test_slots_are_renumbered_along_their_row(edited: Served, open_page: OpenPage) -> None:
    mixed = [ROW[at] | {"id": name} for at, name in ((3, "x"), (0, "y"), (4, "z"), (1, "q"), (2, "r"))]
    hands = opened(edited, open_page, *mixed)
    hands.page.locator("#stage").focus()
    hands.press("Control+a")
    hands.page.locator("#many-prefix").fill("A")
    hands.page.locator("#many-start").fill("08")
    hands.page.get_by_role("button", name="Renumber").click()
    assert {name: polygon[0][0] for name, polygon in sorted(hands.slots.items())} == {
        f"A{number:02}": ROW[number - 8]["polygon"][0][0] for number in range(8, 13)
    }
    expect(hands.page.locator("#many-prefix")).to_have_value("A")
    hands.page.locator("#many-turn").check()
    hands.page.get_by_role("button", name="Renumber").click()
    assert hands.slots["A08"][0][0] == ROW[4]["polygon"][0][0]
    hands.press("Control+z", "Control+z")
    assert set(hands.slots) == set("xyzqr")


def test_a_slot_is_renamed_and_a_doubled_id_cannot_be_saved(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, *ROW[:2])
    hands.click(middle(ROW[0]))
    hands.page.locator("#one-id").fill("2")
    hands.press("Enter")
    expect(hands.page.locator("#warning-list")).to_contain_text("slot 2: is there twice")
    hands.act("save")
    expect(hands.page.locator("#banner")).to_contain_text("Not saved: slot 2: is there twice")
    hands.press("Control+z")
    expect(hands.page.locator("#warnings")).to_be_hidden()


@pytest.mark.parametrize(
    ("polygon", "says"),
    [
        ([[0.6, 0.6], [0.7, 0.7], [0.7, 0.6], [0.6, 0.7]], "crosses itself"),
        ([[0.24, 0.41], [0.32, 0.4], [0.32, 0.52], [0.22, 0.52]], "1 and 2 lie on one place"),
    ],
)
def test_warnings_are_the_servers_and_lead_to_their_slots(
    edited: Served, open_page: OpenPage, polygon: list[list[float]], says: str
) -> None:
    hands = opened(edited, open_page, ROW[0], ROW[1])
    for number, corner in enumerate(polygon):  # the second slot is pulled there corner by corner
        hands.page.evaluate("0")
        hands.click(hands.slots["2"][0] if number == 0 else hands.slots["2"][number])
        hands.click(middle({"polygon": hands.slots["2"]})) if number == 0 else None
        hands.drag(hands.slots["2"][number], corner)
    expect(hands.page.locator("#warning-list")).to_contain_text(says)
    hands.press("Escape", "Escape")
    hands.page.locator("#warning-list button").first.click()
    expect(hands.page.locator("#list button[aria-pressed=true]").first).to_be_visible()


def test_a_slot_that_is_dragged_is_read_where_it_is(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, square("1", 0.7))
    read = hands.page.locator("#list button .read")
    expect(read).to_have_text("free 100 %")
    hands.page.mouse.move(*hands.at((0.75, 0.46)))
    hands.page.mouse.down()
    hands.page.mouse.move(*hands.at((0.35, 0.46)), steps=5)
    expect(hands.page.locator("polygon.slot")).to_have_class(re.compile("occupied"))  # before it is let go
    hands.page.mouse.up()
    expect(read).to_have_text("occupied 90 %")
    hands.press("Control+z")
    expect(read).to_have_text("free 100 %")


def test_where_nothing_can_be_read_it_is_said_why(edited: Served, open_page: OpenPage) -> None:
    edited.site.why = "C1 has no bundle"
    hands = opened(edited, open_page, ROW[0])
    expect(hands.page.locator("#unread")).to_contain_text("C1 has no bundle")


def test_keys_walk_nudge_and_take_corners(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, *ROW[:3])
    expect(hands.page.locator("#list .read").first).not_to_be_empty()
    hands.page.locator("#stage").focus()
    hands.press("Tab")
    expect(hands.page.locator("#live")).to_have_text(re.compile("^Slot 1, would be (free|occupied)"))
    hands.press("Tab", "ArrowRight", "Shift+ArrowDown")
    assert close(hands.slots["2"], moved(ROW[1], 1 / WIDTH, 10 / HEIGHT), 2e-6)
    hands.press("p", "p", "ArrowUp")
    assert hands.slots["2"][1][1] == pytest.approx(ROW[1]["polygon"][1][1] + 9 / HEIGHT, abs=2e-6)
    assert hands.slots["2"][0][1] == pytest.approx(ROW[1]["polygon"][0][1] + 10 / HEIGHT, abs=2e-6)
    hands.press("Delete")
    assert len(hands.slots["2"]) == 3
    hands.press("Control+c", "Control+v", "Control+d")
    assert list(hands.slots) == ["1", "2", "3", "4", "5"]
    hands.press(*["Control+z"] * 6)
    assert hands.slots == {slot["id"]: slot["polygon"] for slot in ROW[:3]}
    hands.press("Escape", "Shift+Tab")
    expect(hands.page.locator("#list button[aria-pressed=true]")).to_have_text(re.compile("^3"))
    hands.press("Tab")  # behind the last slot the focus goes on: nobody is caught in the picture
    assert hands.page.evaluate("document.activeElement.id") != "stage"


def test_letters_that_are_typed_into_a_field_are_no_commands(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, ROW[0])
    hands.click(middle(ROW[0]))
    hands.page.locator("#one-id").fill("")
    hands.page.locator("#one-id").press_sequentially("vnrx0")
    hands.press("Delete", "Enter")
    assert list(hands.slots) == ["vnrx0"]
    hands.press("?")
    expect(hands.page.locator("#help")).to_be_visible()
    hands.press("Escape")
    expect(hands.page.locator("#help")).to_be_hidden()


def test_zoom_and_resize_lose_nothing(edited: Served, open_page: OpenPage) -> None:
    """Frigate's polygons drift after a save, and are lost at 175 % or when the window changes."""
    hands = opened(edited, open_page, *ROW)
    before = hands.entries
    x, y = (round(at) for at in hands.at((0.35, 0.45)))
    under = hands.page.evaluate("at => slotEditor.toShares(at)", [x, y])
    hands.page.mouse.move(x, y)
    while (zoom := hands.page.evaluate("slotEditor.zoom")) < 3:
        hands.page.mouse.wheel(0, -200)
        hands.page.wait_for_function("zoom => slotEditor.zoom > zoom", arg=zoom)
    assert hands.at(under) == pytest.approx((x, y), abs=0.01)  # what is under the mouse stays there
    hands.tool("slot")
    fine = [(0.3301, 0.4402), (0.3703, 0.4404), (0.3705, 0.4706), (0.3307, 0.4708)]
    hands.click(*fine)
    assert close(hands.slots["6"], fine, 0.5 / WIDTH)  # half a pixel of the picture at most
    hands.page.set_viewport_size({"width": 700, "height": 900})
    hands.page.set_viewport_size({"width": 1600, "height": 700})
    assert hands.entries[:5] == before
    hands.press("0")
    assert hands.page.evaluate("slotEditor.zoom") == pytest.approx(1)
    hands.save()
    written = json.loads((edited.site.folder / "C1.json").read_text())
    assert [one["polygon"] for one in written] == list(hands.slots.values())
    assert [one["polygon"] for one in written[:5]] == [slot["polygon"] for slot in ROW]


def test_the_picture_is_moved_by_what_the_view_has_shifted(edited: Served, open_page: OpenPage) -> None:
    edited.site.shift = (0.02, -0.01)
    hands = opened(edited, open_page)
    image = hands.page.locator("#stage image")
    assert float(image.get_attribute("x") or 0) == pytest.approx(-0.02 * WIDTH)
    assert float(image.get_attribute("y") or 0) == pytest.approx(0.01 * HEIGHT)


PROPOSED = [
    square("A1", 0.1, status="proposed", row="A", evidence={"frames": 9, "stays": 3, "days": 1, "score": 0.8}),
    square("A2", 0.22, status="inferred", row="A"),
    square("B1", 0.1, 0.7, status="proposed", row="B"),
    square("s", 0.5, 0.7, status="seen once"),
    square("7", 0.7),
]


def test_proposals_are_accepted_one_by_one_by_row_and_all(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, *PROPOSED)
    status = lambda: {slot["id"]: slot["status"] for slot in hands.entries}  # noqa: E731
    expect(hands.page.locator("#proposals-text")).to_contain_text("3 slots, 1 of them without a car so far")
    hands.click(middle(PROPOSED[0]))
    expect(hands.page.locator("#one-evidence")).to_have_text(
        "proposed, row A. 3 stays of cars in 9 frames on 1 day; 80 % sure."
    )
    hands.press("Enter")
    assert status() == {"A1": "accepted", "A2": "inferred", "B1": "proposed", "s": "seen once", "7": "accepted"}
    hands.page.get_by_role("button", name="Accept row A").last.click()
    assert status()["A2"] == "accepted"
    hands.page.get_by_role("button", name="Reject row B").click()
    assert status()["B1"] == "rejected"
    hands.press("Control+z", "Control+z", "Control+z")
    assert status() == {slot["id"]: slot.get("status", "accepted") for slot in PROPOSED}
    hands.act("accept-all")
    assert status() == {"A1": "accepted", "A2": "accepted", "B1": "accepted", "s": "seen once", "7": "accepted"}
    hands.page.locator("#hints").check()
    hands.click(middle(PROPOSED[3]))
    hands.page.locator("#one-proposal").get_by_role("button", name="Accept").click()
    hands.save()
    assert edited.site.saved_entries() == dict.fromkeys(("A1", "A2", "B1", "s", "7"), "accepted")


def test_nothing_is_accepted_by_itself(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, *PROPOSED)
    hands.click(middle(PROPOSED[4]))
    hands.press("ArrowRight")
    hands.save()
    assert edited.site.saved_entries() == {slot["id"]: slot.get("status", "accepted") for slot in PROPOSED}


def test_an_id_of_something_rejected_is_free_for_a_slot(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page, square("1", 0.1, status="rejected"))
    hands.tool("row")
    hands.click((0.3, 0.6), (0.7, 0.6), (0.7, 0.7), (0.3, 0.7))
    hands.page.locator("#row-start").fill("1")
    hands.page.locator("#row-count").fill("2")
    hands.press("Enter")
    hands.save()
    assert edited.site.saved_entries() == {"1-1": "rejected", "1": "accepted", "2": "accepted"}


def test_rows_are_lettered_on_and_counted_from_the_other_end(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page)
    hands.tool("row")
    row = [(0.1, 0.2), (0.9, 0.2), (0.9, 0.3), (0.1, 0.3)]
    hands.click(*row)
    hands.page.locator("#row-count").fill("3")
    hands.page.locator("#row-prefix").fill("A")
    hands.page.locator("#row-turn").check()
    hands.page.get_by_role("button", name="Fill", exact=True).click()
    assert hands.slots["A3"][0][0] == pytest.approx(0.1, abs=0.003)
    hands.click(*((x, y + 0.3) for x, y in row))
    expect(hands.page.locator("#row-prefix")).to_have_value("B")
    hands.press("Enter")
    assert list(hands.slots) == ["A3", "A2", "A1", "B3", "B2", "B1"]


def test_a_row_is_spaced_as_the_camera_sees_it(edited: Served, open_page: OpenPage) -> None:
    """Corners of six equal slots on the ground, seen by a camera: what is filled must lie on them."""
    hands = opened(edited, open_page)

    def seen(x: float, z: float) -> tuple[float, float]:
        return 0.5 + 0.6 * x / z, 0.2 + 0.8 / z

    hands.tool("row")
    hands.click(seen(-1.0, 2.0), seen(2.0, 5.0), seen(2.5, 4.5), seen(-0.5, 1.5))
    hands.page.locator("#row-count").fill("6")
    hands.press("Enter")
    for number in range(6):
        corner = seen(-1.0 + 0.5 * number, 2.0 + 0.5 * number)
        assert hands.slots[str(number + 1)][0] == pytest.approx(corner, abs=0.004)


EVIL = '"><img src=x onerror=alert(1)>'


def test_names_are_text_and_nothing_else(edited: Served, open_page: OpenPage) -> None:
    edited.site.cameras = ("C1", "</script><b>", "roof east")
    edited.site.name = EVIL
    hands = opened(edited, open_page, square(EVIL, 0.1))
    assert list(hands.slots) == [EVIL]
    assert hands.page.locator("img, b:not(dialog b)").count() == 0
    expect(hands.page.locator("#list button")).to_contain_text(EVIL)
    hands.page.locator("#camera").select_option(label="roof east")
    hands.page.wait_for_url("**/cameras/roof%20east/slots")
    expect(hands.page).to_have_title(re.compile("^Slots of roof east"))


def test_a_slot_that_is_small_on_the_screen_can_still_be_moved(edited: Served, open_page: OpenPage) -> None:
    """Not only its corners, which would lie all over it."""
    small = square("1", 0.5, 0.5, 0.012, 0.016)  # twelve pixels on the screen
    hands = opened(edited, open_page, small)
    hands.click(middle(small))
    hands.drag(middle(small), (middle(small)[0] + 0.2, middle(small)[1]))
    assert close(hands.slots["1"], moved(small, 0.2, 0))
    corner = hands.slots["1"][1]
    hands.drag(corner, (corner[0] + 0.1, corner[1]))
    assert hands.slots["1"][1][0] == pytest.approx(corner[0] + 0.1, abs=0.003)
    assert hands.slots["1"][0] == pytest.approx([0.7, 0.5], abs=0.003)


def test_a_slot_behind_a_vehicle_is_told_as_hidden_not_as_free(edited: Served, open_page: OpenPage) -> None:
    edited.site.learned = square("1", 0.3, 0.38, 0.08, 0.06)
    edited.site.car = (0.28, 0.37, 0.42, 0.6)  # nearer than the slot, and over all of it
    hands = opened(edited, open_page, edited.site.learned, square("2", 0.7))
    expect(hands.page.locator("#list .read")).to_have_text(["hidden", "free 100 %"])
    expect(hands.page.locator("polygon.slot.unknown")).to_have_count(1)


def test_a_button_that_is_pressed_for_long_is_not_exchanged_under_the_finger(
    edited: Served, open_page: OpenPage
) -> None:
    """The list is made anew when the server has read the slots, which may be between press and release."""
    hands = opened(edited, open_page, *ROW[:2])
    read = hands.page.locator("#list button .read").first
    expect(read).to_have_text("free 100 %")
    hands.click(middle(ROW[1]))
    button = hands.page.locator("#list button").first
    box = None
    while box is None:  # the click may have the list made anew just then
        expect(button).to_be_visible()
        box = button.bounding_box()
    hands.page.mouse.move(box["x"] + 20, box["y"] + 10)
    hands.page.mouse.down()
    edited.site.car = (0.1, 0.3, 0.6, 0.6)  # from now on all is read as occupied
    with hands.page.expect_response("**/slots/try"):
        hands.page.evaluate("slotEditor.readAgain()")
    hands.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(read).to_have_text("free 100 %")
    hands.page.mouse.up()
    expect(hands.page.locator("#one-id")).to_have_value("1")
    expect(read).to_have_text("occupied 90 %")


def test_corners_on_the_border_and_beyond_can_be_put(edited: Served, open_page: OpenPage) -> None:
    hands = opened(edited, open_page)
    hands.tool("slot")
    corners = [(0.9, 0.9), (1.0, 0.9), (1.005, 1.005), (0.9, 1.0)]
    hands.click(*corners)
    assert close(hands.slots["1"], corners)
    hands.save()
