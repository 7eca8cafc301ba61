"""Students that never saw a frame of their camera, against the untouched nano, another lot's frames, and own frames.

python benchmarks/dreams/compare.py --json docs/dreams.json --markdown docs/dreams.md

Each row is a student of one camera and seed, all with as many steps; the truth enters only what is printed. What an
earlier run measured is not measured again, and one that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import mean
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import torch
from rich.console import Console

from benchmarks.dreams.deployed import deployed
from benchmarks.dreams.lots import OTHER, figures, labelled, open_lot
from benchmarks.dreams.rows import ROWS, look, make_row
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.students.synthesis.settings import DreamSettings
from lotwise.terminal import plain_table, print_table

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
HEADINGS = (
    "camera", "learned from", "slots right", "mAP50-95", "as trained: slots right", "mAP50-95", "of the way",
    "teacher sees", "kB out", "seconds", "seeds",
)  # fmt: skip
"""First what the camera makes of the student, then the student itself at a score of 0.25."""
FIGURES = (
    "deployed_accuracy", "deployed_map50_95", "accuracy", "map50_95", "share", "seen", "bytes", "seconds",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--cameras", default="R1,C1,C3,UFPR05", help=", ".join(OTHER))
    parser.add_argument("--seeds", default="0,1,2", help="of the trainings; dreams are the same for all")
    parser.add_argument("--rows", default=",".join(ROWS).replace("dreams, ", "dreams:"), help="with commas")
    parser.add_argument("--size", type=int, default=416, help="longer side of the students' input, px")
    parser.add_argument("--steps", type=int, default=100, help="of each training")
    parser.add_argument("--dreams", type=int, default=24, help="of each level")
    parser.add_argument("--dream-steps", type=int, default=60, help="of each stage")
    parser.add_argument("--work", type=Path, default=Path("runs/dreams"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path, help="page whose marked table is replaced")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    known = DreamSettings()
    stages = tuple(stage.model_copy(update={"steps": asked.dream_steps}) for stage in known.stages)
    dream = known.model_copy(update={"count": asked.dreams, "stages": stages})
    cells = [
        _cell(name, row.replace("dreams:", "dreams, "), int(seed), asked, dream)
        for seed in asked.seeds.split(",")
        for name in asked.cameras.split(",")
        for row in asked.rows.split(",")
    ]
    lines = lines_of(cells)
    print_table(plain_table(HEADINGS, [_texts(line) for line in lines]))
    if asked.json:
        how = {"size": asked.size, "steps": asked.steps, "dream": dream.model_dump(mode="json")}
        asked.json.write_text(json.dumps({**how, "lines": lines, "cells": cells}, indent=1) + "\n")
    if asked.markdown:
        _write_markdown(lines, asked.markdown)


def _cell(name: str, row: str, seed: int, asked: argparse.Namespace, dream: DreamSettings) -> dict[str, Any]:
    """Figures of one row, camera and seed."""
    if name not in OTHER:
        raise InputError(f"--cameras {name}: no such camera; one of {', '.join(OTHER)}")
    if row not in ROWS:
        raise InputError(f"--rows {row}: no such row; one of {', '.join(ROWS)}")
    path = asked.work / "figures" / f"{name}-{row}-{seed}.json".replace(" ", "")
    if not path.is_file():
        lot, other = (
            open_lot(one, asked.shared, asked.work, asked.size, asked.steps, seed) for one in (name, OTHER[name])
        )
        made = make_row(row, lot, other, dream, asked.work)
        known = labelled(lot, lot.train, asked.work, lot.scales)
        found = figures(lot, look(made.student, lot.test, asked.size), known)
        taken = deployed(row, made.student, lot, known)
        live = figures(lot, look(taken.student, lot.test, asked.size), known, taken.score)
        cell = {
            "camera": name,
            "row": row,
            "seed": seed,
            **found,
            **{f"deployed_{key}": value for key, value in live.items()},
            "share": taken.share,
            "score": taken.score,
            "agreement": dict(taken.agreement),
            "bytes": made.bytes,
            "frame_bytes": lot.frame_bytes,
            "seconds": round(made.seconds, 1),
            **made.said,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(cell, indent=1).encode())
        Console(stderr=True).print(
            f"{name}, {row}, seed {seed}: slots {found['accuracy']}, mAP50-95 {found['map50_95']}"
        )
    cell = json.loads(path.read_text())
    return dict(cell)


def lines_of(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each camera and row the mean over seeds."""
    lines = []
    for camera, row in dict.fromkeys((cell["camera"], cell["row"]) for cell in cells):
        own = [cell for cell in cells if (cell["camera"], cell["row"]) == (camera, row)]
        line: dict[str, Any] = {"camera": camera, "row": row, "seeds": [cell["seed"] for cell in own]}
        for key in FIGURES:
            values = [cell[key] for cell in own if cell.get(key) is not None]
            line[key] = mean(values) if values else None
        lines.append(line)
    return lines


def _texts(line: dict[str, Any]) -> tuple[str, ...]:
    """One text a column."""

    def share(key: str) -> str:
        return "-" if line[key] is None else f"{line[key]:.3f}"

    return (
        line["camera"],
        line["row"],
        *(share(key) for key in FIGURES[:6]),
        f"{line['bytes'] / 1000:.0f}",
        f"{line['seconds']:.0f}",
        str(len(line["seeds"])),
    )


def _write_markdown(lines: list[dict[str, Any]], page: Path) -> None:
    rows = ["| " + " | ".join(HEADINGS) + " |", "|---|---|" + "---:|" * (len(HEADINGS) - 2)]
    rows += ["| " + " | ".join(_texts(line)) + " |" for line in lines]
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n" + "\n".join(rows) + f"\n{END}{after}")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
