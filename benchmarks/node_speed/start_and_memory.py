"""How long a node takes to its first detections, and how much memory it needs while it finds out its engines.

python benchmarks/node_speed/start_and_memory.py [--cameras 9] [--starts 3] [--work DIR] [--json F]

Cameras of the rendered site over RTSP, each with an untouched nano of 640x480 as its student, INT8 beside it, a bundle
and model files of its own each, as students have them; with ``--same`` all run the same files, as before any training.
When the first frame was detected is what the node tells in /metrics, and nobody asks it for anything before. The first
start has nothing compiled and probes every bundle; its memory is sampled until all are
probed and for ten seconds more. Further starts find everything in the state folder. ``--work`` keeps films and bundles
for the next run. ``--hurry``, for root, gives the probe the usual priority, without which it takes for ever where the
machine has much else to do.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

os.environ.update(OPENVINO_TELEMETRY_OPT_OUT="1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.node_speed.process_memory import family
from benchmarks.soak.films import write_films
from benchmarks.soak.samples import cpu_s, pss_mb
from lotwise.cameras.detection.bundle import parse_manifest, sha256, write_manifest
from lotwise.datasets.load import load
from lotwise.datasets.synthetic import render_site
from tests.node.installation import Installation

SIZE = (640, 480)
RATE, HELD = 2.0, 20
"""Frames a second of each stream, and for how many of them a picture is held."""
SAMPLE_S = 0.25
"""Seconds between two looks at memory."""
CPU_SAMPLE_S = 0.02
"""Seconds between two looks at processor time before the first frame is detected."""
UNASKED_S = 1.0
"""Seconds after the first camera answered before the node is asked for anything: its HTTP server loads then."""
AFTER_S = 10.0
"""Seconds for which memory is looked at after the last bundle was probed."""
TIMEOUT_S = 600.0


def prepare(folder: Path, cameras: int) -> None:
    """Films and bundles; the INT8 model is made for the first camera, and the others get copies of it."""
    from lotwise.students.export.bundle import write_bundle
    from lotwise.students.export.int8 import add_int8
    from lotwise.students.export.settings import ExportSettings
    from lotwise.students.model.student import make_student
    from lotwise.students.pretrained import NANO

    data = render_site(folder / "data", cameras=cameras, days=2, frames_per_day=4, width=960, height=720, seed=0)
    names = sorted({frame.camera for frame in data.frames})
    write_films(data.frames, names, folder / "films", HELD, round(2 * RATE), 0)
    images = [load(frame) for frame in data.frames if frame.camera == names[0]]
    nano, first = make_student(NANO), folder / "bundles" / names[0]
    write_bundle(nano, first, camera=names[0], role="baseline", size=SIZE, check=images[:1], slots=data.slots[names[0]])
    settings = ExportSettings(samples=8, agreement=0.01, slot_agreement=0.01)  # its speed and memory are what counts
    add_int8(nano, first, images[:4], lambda: images[4:], settings)
    for name in names:
        (folder / "same").mkdir(exist_ok=True)
        shutil.copytree(first, folder / "same" / name)
        write_manifest(folder / "same" / name, parse_manifest(first).model_copy(update={"camera": name}))
    for name in names:
        if name != names[0]:
            shutil.copytree(folder / "same" / name, folder / "bundles" / name)
        own_files(folder / "bundles" / name)
    (folder / "made").touch()


def own_files(bundle: Path) -> None:
    """Make a bundle's model files other ones than those of its copies, by a word in them that changes no figure."""
    import onnx

    manifest = parse_manifest(bundle)
    for name in manifest.models.values():
        if name.endswith(".onnx"):
            model = onnx.load(bundle / name)
            model.doc_string = manifest.camera
            onnx.save(model, bundle / name)
        else:
            with (bundle / name).open("a") as file:
                file.write(f"<!-- {manifest.camera} -->\n")
    files = {name: sha256(bundle / name) for name in manifest.files}
    write_manifest(bundle, manifest.model_copy(update={"files": files}))


class Watch:
    """What a node has taken so far."""

    def __init__(self, site: Installation, hurry: bool) -> None:
        self.told = len(site.subscriber.numbers)
        self.started = time.time()
        site.start()
        self.hurry = hurry
        assert site.node is not None
        self.site, self.node, self.began = site, site.node.pid, time.monotonic()
        self.parts: list[tuple[float, float, float, float]] = []
        self.cpu_s: dict[int, float] = {}
        self.cpu: list[tuple[float, float]] = []

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def cameras_live(self) -> bool:
        """Whether the broker was told of more than that the node runs: a camera that answered."""
        return len(self.site.subscriber.numbers) > self.told + 1

    def first_detection(self) -> float | None:
        """Seconds from the start to the first detected frame, as the node tells it; None before that."""
        with suppress(OSError):
            found = re.search(rb"^lotwise_first_detection_timestamp_seconds (\S+)", self.site.get("/metrics"), re.M)
            return float(found[1]) - self.started if found else None
        return None

    def cpu_until(self, moment: float) -> float:
        """Processor seconds of the node and its children up to a moment, in seconds since the start."""
        times, seconds = zip(*self.cpu, strict=True)
        return float(np.interp(moment, times, seconds))

    def look_at_cpu(self) -> None:
        self.cpu.append((time.time() - self.started, sum(cpu_s(process) for process in family(self.node))))

    def look(self) -> None:
        """Memory of the node, of its decoders and of its probe, by the way in which their commands begin."""
        processes = family(self.node)
        self.cpu_s |= {process: cpu_s(process) for process in processes}
        probing = [process for process in processes[1:] if "probe_process" in _command(process)]
        for process in probing if self.hurry else ():
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process, 0)
        probed = {one for process in probing for one in family(process)}
        others = [process for process in processes[1:] if process not in probed]
        self.parts.append((self.seconds, pss_mb(self.node), sum(map(pss_mb, others)), sum(map(pss_mb, probed))))

    def most(self) -> dict[str, float]:
        """Peaks in MB (PSS)."""
        node, decoders, probe = (max(part[index] for part in self.parts) for index in (1, 2, 3))
        whole = max(self.parts, key=lambda part: sum(part[1:]))
        end = [part for part in self.parts if part[0] > self.parts[-1][0] - AFTER_S / 2]
        return {
            "node": round(node, 1), "decoders": round(decoders, 1), "probe": round(probe, 1),
            "all": round(sum(whole[1:]), 1), "all_at_s": round(whole[0], 1),
            "all_in_the_end": round(sum(sum(part[1:]) for part in end) / len(end), 1),
        }  # fmt: skip


def start(site: Installation, cameras: int, until_probed: bool, hurry: bool) -> dict[str, Any]:
    """Start the node, look at it, and stop it."""
    watch = Watch(site, hurry)
    found: dict[str, Any] = {}
    engines, probed_at = site.folder / "state" / "engines.json", None
    live_at = 0.0
    while watch.seconds < TIMEOUT_S:
        time.sleep(SAMPLE_S if "first_s" in found else CPU_SAMPLE_S)
        if until_probed or "every_camera_s" in found:
            watch.look()
        if "first_s" not in found:
            watch.look_at_cpu()
            if not watch.cameras_live or watch.seconds < live_at + UNASKED_S:
                live_at = live_at if watch.cameras_live else watch.seconds
                continue
            first = watch.first_detection()
            if first is not None:
                found |= {"first_s": round(first, 2), "first_cpu_s": round(watch.cpu_until(first), 2)}
        elif "every_camera_s" not in found:
            with suppress(OSError, ValueError, KeyError):
                if all(camera["detected"] for camera in site.now()["cameras"].values()):
                    found["every_camera_s"] = round(watch.seconds, 2)
        if probed_at is None and "every_camera_s" in found:
            kept = json.loads(engines.read_text())["bundles"] if engines.exists() else {}
            if not until_probed or len(kept) == cameras:
                probed_at = watch.seconds
                found["probed_s"] = round(probed_at, 1)
        if probed_at is not None and watch.seconds > probed_at + AFTER_S:
            break
    found["mb"] = watch.most() if watch.parts else {}
    found["samples"] = [[round(value, 1) for value in part] for part in watch.parts]
    site.stop()
    return found


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cameras", type=int, default=9)
    parser.add_argument("--starts", type=int, default=3, help="after the first, which probes")
    parser.add_argument("--work", type=Path, help="keep films and bundles here")
    parser.add_argument("--same", action="store_true", help="all cameras run the same model files")
    parser.add_argument("--no-probe", action="store_true", help="the first start probes nothing either")
    parser.add_argument("--hurry", action="store_true", help="the probe has the usual priority")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="start-") as scratch:
        work = asked.work or Path(scratch) / "made"
        if not (work / "made").exists():
            prepare(work, asked.cameras)
        films = {path.stem: path for path in sorted((work / "films").glob("*.h264"))}
        cameras = {
            name: {"bundles": str(work.absolute() / ("same" if asked.same else "bundles") / name)} for name in films
        }
        content = {
            "schedule": {"period_s": 1.0}, "detector": {"probe": not asked.no_probe},
            "cameras": cameras,
        }  # fmt: skip
        folder = Path(scratch) / "site"
        folder.mkdir()
        with Installation(folder, films, content, RATE) as site:
            runs = [
                start(site, len(films), not asked.no_probe and number == 0, asked.hurry)
                for number in range(1 + asked.starts)
            ]
    heads = ("start", "first s", "its CPU s", "every camera s", "node MB", "decoders", "probe", "all at once", "then")
    table = Table(*heads)
    for number, run in enumerate(runs):
        mb = run["mb"]
        table.add_row(
            "first" if number == 0 else "later",
            *(str(run.get(key, "-")) for key in ("first_s", "first_cpu_s", "every_camera_s")),
            *(str(mb.get(key, "-")) for key in ("node", "decoders", "probe", "all", "all_in_the_end")),
        )
    Console(width=140).print(table)
    if asked.json is not None:
        asked.json.write_text(json.dumps({"load_average": os.getloadavg()[0], "runs": runs}) + "\n")


if __name__ == "__main__":
    main()
