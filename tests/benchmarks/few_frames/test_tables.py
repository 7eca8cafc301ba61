"""Tables of the few frames' benchmark: what goes live stands beside the nano as it comes, on the same frames."""

from benchmarks.few_frames.tables import LIVE, NANO_TUNED, lines_of, markdown


def figures(accuracy: float, map50: float) -> dict[str, float]:
    return {
        "slots": 40, "accuracy": accuracy, "map50": map50, "map50_95": map50 / 2, "precision": 0.9, "recall": 0.5,
    }  # fmt: skip


def cell(seed: int, share: float, live: dict[str, float]) -> dict[str, object]:
    scores = {"0.0": figures(0.8, 0.5), "0.25": figures(0.85, 0.55), "0.5": figures(0.9, 0.6), "1.0": figures(0.7, 0.7)}
    asked = {"camera": "C1", "count": 2, "seed": seed, "recipe": "own"}
    return {"cell": asked, "scores": scores, "share": share, "live": live, "nano": figures(0.83, 0.5)}


def test_what_goes_live_is_held_against_the_nano_as_it_comes() -> None:
    lines = lines_of([cell(0, 0.5, figures(0.95, 0.6)), cell(1, 0.0, figures(0.83, 0.5))])
    live, tuned, whole = (
        next(line for line in lines if line["row"] == row) for row in (LIVE, NANO_TUNED, "all the way")
    )
    assert (live["shares"], live["accuracy"], live["nano_accuracy"]) == ([0.5, 0.0], [0.95, 0.83], [0.8, 0.8])
    assert live["worse"] == [False, False]
    assert tuned["accuracy"] == [0.83, 0.83]
    assert whole["worse"] == [True, True]  # 10 points of slots, though mAP is better


def test_the_page_names_cameras_seeds_and_shares() -> None:
    page = markdown(lines_of([cell(0, 0.5, figures(0.95, 0.6)), cell(1, 0.0, figures(0.79, 0.5))]))
    assert "| 2 | what goes live | C1 | +0.070 (least -0.010)" in page
    row = next(line for line in page.splitlines() if line.startswith("| what goes live |"))
    assert row.endswith("| 1 of 2 | 0.5, nano |")
