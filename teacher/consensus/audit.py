"""The audit of a consensus: a line a box to read, and how often each reason applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lotwise.datasets.whole_file import write_whole
from lotwise.teacher.consensus.verdict import REASONS, Reason, Verdict


def count_reasons(verdicts: Mapping[str, Verdict]) -> dict[Reason, int]:
    """How many boxes there are of each reason, over all frames."""
    reasons = [finding.reason for verdict in verdicts.values() for finding in verdict.findings]
    return {reason: reasons.count(reason) for reason in REASONS}


def count_audit(path: Path) -> dict[Reason, int]:
    """How many boxes of each reason a file that :func:`write_audit` wrote tells of; none where there is no file."""
    lines = path.read_text().splitlines() if path.is_file() else []
    reasons = [json.loads(line)["reason"] for line in lines]
    return {reason: reasons.count(reason) for reason in REASONS}


def write_audit(path: Path, verdicts: Mapping[str, Verdict]) -> None:
    """Write one JSON line for each box: frame, reason, score and box before and after, supporting frames.

    Args:
        path: the file to write.
        verdicts: by frame name, in order of time.
    """
    names = list(verdicts)
    lines = []
    for name, verdict in verdicts.items():
        corrected = verdict.detections
        for box, score, finding in zip(corrected.boxes, corrected.scores, verdict.findings, strict=True):
            lines.append(
                json.dumps(
                    {
                        "frame": name,
                        "reason": finding.reason,
                        "score": [round(finding.score, 4), round(float(score), 4)],
                        "before": None if finding.box is None else np.round(finding.box.astype(float), 1).tolist(),
                        "after": np.round(box.astype(float), 1).tolist(),
                        "support": [names[index] for index in finding.support],
                    }
                )
            )
    write_whole(path, "".join(f"{line}\n" for line in lines).encode())
