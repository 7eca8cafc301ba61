"""The node on a terminal: one line a camera, what is wrong, and the last of the log; redrawn once a second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lotwise.node.places import lot_places, place_states
from lotwise.node.state import CameraNow, Counts, NodeNow
from lotwise.node.wording import cause

GOOD_STYLE, UNKNOWN_STYLE, BAD_STYLE = "green", "yellow", "red"


def live_view(now: NodeNow, earlier: NodeNow | None, seconds: float, log_lines: Sequence[str]) -> RenderableType:
    """What the terminal shows.

    Args:
        earlier: how the node was some ``seconds`` ago, for rates; None at the start.
        log_lines: the last lines of the log.
    """
    table = Table(expand=False, pad_edge=False, box=None, header_style="dim")
    for name in ("camera", "source", "view"):
        table.add_column(name, no_wrap=True)
    for name in ("free", "occupied", "unknown", "frames/s", "detected/s", "latency"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, camera in now.cameras.items():
        table.add_row(*_row(camera, earlier.cameras.get(name) if earlier else None, seconds))
    lot = Counts.of(place_states(lot_places(now)))
    up = str(datetime.now(UTC) - now.started).partition(".")[0]
    headline = Text.assemble(
        (now.site, "bold"), f"   up {up}   ", (f"{lot.free} free", GOOD_STYLE), f"   {lot.occupied} occupied   ",
        (f"{lot.unknown} unknown", UNKNOWN_STYLE if lot.unknown else "dim"),
    )  # fmt: skip
    problems = [
        _line(f"{name}: {why}", UNKNOWN_STYLE) for name, camera in now.cameras.items() if (why := cause(camera))
    ]
    if disputed := sum(place.disagreement is not None for place in now.shared.values()):
        which = "a place" if disputed == 1 else f"{disputed} places"
        problems.append(_line(f"cameras contradict each other on {which}; the page says why", UNKNOWN_STYLE))
    return Group(headline, "", table, "", *problems, *(_line(line, "dim") for line in log_lines))


def _line(text: str, style: str) -> Text:
    return Text(text, style, no_wrap=True, overflow="ellipsis")


def _row(camera: CameraNow, earlier: CameraNow | None, seconds: float) -> list[str | Text]:
    counts = Counts.of(camera.slots)
    source = camera.source
    state = (
        Text("ended", "dim")
        if source.ended
        else Text(source.state, GOOD_STYLE if source.state == "live" else BAD_STYLE)
    )
    known = camera.looked and (source.state == "live" or source.ended)
    view = (
        Text(camera.view.verdict, GOOD_STYLE if camera.view.verdict == "good" else BAD_STYLE)
        if known
        else Text("-", "dim")
    )
    unknown = Text(str(counts.unknown), UNKNOWN_STYLE if counts.unknown else "dim")
    return [
        camera.camera, state, view, str(counts.free), str(counts.occupied), unknown,
        _rate(camera.looked, earlier.looked if earlier else None, seconds),
        _rate(camera.detected, earlier.detected if earlier else None, seconds),
        f"{1000 * camera.latency_s:.0f} ms" if camera.detected else "-",
    ]  # fmt: skip


def _rate(after: int, before: int | None, seconds: float) -> str:
    return "-" if before is None or seconds <= 0 else f"{(after - before) / seconds:.1f}"
