"""``lotwise partition``: one student over several boards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Cameras, JsonFile, Shadow
from lotwise.terminal import out, plain_table, print_table, progress_bars, write_json

if TYPE_CHECKING:
    from lotwise.students.pipeline.partition import Partitioned

app = typer.Typer()


@app.command(epilog="Example: lotwise partition runs/lot --boards 3 --budget 1MB --by scale --cameras C1")
def partition(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder of lotwise adapt or lotwise train.")],
    boards: Annotated[int, typer.Option(min=1, max=16, help="Boards, each with a module.")] = 3,
    budget: Annotated[
        str | None, typer.Option(help="Most bytes of one board's module, such as 500kB; no limit where not given.")
    ] = None,
    by: Annotated[
        Literal["scale", "region", "channel"],
        typer.Option(help="How: a level of the head for each board, a part of the view, or channels of the neck."),
    ] = "scale",
    cameras: Cameras = None,
    parameters: Annotated[int | None, typer.Option(min=1, help="Most weights of one board's module.")] = None,
    multiply_adds: Annotated[
        int | None, typer.Option("--multiply-adds", min=1, help="Most multiply-adds of one board for a frame.")
    ] = None,
    effort: Annotated[
        float, typer.Option(min=0.1, max=20, help="Steps of training, as a multiple of the full-size student's.")
    ] = 2.0,
    allowed: Annotated[
        float, typer.Option(min=0, max=1, help="Largest loss with which it goes live by itself.")
    ] = 0.02,
    shadow: Shadow = None,
    as_json: JsonFile = None,
) -> None:
    """Divide each camera's student into modules for several boards, within a budget for each. No teacher."""
    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.eval.boards import write_boards_page
    from lotwise.students.ensemble.budget import parse_bytes
    from lotwise.students.ensemble.settings import PartitionSettings
    from lotwise.students.pipeline.adapt import partition as partition_run
    from lotwise.students.pipeline.partition import as_json as found_json
    from lotwise.students.pipeline.run import Run

    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the run folder of lotwise adapt")
    asked = PartitionSettings(
        boards=boards,
        by=by,
        bytes=None if budget is None else parse_bytes(budget),
        parameters=parameters,
        multiply_adds=multiply_adds,
        effort=effort,
        allowed=allowed,
    )
    with progress_bars() as progress:
        found = partition_run(Run(folder), asked, parse_cameras(cameras), progress, shadow)
    _print(found)
    out.print(f"Page: {write_boards_page(Run(folder), asked, found)}")
    write_json(as_json, [found_json(one) for one in found])


def _print(found: list[Partitioned]) -> None:
    modules, lost = [], []
    for one in found:
        assert one.manifest.ensemble is not None
        for number, module in enumerate(one.manifest.ensemble.modules, start=1):
            left, top, right, bottom = module.window
            modules.append(
                (
                    one.camera, str(number), "+".join(module.levels), f"{right - left}x{bottom - top} at {left},{top}",
                    f"{module.bytes / 1000:.0f}", str(module.parameters), f"{module.multiply_adds / 1e6:.0f}",
                )
            )  # fmt: skip
        for name, losses in one.losses.items():
            slots = "" if losses.slots is None else f"{losses.slots:.3f}"
            lost.append((one.camera, name, f"{losses.f1:.3f}", f"{losses.strict:.3f}", f"{losses.small:.3f}", slots))
    print_table(plain_table(("camera", "board", "levels", "looks at", "kB", "weights", "M multiply-adds"), modules))
    print_table(plain_table(("camera", "board lost", "F1", "tight", "small", "slots"), lost))
    out.print("F1 to slots: what is lost against the full-size student, on frames that neither learned from.")
    words = {"promoted": "is live", "shadow": "runs in the shadow of the live one", "kept": "does not go live"}
    for one in found:
        out.print(f"{one.camera}: bundle {one.bundle} {words[one.outcome]}: {one.why}")
