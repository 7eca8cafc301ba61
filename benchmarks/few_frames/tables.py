"""What the cells come to: a line for each camera, number of frames and recipe; on the screen, as a page, as a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from lotwise.students.few_frames.choice import NANO

Found = Mapping[str, Any]
"""What ``figures.figures_of`` returns."""
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
LIVE = "what goes live"
NANO_TUNED = "nano, thresholds chosen"
ROWS: tuple[tuple[str, str, float | str], ...] = (
    ("all the way", "own", 1.0),
    ("half way", "own", 0.5),
    ("a quarter of the way", "own", 0.25),
    ("with sister cameras", "sisters", 1.0),
    ("with sister cameras, half way", "sisters", 0.5),
    (NANO_TUNED, "own", "nano"),
    (LIVE, "own", "live"),
    ("days held out: all the way", "held", 1.0),
    ("days held out: half way", "held", 0.5),
    ("days held out: a quarter of the way", "held", 0.25),
    ("days held out: nano, thresholds chosen", "held", "nano"),
    ("days held out: what goes live", "held", "live"),
)
"""Name, recipe, and what is shown: so far from the nano on the way to the student, at 0.25; or the nano, or what the
gate lets live, each at its own thresholds."""
FIGURES = {"accuracy": "slots", "map50": "mAP50", "map50_95": "mAP50-95", "precision": "precision", "recall": "recall"}
NOISE = {"accuracy": 0.005, "map50": 0.01}
"""By how much a figure may lie below the untouched nano's."""


def shown(found: Found, what: float | str) -> tuple[float, Mapping[str, float | None]]:
    """(how far on the way to the student, figures) of one row."""
    if isinstance(what, float):
        return what, found["scores"][str(what)]
    return found["share"] if what == "live" else NANO, found[what]


def lines_of(cells: Sequence[Found]) -> list[dict[str, Any]]:
    """For each camera, number of frames and row: lists over its seeds, each beside the nano on the same frames.

    The nano beside it is as it comes: boxes and slots from 0.25 up.
    """
    lines = []
    keys = dict.fromkeys((one["cell"]["camera"], one["cell"]["count"]) for one in cells)
    for camera, count in sorted(keys):
        for row, recipe, what in ROWS:
            own = [one for one in cells if (one["cell"]["camera"], one["cell"]["count"]) == (camera, count)]
            own = of_recipe(own, recipe, what)
            if not own:
                continue
            rows = [shown(one, what) for one in own]
            pairs = [(one["scores"][str(NANO)], figures) for one, (_, figures) in zip(own, rows, strict=True)]
            line: dict[str, Any] = {"camera": camera, "frames": count, "row": row}
            line["shares"] = [share for share, _ in rows]
            line["seeds"] = [one["cell"]["seed"] for one in own]
            line["slots"] = [nano["slots"] for nano, _ in pairs]
            for key in FIGURES:
                line[key] = [student[key] for _, student in pairs]
                line[f"nano_{key}"] = [nano[key] for nano, _ in pairs]
            line["worse"] = [
                any((student[key] or 0.0) < (nano[key] or 0.0) - noise for key, noise in NOISE.items())
                for nano, student in pairs
            ]
            lines.append(line)
    return lines


def of_recipe(cells: Sequence[Found], recipe: str, what: float | str) -> list[Found]:
    """Cells of one recipe; of one frame no student goes live, so for that a cell without one will do."""
    found = {one["cell"]["seed"]: one for one in cells if one["cell"]["recipe"] == recipe}
    if recipe == "own" and isinstance(what, str):
        found = {one["cell"]["seed"]: one for one in cells if one["cell"]["recipe"] == "nano"} | found
    return [found[seed] for seed in sorted(found)]


def gains(line: Mapping[str, Any], key: str) -> list[float]:
    """By how much each student lies above the nano."""
    pairs = zip(line[key], line[f"nano_{key}"], strict=True)
    return [student - nano for student, nano in pairs if student is not None and nano is not None]


def texts(line: Mapping[str, Any]) -> list[str]:
    """One text a column."""
    found = [line["row"], str(len(line["seeds"]))]
    for key in ("accuracy", "map50", "map50_95"):
        known, gained = [value for value in line[key] if value is not None], gains(line, key)
        least = f" (least {min(gained):+.3f})" if len(gained) > 1 else ""
        found.append(f"{mean(known):.3f}, {mean(gained):+.3f}{least}" if known else "-")
    for key in ("precision", "recall"):
        known = [value for value in line[key] if value is not None]
        found.append(f"{mean(known):.3f}" if known else "-")
    found.append(f"{sum(line['worse'])} of {len(line['worse'])}")
    found.append(", ".join("nano" if share == NANO else f"{share:g}" for share in line["shares"]))
    return found


HEADINGS = ("", "seeds", "slots, gain", "mAP50, gain", "mAP50-95, gain", "precision", "recall", "worse", "share")


def nano_texts(line: Mapping[str, Any]) -> list[str]:
    """The untouched nano on the same frames."""
    known = {key: [value for value in line[f"nano_{key}"] if value is not None] for key in FIGURES}
    return [
        "untouched nano", str(len(line["seeds"])),
        *(f"{mean(known[key]):.3f}" if known[key] else "-" for key in FIGURES), "", "",
    ]  # fmt: skip


def groups(lines: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], list[Mapping[str, Any]]]:
    """Lines by camera and number of frames."""
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for line in lines:
        found.setdefault((line["camera"], line["frames"]), []).append(line)
    return found


def summary(lines: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Over all cameras, by number of frames and row: mean gains, and how many models are worse than the nano.

    A row that was not measured on all cameras of its recipe is left out, for its mean would be of other cameras.
    """
    recipes = {row: recipe for row, recipe, _ in ROWS}
    found = []
    for count in sorted({line["frames"] for line in lines}):
        for row, recipe, _ in ROWS:
            own = [line for line in lines if (line["frames"], line["row"]) == (count, row)]
            cameras = {line["camera"] for line in lines if (line["frames"], recipes[line["row"]]) == (count, recipe)}
            if not own or len(own) < len(cameras):
                continue
            cells = [
                f"{mean(gained):+.3f} (least {min(gained):+.3f})"
                for key in ("accuracy", "map50", "map50_95")
                if (gained := [gain for line in own for gain in gains(line, key)])
            ]
            worse = [one for line in own for one in line["worse"]]
            live = sum(share != NANO for line in own for share in line["shares"])
            found.append(
                [
                    str(count),
                    row,
                    ", ".join(sorted(line["camera"] for line in own)),
                    *cells,
                    f"{sum(worse)} of {len(worse)}",
                    str(live),
                ]
            )
    return found


SUMMARY = (
    "frames",
    "",
    "cameras",
    "gain of slots",
    "gain of mAP50",
    "gain of mAP50-95",
    "worse than the nano",
    "students",
)


def show(lines: Sequence[Mapping[str, Any]]) -> None:
    console = Console(width=170)
    for (camera, count), own in groups(lines).items():
        table = Table(*HEADINGS, title=f"{camera}, {count} frame{'s' if count > 1 else ''}", title_justify="left")
        for row in (nano_texts(own[0]), *map(texts, own)):
            table.add_row(*row)
        console.print(table)
    table = Table(*SUMMARY, title="all cameras", title_justify="left")
    for row in summary(lines):
        table.add_row(*row)
    console.print(table)


def markdown(lines: Sequence[Mapping[str, Any]]) -> str:
    def rows(headings: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
        ruled = ["---"] + ["---:"] * (len(headings) - 1)
        return [f"| {' | '.join(row)} |" for row in (headings, ruled, *body)]

    found = ["### All cameras", "", *rows(SUMMARY, summary(lines)), ""]
    for (camera, count), own in groups(lines).items():
        slots = mean(own[0]["slots"])
        found += [f"### {camera}, {count} frame{'s' if count > 1 else ''}: {slots:.0f} slot readings a seed", ""]
        found += [*rows(HEADINGS, [nano_texts(own[0]), *map(texts, own)]), ""]
    return "\n".join(found)


def write_markdown(lines: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Put the tables into a page, between its two marks; a page without them becomes the tables alone."""
    page = path.read_text() if path.is_file() else ""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    marked = begin and end
    path.write_text(f"{before}{BEGIN}\n\n{markdown(lines)}\n{END}{after}" if marked else markdown(lines))


def plot(lines: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Gain of slots over the untouched nano against the number of frames: a panel a camera, a point a student.

    Where days were held out too, as is the default for so many frames, frames left out in turn are not drawn.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    cameras = list(dict.fromkeys(line["camera"] for line in lines))
    colours = {
        "all the way": "tab:red",
        "a quarter of the way": "tab:blue",
        NANO_TUNED: "tab:orange",
        LIVE: "tab:green",
    }
    held = {f"days held out: {row}": row for row in colours}
    drawn = {(line["camera"], line["frames"], held.get(line["row"], line["row"])): line for line in _held_last(lines)}
    lines = [{**line, "row": row} for (_, _, row), line in drawn.items()]
    figure, axes = plt.subplots(1, len(cameras), figsize=(3.4 * len(cameras), 3.6), squeeze=False)
    for axis, camera in zip(axes[0], cameras, strict=True):
        for shift, (row, colour) in enumerate(colours.items()):
            own = [line for line in lines if (line["camera"], line["row"]) == (camera, row)]
            own.sort(key=lambda line: line["frames"])
            places = [line["frames"] + 0.15 * (shift - 1.5) for line in own]
            axis.plot(places, [100 * mean(gains(line, "accuracy")) for line in own], color=colour, label=row)
            for place, line in zip(places, own, strict=True):
                gained = [100 * gain for gain in gains(line, "accuracy")]
                axis.plot([place] * len(gained), gained, "o", color=colour, markersize=4, alpha=0.6)
        axis.axhline(0, color="0.3", linewidth=0.8)
        axis.set(title=camera, xlabel="frames given")
        axis.set_xticks(sorted({line["frames"] for line in lines}))
        axis.grid(axis="y", linewidth=0.3)
    axes[0][0].set_ylabel("slots right, points above the nano")
    axes[0][-1].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _held_last(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(lines, key=lambda line: line["row"].startswith("days held out"))
