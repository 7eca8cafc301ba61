"""Where the time of one frame goes inside the network, by operator, and what changes of how it is run bring.

python benchmarks/node_speed/operators.py BUNDLE [--runs 40] [--json F] [--markdown F]

BUNDLE is a folder that ``lotwise export`` wrote. One thread; processor time, so that what else runs on the machine
adds little; of each variant the quickest of all runs, taken in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

os.environ.update(OPENVINO_TELEMETRY_OPT_OUT="1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
import onnxruntime as ort
import openvino as ov

from benchmarks.node_speed.machine import machine
from benchmarks.node_speed.table import markdown
from lotwise.cameras.detection.backends.openvino import with_pictures
from lotwise.cameras.detection.bundle import Manifest, Precision, read_manifest
from lotwise.cameras.detection.tensor import pixels
from lotwise.datasets.errors import InputError

PARTS = (
    (r"model\.0/", "first convolution"),
    (r"model\.[12]/", "second and third layer"),
    (r"model\.[3-9]/", "rest of the backbone"),
    (r"model\.1\d/|model\.2[01]/", "neck"),
    (r"cv2\.\d", "head, boxes"),
    (r"cv3\.\d", "head, classes"),
)
"""Patterns of layers' names in a YOLOv8, and how people call these; what fits none is decoding, or goes in or out."""
REST = "rest"
SMALLEST_SHARE = 0.01
"""Of the whole time, under which an operator is not told alone."""
CALLS = {"": (1, True), ", two frames a call": (2, True), ", float planes in": (1, False)}
"""By what they change: frames in one call, and whether they go in as OpenCV holds them."""
Run = Callable[[], object]


def compiled(path: Path, number_format: str, batch: int = 1, pictures: bool = True, profile: bool = False) -> Any:
    """An OpenVINO request, run as the node runs it but for what is asked for.

    Args:
        path: the model file.
        number_format: of what is not INT8.
        batch: frames in one call.
        pictures: whether they go in as OpenCV holds them; else as float planes.
        profile: whether each operator is timed.
    """
    core = ov.Core()
    model = core.read_model(path)
    shape = model.input(0).get_partial_shape()
    shape[0] = batch
    model.reshape(shape)
    config = {
        "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False, "INFERENCE_NUM_THREADS": 1,
        "INFERENCE_PRECISION_HINT": number_format, "PERF_COUNT": profile,
    }  # fmt: skip
    return core.compile_model(with_pictures(model) if pictures else model, "CPU", config).create_infer_request()


def session(path: Path, profile: Path | None = None, **entries: str) -> ort.InferenceSession:
    """An ONNX Runtime session on one thread; ``profile`` is where its log of operators goes."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    for name, value in entries.items():
        options.add_session_config_entry(name.replace("__", "."), value)
    if profile is not None:
        options.enable_profiling, options.profile_file_prefix = True, str(profile)
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def quickest(variants: Mapping[str, tuple[Run, int]], runs: int) -> dict[str, float]:
    """Milliseconds of processor time a frame of each variant, a call of which takes so many frames."""
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(runs + 2):
        for name, (run, frames) in variants.items():
            began = time.process_time()
            run()
            if number >= 2:
                found[name].append(1000 * (time.process_time() - began) / frames)
    return {name: round(min(times), 2) for name, times in found.items()}


def openvino_operators(request: Any, picture: np.ndarray[Any, Any], runs: int) -> list[dict[str, Any]]:
    """Name, type, kernel and least milliseconds of each operator that ran."""
    least: dict[str, dict[str, Any]] = {}
    for _ in range(runs):
        request.infer([picture], share_inputs=True)
        for info in request.profiling_info:
            ms = info.real_time.total_seconds() * 1000
            if ms <= 0:
                continue
            kept = least.setdefault(
                info.node_name, {"name": info.node_name, "type": info.node_type, "kernel": info.exec_type, "ms": ms}
            )
            kept["ms"] = min(kept["ms"], ms)
    return list(least.values())


def onnx_operators(path: Path, planes: np.ndarray[Any, Any], runs: int) -> list[dict[str, Any]]:
    """The same of ONNX Runtime."""
    with tempfile.TemporaryDirectory() as folder:
        profiled = session(path, Path(folder) / "profile")
        name = profiled.get_inputs()[0].name
        for _ in range(runs):
            profiled.run(None, {name: planes})
        events = json.loads(Path(profiled.end_profiling()).read_text())
    least: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.get("cat") != "Node" or not event["name"].endswith("_kernel_time"):
            continue
        operator, ms = event["args"]["op_name"], event["dur"] / 1000
        kept = least.setdefault(
            event["name"], {"name": event["name"], "type": operator, "kernel": event["args"]["provider"], "ms": ms}
        )
        kept["ms"] = min(kept["ms"], ms)
    return list(least.values())


def part_of(name: str) -> str:
    """Of the network, to which a layer of this name belongs.

    >>> part_of("/student/model.22/cv3.0/cv3.0.1/conv/Conv"), part_of("/student/model.0/conv/Conv"), part_of("/TopK")
    ('head, classes', 'first convolution', 'decoding, in and out')
    """
    return next((part for pattern, part in PARTS if re.search(pattern, name)), "decoding, in and out")


SORTED_BY: dict[str, Callable[[dict[str, Any]], str]] = {
    "part of the network": lambda one: part_of(one["name"]),
    "operator": lambda one: str(one["type"]),
}
"""What operators are summed up by."""


def summed(operators: list[dict[str, Any]], key: Callable[[dict[str, Any]], str]) -> dict[str, float]:
    """Share of the time by part, the longest first; what is short comes together as the rest.

    Shares, because operators are timed by the clock: on a busy machine all of them take longer.
    """
    sums: dict[str, float] = defaultdict(float)
    for one in operators:
        sums[key(one)] += one["ms"]
    whole = sum(sums.values())
    shares = {name: ms / whole for name, ms in sorted(sums.items(), key=lambda item: -item[1])}
    found = {name: share for name, share in shares.items() if share >= SMALLEST_SHARE}
    return {**found, REST: 1 - sum(found.values())}


def variants_of(bundle: Path, manifest: Manifest) -> dict[str, tuple[Run, int]]:
    """Each way of running one frame or more, and how many frames that is."""
    width, height = manifest.input
    pictures = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), np.uint8)
    planes = pixels(pictures)
    able = ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    formats = ["f32", *(["bf16"] if "BF16" in able else [])]
    found: dict[str, tuple[Run, int]] = {}
    for precision, file in manifest.models.items():
        for number_format in formats:
            name = f"OpenVINO {'INT8 and ' if precision == 'int8' else ''}{number_format}"
            for what, batch, taken in (
                ("", 1, True),
                (", two frames a call", 2, True),
                (", float planes in", 1, False),
            ):
                try:
                    request = compiled(bundle / file, number_format, batch, taken)
                except RuntimeError:
                    continue  # a head for one frame at a time takes no second one
                given = (pictures if taken else planes)[:batch]
                found[name + what] = partial(request.infer, [given], share_inputs=True), batch
    float_model = bundle / manifest.models["float"]
    for what, entries in (("", {}), (", denormals as zero", {"session__set_denormal_as_zero": "1"})):
        running = session(float_model, None, **entries)
        name = running.get_inputs()[0].name
        found[f"ONNX Runtime f32{what}"] = partial(running.run, None, {name: planes[:1]}), 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    asked = parser.parse_args()
    manifest = read_manifest(asked.bundle)
    width, height = manifest.input
    speeds = quickest(variants_of(asked.bundle, manifest), asked.runs)
    picture = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), np.uint8)
    profiles: dict[str, list[dict[str, Any]]] = {}
    for name in [name for name in speeds if name.startswith("OpenVINO") and "," not in name]:
        precision: Precision = "int8" if "INT8" in name else "float"
        request = compiled(asked.bundle / manifest.models[precision], name.split()[-1], profile=True)
        profiles[name] = openvino_operators(request, picture, asked.runs)
    profiles["ONNX Runtime f32"] = onnx_operators(asked.bundle / manifest.models["float"], pixels(picture), asked.runs)
    texts = [markdown(("way to run it", "ms a frame"), [[name, f"{ms:.1f}"] for name, ms in speeds.items()])]
    shares: dict[str, dict[str, dict[str, float]]] = {}
    for what, key in SORTED_BY.items():
        sums = shares[what] = {name: summed(operators, key) for name, operators in profiles.items()}
        rows = [*dict.fromkeys(part for one in sums.values() for part in one if part != REST), REST]
        lines = [[row, *(f"{one[row]:.0%}" if row in one else "-" for one in sums.values())] for row in rows]
        texts.append(markdown((what, *sums), lines))
    print("\n".join(texts))
    if asked.markdown:
        asked.markdown.write_text("\n".join(texts))
    if asked.json:
        about = {"input": f"{width}x{height}", "runs": asked.runs, "load": os.getloadavg()[0], **machine()}
        told = {"about": about, "ms_a_frame": speeds, "shares": shares}
        asked.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
