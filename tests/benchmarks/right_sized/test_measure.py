"""The choice without labels is held against the one that labels would make."""

from typing import Any

from benchmarks.right_sized.measure import choices, summary


def rung(name: str, side: int, loss: float, accuracy: float, boxes: float | None) -> dict[str, Any]:
    truth = {"accuracy": accuracy, "map50_95": boxes}
    return {"name": name, "input": [side, side], "thin": None, "without": [], "loss": loss, "truth": truth}


def test_rule_and_truth_take_the_cheapest_that_holds() -> None:
    full, middle, small = (
        rung("full", 640, 0.0, 0.96, 0.90),
        rung("416", 416, 0.01, 0.96, 0.88),
        rung("320", 320, 0.03, 0.96, 0.875),
    )
    found = choices([full, middle, small], 0.02)
    assert (found["rule"], found["truth"]) == ("416", "320")
    assert found["pixels"] > found["pixels_by_truth"] and found["slots_lost"] == 0 and found["map50_95_lost"] == 0.02
    assert choices([full, middle, small], 0.0)["rule"] == "full"


def test_a_slot_point_lost_is_no_choice_of_the_truth_and_boxes_without_truth_do_not_count() -> None:
    full, small = rung("full", 640, 0.0, 0.96, None), rung("320", 320, 0.0, 0.95, None)
    found = choices([full, small], 0.02)
    assert (found["rule"], found["truth"], found["map50_95_lost"]) == ("320", "full", None)
    cameras = [{"choices": {budget: found for budget in ("accuracy", "balanced", "speed")}}]
    assert summary(cameras)["balanced"]["differ"] == 1
    assert summary(cameras)["balanced"]["most_slots_lost"] == 0.01
