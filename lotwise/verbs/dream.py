"""``lotwise dream``: pictures and a student from metadata of a camera and the teacher alone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import JOB_OPTIONS, JsonFile, with_options_of
from lotwise.students.pipeline.job import Job
from lotwise.terminal import out, progress_bars, write_json

app = typer.Typer()


@dataclass(frozen=True)
class Models:
    """With what dreams are made, and who learns from them."""

    teacher: str = Job.teacher
    student: str = Job.student
    seed: int | None = None
    settings: Path | None = None


OPTIONS = {field.name: JOB_OPTIONS[field.name] for field in fields(Models)}


@app.command(epilog="Example: lotwise dream runs/elsewhere --metadata C1/metadata.safetensors --count 24")
@with_options_of(Models, OPTIONS)
def dream(
    models: Models,
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder that gets dreams and students, one folder a camera.")
    ],
    metadata: Annotated[
        list[Path], typer.Option("--metadata", help="File of lotwise metadata; again for each further camera.")
    ],
    count: Annotated[int | None, typer.Option(min=1, help="Dreams of each camera; 24 where not given.")] = None,
    only_pictures: Annotated[
        bool, typer.Option("--only-pictures", help="Make dreams and the page of them, and no student.")
    ] = False,
    as_json: JsonFile = None,
) -> None:
    """Dreams of cameras from metadata and teacher alone, and a student that learned from them. No frame is needed."""
    from lotwise.eval.page.dreams import write_gallery
    from lotwise.students.pipeline.run import Run
    from lotwise.students.pipeline.settings_file import read_settings, read_synthesis
    from lotwise.students.synthesis.elsewhere import label_dreams, student_of_dreams
    from lotwise.students.synthesis.metadata_file import read_metadata

    distill = read_settings(models.settings, {} if models.seed is None else {"seed": models.seed})
    asked = read_synthesis(models.settings, {"dream": {"count": count, "seed": models.seed}}).dream
    known = [read_metadata(path) for path in metadata]
    cameras = [one.header.camera for one in known]
    if len(set(cameras)) < len(cameras):
        raise InputError(f"--metadata: two files of one camera ({', '.join(cameras)}); give one of each")
    told = []
    for one in known:
        place = folder / Run(folder).camera(one.header.camera).name
        with progress_bars() as progress:
            if not only_pictures:
                made = student_of_dreams(one, models.teacher, models.student, asked, distill, place, progress)
                told.append({**made.model_dump(mode="json"), "folder": str(place)})
            dreams = label_dreams(one, models.teacher, asked, place, progress)
        page = write_gallery(place, one, dreams)
        out.print(f"{one.header.camera}: {len(dreams.dreams.frames)} dreams; page: {page}")
    if not only_pictures:
        out.print(f"On the camera's machine: lotwise export --run RUN --dreamed {folder}")
    write_json(as_json, told)
