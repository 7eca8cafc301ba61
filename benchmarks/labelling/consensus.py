"""The teacher's labels before and after the consensus over each camera's frames: slot errors, box AP, reasons.

python benchmarks/labelling/consensus.py --root ../shared/data/cnr_ext --weights ../shared/weights [--json out.json]

Slots are read at two confidences by two rules: half covered, and matched (learned from the teacher's boxes of that
very row). Their labels and the vehicle boxes are only measured by; the consensus sees neither.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
from rich.console import Console
from rich.table import Table

from lotwise.cameras.slots import SlotRule, learn_slot_model, slot_rule
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Detections, Frame
from lotwise.datasets.images import content_key, image_size
from lotwise.datasets.load import load
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.teacher.consensus import ConsensusSettings, camera_consensus, count_reasons, write_audit
from lotwise.teacher.label import label
from lotwise.teacher.store import KnowledgeStore

CONFIDENCES = (0.25, 0.1)
"""At the first a detector is deployed; at the second it shows what the teacher only half sees."""


def known_store(folder: Path, frames: Sequence[Frame]) -> tuple[KnowledgeStore, dict[str, str]]:
    """The knowledge that an earlier run left, and the content key of each frame; nothing is labelled.

    Args:
        folder: a store's folder, or that of one oracle within it.
        frames: of one camera.

    Raises:
        InputError: no oracle, or several, or one that has not seen a frame.
    """
    oracles = [path.parent for path in sorted(folder.glob("**/oracle.json"))]
    if len(oracles) != 1:
        raise InputError(f"{folder}: holds knowledge of {len(oracles)} oracles; name the folder of one oracle.json")
    store = KnowledgeStore(oracles[0])
    keys = {frame.name: content_key(load(frame)) for frame in frames}
    missing = [name for name, key in keys.items() if key not in store]
    if missing:
        raise InputError(f"{oracles[0]}: knows nothing of {missing[0]}; leave out --knowledge to label it")
    return store, keys


def labelled_store(weights: Path, work: Path, frames: Sequence[Frame]) -> tuple[KnowledgeStore, Mapping[str, str]]:
    """The same by running the teacher on frames that it has not seen."""
    from lotwise.teacher.oracle import Oracle

    oracle = Oracle(weights)
    store = KnowledgeStore.open(work, oracle.identity, oracle.description)
    return store, label(frames, oracle, store).keys


def measure(dataset: Dataset, said: Mapping[str, Detections]) -> dict[str, Any]:
    """Slot errors by rule and confidence; where there is vehicle truth AP, precision and recall; of one camera."""
    camera, frames = dataset.cameras[0], [frame for frame in dataset.frames if frame.name in said]
    sizes = {frame.name: image_size(frame.path) for frame in frames}
    slots = dataset.slots.get(camera, ())
    model = learn_slot_model(list(said.values()), slots, sizes[frames[0].name])
    rules: dict[str, SlotRule] = {"half_covered": slot_rule(None), "matched": slot_rule(model)}
    row: dict[str, Any] = {}
    for confidence in CONFIDENCES:
        evidence = Evidence(
            frames, dataset.truth, {"teacher": said}, {"teacher": {camera: confidence}}, dataset.slots, sizes
        )
        for name, rule in rules.items():
            found = evaluate(SLOTS, replace(evidence, slot_rules={camera: rule})).rows[0]
            row |= {"slots": found.slots, f"errors_{name}_{confidence}": found.errors}
        boxes = evaluate(VEHICLES, evidence).rows[0]
        row |= {f"precision_{confidence}": boxes.deployed_precision, f"recall_{confidence}": boxes.deployed_recall}
    return row | {"map50": boxes.map50, "map50_95": boxes.map50_95}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--root", type=Path, default=shared / "data" / "cnr_ext")
    parser.add_argument("--cameras", default="1,3")
    parser.add_argument("--weights", type=Path, default=shared / "weights")
    parser.add_argument("--teacher", default="yolov8m.pt")
    parser.add_argument("--knowledge", type=Path, help="knowledge of these frames that is there already")
    parser.add_argument("--work", type=Path, default=Path("runs/consensus"))
    parser.add_argument("--audit", type=Path, help="folder for a line a box and camera, <camera>.jsonl")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    settings, rows = ConsensusSettings(), []
    for number in asked.cameras.split(","):
        dataset = read_cnr_ext(asked.root, [f"C{number}"])
        keys: Mapping[str, str]
        if asked.knowledge:
            store, keys = known_store(asked.knowledge, dataset.frames)
        else:
            store, keys = labelled_store(asked.weights / asked.teacher, asked.work, dataset.frames)
        start = time.process_time()
        verdicts = camera_consensus(dataset.frames, keys, store, settings)
        seconds = time.process_time() - start
        before = {name: store.get(keys[name]).detections for name in verdicts}
        after = {name: verdict.detections for name, verdict in verdicts.items()}
        camera = dataset.cameras[0]
        rows.append({"camera": camera, "labels": "teacher", "frames": len(before), **measure(dataset, before)})
        rows.append(
            {
                "camera": camera, "labels": "consensus", "frames": len(after), **measure(dataset, after),
                "reasons": count_reasons(verdicts), "seconds": round(seconds, 2),
            }
        )  # fmt: skip
        if asked.audit:
            asked.audit.mkdir(parents=True, exist_ok=True)
            write_audit(asked.audit / f"{camera}.jsonl", verdicts)
    show(rows)
    if asked.json:
        asked.json.write_text(json.dumps({"settings": asdict(settings), "rows": rows}, indent=1))


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    table = Table(title="Slots read wrongly by the teacher's labels, and box AP, before and after the consensus")
    errors = [f"errors_{rule}_{confidence}" for confidence in CONFIDENCES for rule in ("half_covered", "matched")]
    boxes = [f"{figure}_{confidence}" for confidence in CONFIDENCES for figure in ("precision", "recall")]
    columns = ["camera", "labels", "frames", "slots", *errors, *boxes, "map50", "map50_95", "seconds"]
    for name in columns:
        heading = name.removeprefix("errors_").replace("half_covered", "half covered").replace("_", " ")
        table.add_column(heading, justify="left" if name in ("camera", "labels") else "right")
    for row in rows:
        values = [row.get(name) for name in columns]
        table.add_row(*("-" if v is None else f"{v:.3f}" if isinstance(v, float) else str(v) for v in values))
    console = Console(width=200)
    console.print(table)
    for row in rows:
        if "reasons" in row:
            console.print(
                f"{row['camera']}: " + ", ".join(f"{count} {reason}" for reason, count in row["reasons"].items())
            )


if __name__ == "__main__":
    main()
