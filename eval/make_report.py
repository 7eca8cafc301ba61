"""The report of a run, and its page: by one protocol, from what was collected of the run's models."""

from __future__ import annotations

from pathlib import Path

from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.whole_file import write_whole
from lotwise.eval.collect import Collected
from lotwise.eval.comparison import Report
from lotwise.eval.evaluation import evaluate
from lotwise.eval.page.page import page
from lotwise.eval.page.pictures import draw_pictures
from lotwise.eval.protocols import Protocol, best_protocol


def make_report(collected: Collected, protocol: Protocol | None) -> Report:
    """A report by one protocol; by the first that the truth allows where None is asked for."""
    chosen = protocol or best_protocol(collected.evidence)
    return evaluate(chosen, collected.evidence, held_out=collected.held_out, notes=collected.notes, live=collected.live)


def write_page(path: Path, report: Report, collected: Collected, read: LoadFrame = load) -> None:
    """The report as one self-contained HTML page."""
    text = page(report, draw_pictures(report.protocol, collected.evidence, read=read), ladders=collected.ladders)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode("utf-8"))
