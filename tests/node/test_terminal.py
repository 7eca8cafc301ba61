"""The live view says of every camera what an operator looks for first, in as many lines as there are cameras."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.state import CameraNow, NodeNow
from lotwise.node.terminal import live_view

NOW = datetime.now(UTC)


def camera(name: str, free: int, occupied: int, unknown: int, why: str = "", **more) -> CameraNow:
    kinds = ["free"] * free + ["occupied"] * occupied + ["unknown"] * unknown
    slots = {f"{name}-{i}": SlotNow(kind, NOW, 0.9, why if kind == "unknown" else "") for i, kind in enumerate(kinds)}
    made = CameraNow(name, NOW, SourceHealth("live", NOW), ViewReport("good"), slots, "0123456789abcdef")
    return replace(made, looked=120, detected=60, latency_s=0.0314, **more)


LOT = NodeNow(
    "Main Street", NOW - timedelta(hours=3, minutes=4), True,
    {
        "gate": camera("gate", 12, 30, 0),
        "roof": camera("roof", 0, 0, 50, "blurred", view=ViewReport("blurred", "a third of its sharpness")),
        "east": camera(
            "east", 0, 0, 20, "down",
            source=SourceHealth("down", NOW - timedelta(minutes=5), "no answer from 10.0.0.7 in 10 s"),
        ),
        "west": camera("west", 3, 4, 1, "hidden"),
        "yard": camera("yard", 2, 2, 0, source=SourceHealth("live", NOW, ended=True)),
    },
)  # fmt: skip


def shown(now: NodeNow, earlier: NodeNow | None = None, seconds: float = 1.0, said=(), width: int = 100) -> list[str]:
    console = Console(record=True, width=width, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(live_view(now, earlier, seconds, said))
    return console.export_text().splitlines()


def test_the_first_line_is_the_whole_lot() -> None:
    started = datetime.now(UTC) - timedelta(hours=3, minutes=4)  # and not when the tests were collected
    first = shown(replace(LOT, started=started))[0]
    assert first.startswith("Main Street")
    for words in ("up 3:", "17 free", "36 occupied", "71 unknown"):
        assert words in first


def test_each_camera_is_one_line_with_its_counts_and_rates() -> None:
    gate = LOT.cameras["gate"]
    earlier = replace(LOT, cameras=LOT.cameras | {"gate": replace(gate, looked=100, detected=55)})
    line = next(line for line in shown(LOT, earlier, 2.0) if line.startswith("gate"))
    assert line.split() == ["gate", "live", "good", "12", "30", "0", "10.0", "2.5", "31", "ms"]


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("roof", ["live", "blurred"], "the picture is blurred: a third of its sharpness"),
        ("east", ["down", "-"], "no answer from 10.0.0.7 in 10 s"),
        ("yard", ["ended", "good"], ""),
        ("west", ["live", "good"], ""),
    ],
)
def test_what_is_wrong_is_told_with_its_reason(name: str, row: list[str], reason: str) -> None:
    lines = shown(LOT)
    assert next(line for line in lines if line.startswith(f"{name} ")).split()[1:3] == row
    reasons = [line for line in lines if line.startswith(f"{name}: ")]
    assert len(reasons) == bool(reason)
    assert all(reason in line for line in reasons)


def test_before_the_first_frame_nothing_is_claimed() -> None:
    fresh = replace(LOT.cameras["gate"], looked=0, detected=0, latency_s=0.0)
    line = next(line for line in shown(replace(LOT, cameras={"gate": fresh})) if line.startswith("gate"))
    assert "good" not in line
    assert "ms" not in line


def test_the_log_stands_below_and_no_line_breaks() -> None:
    said = ["12:00:01 INFO node: stopped -> running", "12:00:02 WARNING " + "x" * 300]
    lines = shown(LOT, said=said)
    assert len(lines) == 1 + 1 + 5 + 2 + 2 + lines.count("")
    assert lines[-2] == said[0]
    assert lines[-1].endswith("…")


@pytest.mark.parametrize("width", [64, 80, 200])
def test_it_fits_whatever_the_terminal(width: int) -> None:
    lines = shown(LOT, LOT, said=["12:00:01 INFO node: stopped -> running"], width=width)
    assert max(map(len, lines)) <= width
    assert len([line for line in lines if line.startswith(("gate ", "roof ", "east ", "west ", "yard "))]) == 5
    assert len(lines) == 1 + 1 + 5 + 2 + 1 + lines.count("")
