"""``lotwise detect``: a bundle, or any YOLO, on images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.terminal import out, print_skipped, progress_bars

if TYPE_CHECKING:
    from lotwise.cameras.detection.files import Model

app = typer.Typer()


@app.command(epilog="Example: lotwise detect runs/lot/cameras/C1/bundles/0123456789abcdef frames --json out.json")
def detect(
    model: Annotated[Path, typer.Argument(help="Bundle folder, .onnx or .pt.")],
    paths: Annotated[list[Path], typer.Argument(help="Images or folders of images.")],
    as_json: Annotated[Path, typer.Option("--json", help="Where the detections go.")],
    conf: Annotated[
        float | None, typer.Option(min=0, max=1, help="Least score; the bundle's own where not given.")
    ] = None,
    slots: Annotated[Path | None, typer.Option(help="Slot file; the bundle's own slots where not given.")] = None,
) -> None:
    """Run a bundle, or any YOLO in .onnx or .pt, on images; with slots, tell which are free."""
    from lotwise.cameras.detection.files import detect_files
    from lotwise.cameras.site.slot_file import read_slot_file

    detector = _load(model)
    known = read_slot_file(slots) if slots is not None else None
    with progress_bars() as progress:
        results, skipped = detect_files(detector, paths, as_json, conf, known, progress)
    print_skipped(skipped)
    found = sum(len(result["boxes"]) for result in results)
    out.print(f"{found} vehicles on {len(results)} images, {len(skipped)} skipped: {as_json}")


def _load(model: Path) -> Model:
    if model.suffix == ".pt":
        from lotwise.teacher.single_scale import SingleScale

        return SingleScale(model)
    from lotwise.cameras.detection.detector import load_detector

    return load_detector(model)
