"""What a frame takes over real board processes, on lines of limited rate and added delay, with a board that is lost.

python benchmarks/boards/latency.py BUNDLE FRAMES --json docs/boards-latency.json

BUNDLE is one that ``lotwise partition`` made, FRAMES a folder of its camera. All boards, their lines and the leader
share this machine, so that a frame's time has the work of all modules in it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.node_speed.machine import machine
from benchmarks.offloading.line import Line
from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.site.boards import BoardSettings
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.datasets.frame import Image
from lotwise.datasets.images import read_image
from lotwise.node.boards.leader import boards_of, load_on_boards

LINES = ((0.0, None), (0.005, 12_500_000.0), (0.02, 1_250_000.0), (0.02, 125_000.0))
"""Seconds of delay each way, and bytes a second: loopback, 100, 10 and 1 Mbit/s."""
DEADLINE_S = 2.0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("frames", type=Path)
    parser.add_argument("--count", type=int, default=20, help="frames of each row")
    parser.add_argument("--json", type=Path, help="also write all figures here")
    asked = parser.parse_args(arguments)
    images = [read_image(path) for path in sorted(asked.frames.rglob("*.jpg"))[: asked.count]]
    rows: list[dict[str, Any]] = [{"line": "one process", **_timed(load_detector(asked.bundle, 1), images)}]
    print(_line(rows[-1]))
    for delay_s, rate in LINES:
        with _boards(asked.bundle) as boards:
            lines = [Line(port, delay_s, rate) for _, port in boards]
            detector = _leader(asked.bundle, [line.port for line in lines])
            name = f"{1000 * delay_s:g} ms, " + ("no limit" if rate is None else f"{rate * 8 / 1e6:g} Mbit/s")
            rows.append({"line": name, **_timed(detector, images)})
            print(_line(rows[-1]), flush=True)
            if rate is None:
                boards[-1][0].kill()
                rows.append({"line": f"{name}, a board killed", **_timed(detector, images)})
                print(_line(rows[-1]), flush=True)
            for line in lines:
                line.close()
    if asked.json is not None:
        content = {"machine": machine(), "deadline_s": DEADLINE_S, "rows": rows}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")


@contextmanager
def _boards(bundle: Path) -> Iterator[list[tuple[subprocess.Popen[str], int]]]:
    """Board processes, each with the port that it listens on."""
    ensemble = read_manifest(bundle).ensemble
    assert ensemble is not None, f"{bundle}: no modules"
    opened: list[tuple[subprocess.Popen[str], int]] = []
    try:
        for number in range(1, len(ensemble.modules) + 1):
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "lotwise", "board", str(bundle), "--module", str(number),
                    "--listen", "127.0.0.1:0", "--threads", "1",
                ],
                text=True, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert process.stdout is not None
            said = next(line for line in process.stdout if line.startswith("listening on "))
            opened.append((process, int(said.rpartition(":")[2])))
        yield opened
    finally:
        for process, _ in opened:
            process.kill()
            process.communicate()


def _leader(bundle: Path, ports: Sequence[int]) -> Detector:
    boards = tuple(BoardSettings(url=f"http://127.0.0.1:{port}") for port in ports)
    made = load_on_boards(bundle, DetectorSettings(boards=boards, board_deadline_s=DEADLINE_S), Path(), 1)
    assert made is not None
    return made


def _timed(detector: Detector, images: Sequence[Image]) -> dict[str, Any]:
    """Milliseconds of a frame, what travels for one, and how many answers were missing; after a first frame."""
    detector([images[0]])
    took, sent, received, missing = [], [], [], 0
    for image in images:
        began = time.perf_counter()
        detector([image])
        took.append(1000 * (time.perf_counter() - began))
        boards = boards_of(detector)
        sent.append(sum(board.sent for board in boards))
        received.append(sum(board.received for board in boards))
        missing += sum(not board.answers for board in boards)
    return {
        "frames": len(images),
        "p50_ms": round(float(np.percentile(took, 50)), 1),
        "p95_ms": round(float(np.percentile(took, 95)), 1),
        "sent": round(float(np.mean(sent))),
        "received": round(float(np.mean(received))),
        "missing": missing,
    }


def _line(row: dict[str, Any]) -> str:
    return (
        f"| {row['line']} | {row['p50_ms']} | {row['p95_ms']} | {row['sent']} | {row['received']} "
        f"| {row['missing']} of {row['frames']} |"
    )


if __name__ == "__main__":
    main()
