"""The command line: one thin function a verb. Heavy imports stand inside, so that help and a node stay light."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, cast, get_args

import typer
from rich import progress as rich_progress
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Progress
from lotwise.datasets.vehicles import VEHICLE_CLASSES
from lotwise.node_command_line import app as node_verbs

if TYPE_CHECKING:
    from lotwise.datasets.frame import Dataset
    from lotwise.eval.report import SlotRuleName
    from lotwise.eval.rows import Protocol
    from lotwise.students.pipeline.run import Plan, Run

app = typer.Typer(
    name="lotwise",
    help="A nano vehicle detector for every parking camera, distilled from a large one without a single label.",
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(node_verbs)
# Paths and messages are printed as they are: no markup in them, and no line broken where a user would copy it.
out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]  # of Click, which Typer carries under a name of its own

INTERRUPTED = 130  # what Typer returns after Ctrl-C
TRAINING_ONLY = ("torch", "ultralytics", "albumentations", "pycocotools", "matplotlib", "safetensors", "onnx", "nncf")

DEFAULT_TEACHER = "yolo26x.pt"
DEFAULT_STUDENT = "yolo26n.pt"
DEFAULT_CLASSES = ",".join(VEHICLE_CLASSES)

Site = Annotated[Path | None, typer.Argument(help="Site file; or give --dataset and --root.")]
DatasetKind = Annotated[str | None, typer.Option("--dataset", help="cnr-ext, pklot, yolo, coco, folder or synthetic.")]
Root = Annotated[Path | None, typer.Option(help="Folder of the dataset.")]
Cameras = Annotated[str | None, typer.Option(help="Camera ids with commas, such as 1,3; all where not given.")]
Teacher = Annotated[str, typer.Option(help="Weights of the oracle: an Ultralytics detection model.")]
Student = Annotated[str, typer.Option(help="Weights of the nano that every student starts from.")]
Out = Annotated[Path, typer.Option("--out", help="Run folder; a run that was killed goes on there.")]
RunFolder = Annotated[Path, typer.Option("--run", help="Run folder of an earlier stage.")]
Size = Annotated[int | None, typer.Option(help="Longer side of the student's input, px; 640 where not given.")]
Scales = Annotated[str, typer.Option(help="Longer sides at which the oracle looks, with commas.")]
Flip = Annotated[bool, typer.Option("--flip", help="The oracle also looks at the mirrored frame (twice the time).")]
Tiles = Annotated[
    int, typer.Option(min=0, max=8, help="N: the oracle also looks at N x N parts of the frame, for far rows.")
]
Classes = Annotated[str, typer.Option(help="Names of the teacher's classes that are vehicles, with commas.")]
Epochs = Annotated[int | None, typer.Option(min=1, help="Rounds over a camera's frames.")]
Seed = Annotated[int | None, typer.Option(min=0, help="The same seed, the same students; 0 where not given.")]
Holdout = Annotated[
    float, typer.Option(min=0, max=0.5, help="Share of each camera's frames kept for the report; 0 learns from all.")
]
Budget = Annotated[
    int | None,
    typer.Option("--frames", min=1, help="Label at most so many training frames a camera, the most telling ones."),
]
Settings = Annotated[
    Path | None, typer.Option(help="YAML with any of the settings in students/distillation/settings.py, for experts.")
]
ProtocolName = Annotated[
    str | None, typer.Option("--protocol", help="slots, vehicles or teacher; the best that the truth allows.")
]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Also write the result here as JSON.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Also write one self-contained page here.")]


@app.command(epilog="Example: lotwise demo --out runs/demo")
def demo(
    folder: Out = Path("runs/demo"),
    seed: Annotated[int, typer.Option(min=0, help="Another seed renders another site.")] = 0,
) -> None:
    """The whole job on a rendered parking site: label, distil, export, report. Nothing is downloaded."""
    from lotwise.datasets.synthetic import render_site
    from lotwise.students.pipeline.demo import CAMERAS, DAYS, FRAMES_PER_DAY, HEIGHT, WIDTH, demo_plan, write_demo_site

    with bars() as progress:
        render_site(
            folder / "frames",
            cameras=CAMERAS,
            days=DAYS,
            frames_per_day=FRAMES_PER_DAY,
            width=WIDTH,
            height=HEIGHT,
            seed=seed,
            progress=lambda done, total: progress("render", done, total, ""),
        )
    _adapt(folder, demo_plan(folder / "frames", seed), protocol="vehicles", as_json=None, html=None)
    out.print(f"Next, a camera node of these students: lotwise run {write_demo_site(folder)}")


@app.command(
    epilog="Examples: lotwise adapt --dataset folder --root frames --out runs/lot   ·   "
    "lotwise adapt --dataset cnr-ext --root CNR-EXT --cameras 1,3 --out runs/cnr"
)
def adapt(
    context: typer.Context,
    site: Site = None,
    dataset: DatasetKind = None,
    root: Root = None,
    cameras: Cameras = None,
    teacher: Teacher = DEFAULT_TEACHER,
    student: Student = DEFAULT_STUDENT,
    folder: Out = Path("runs/adapt"),
    size: Size = None,
    scales: Scales = "640,1280",
    flip: Flip = False,
    tiles: Tiles = 0,
    classes: Classes = DEFAULT_CLASSES,
    epochs: Epochs = None,
    seed: Seed = None,
    holdout: Holdout = 0.25,
    budget: Budget = None,
    settings: Settings = None,
    protocol: ProtocolName = None,
    as_json: JsonFile = None,
    html: HtmlFile = None,
) -> None:
    """Frames in, a live student per camera out, and a table that proves it. No labels."""
    from lotwise.students.pipeline.options import plan_of

    _known(protocol)
    plan = plan_of(context.params)
    _adapt(folder, plan, protocol, as_json, html)


@app.command(epilog="Example: lotwise label --dataset folder --root frames --out runs/lot")
def label(
    context: typer.Context,
    site: Site = None,
    dataset: DatasetKind = None,
    root: Root = None,
    cameras: Cameras = None,
    teacher: Teacher = DEFAULT_TEACHER,
    student: Student = DEFAULT_STUDENT,
    folder: Out = Path("runs/adapt"),
    size: Size = None,
    scales: Scales = "640,1280",
    flip: Flip = False,
    tiles: Tiles = 0,
    classes: Classes = DEFAULT_CLASSES,
    epochs: Epochs = None,
    seed: Seed = None,
    holdout: Holdout = 0.25,
    budget: Budget = None,
    settings: Settings = None,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="Least score of a box in the label files.")] = 0.25,
) -> None:
    """First stage: the oracle looks at every frame once. Also writes YOLO and COCO label files."""
    from lotwise.students.pipeline.adapt import label_frames
    from lotwise.students.pipeline.options import plan_of
    from lotwise.students.pipeline.run import Run, open_frames
    from lotwise.teacher.pseudo_labels import write_pseudo_labels

    plan = plan_of(context.params)
    run = Run(folder)
    frames = open_frames(plan.dataset, plan.root, plan.cameras)
    run.begin(plan)
    with bars() as progress:
        labelled, store, _ = label_frames(run, frames, progress)
    _say_notes([*frames.notes, *(f"Skipped: {why}." for why in labelled.skipped.values())])
    written = write_pseudo_labels(folder / "labels", frames.frames, labelled.keys, store, confidence)
    out.print(
        f"{len(labelled.keys)} frames labelled ({labelled.predicted} new), {len(labelled.skipped)} skipped; "
        f"label files: {written}"
    )


@app.command(name="frames", epilog="Example: lotwise frames --dataset folder --root frames --count 8")
def choose_frames(
    count: Annotated[int, typer.Option(min=1, help="How many frames of each camera.")],
    site: Site = None,
    dataset: DatasetKind = None,
    root: Root = None,
    cameras: Cameras = None,
    holdout: Holdout = 0.25,
    as_json: JsonFile = None,
) -> None:
    """Which frames --frames would choose, the most telling first, and why. Nothing is labelled."""
    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.students.pipeline.options import source_of
    from lotwise.students.pipeline.run import open_frames
    from lotwise.teacher.frame_selection.selection import select_frames

    frames = open_frames(*source_of(site, dataset, root), parse_cameras(cameras))
    with bars() as progress:
        selections = {
            camera: select_frames(frames.of_camera(camera), count, holdout, progress) for camera in frames.cameras
        }
    _say_notes([*frames.notes, *(f"Skipped: {why}." for one in selections.values() for why in one.skipped.values())])
    for camera, one in selections.items():
        out.print(
            f"{camera}: {len(one.chosen)} of {len(one.split.train)} training frames; "
            f"near-duplicates of these: {one.choice.alike}"
        )
        for frame, reason in zip(one.chosen, one.choice.chosen, strict=True):
            distance = "" if reason.distance is None else f"{reason.distance:.2f}"
            out.print(f"  {reason.why:<13} {distance:>4}  {frame.name}")
    if as_json is not None:
        _write(as_json, json.dumps({camera: one.as_json() for camera, one in selections.items()}, indent=1) + "\n")


@app.command(epilog="Example: lotwise train --run runs/lot")
def train(folder: RunFolder) -> None:
    """Second stage: one student per camera, from the stored knowledge."""
    from lotwise.students.pipeline.adapt import label_frames, train_students
    from lotwise.students.pipeline.run import Run, open_frames

    run = Run(folder)
    plan = run.plan()
    frames = open_frames(plan.dataset, plan.root, plan.cameras)
    with bars() as progress:
        labelled, store, _ = label_frames(run, frames, progress)
        records = train_students(run, frames, labelled, store, progress)
    for record in records:
        out.print(f"{record.camera}: {record.training['steps']} steps in {record.training['seconds']} s")


@app.command(epilog="Example: lotwise export --run runs/lot")
def export(folder: RunFolder) -> None:
    """Third stage: bundles, compared with their students; the better of student and nano goes live."""
    from lotwise.students.pipeline.adapt import export_bundles, label_frames
    from lotwise.students.pipeline.run import Run, open_frames

    run = Run(folder)
    plan = run.plan()
    frames = open_frames(plan.dataset, plan.root, plan.cameras)
    if not run.records():
        raise InputError(f"{folder}: no student here yet; run lotwise train --run {folder} first")
    with bars() as progress:
        _, store, oracle = label_frames(run, frames, progress)
        export_bundles(run, frames, oracle, store, progress)
    _say_bundles(folder)


@app.command(
    epilog="Example: lotwise report --run runs/cnr --dataset cnr-ext --root CNR-EXT --protocol vehicles --html r.html"
)
def report(
    folder: RunFolder,
    dataset: DatasetKind = None,
    root: Root = None,
    cameras: Cameras = None,
    protocol: ProtocolName = None,
    rule: Annotated[
        Literal["learned", "half-covered"], typer.Option("--slot-rule", help="How slots are read from boxes.")
    ] = "learned",
    as_json: JsonFile = None,
    html: HtmlFile = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write a Markdown table here.")] = None,
) -> None:
    """Precision, recall, mAP50 and mAP50-95 per camera: teacher, untouched nano and student side by side."""
    _known(protocol)
    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.students.pipeline.run import Run, open_frames

    run = Run(folder)
    plan = run.plan()
    if (dataset is None) != (root is None):
        raise InputError("--dataset and --root belong together; leave both out for the frames of the run itself")
    frames = open_frames(
        dataset or plan.dataset, root or plan.root, parse_cameras(cameras) if cameras else plan.cameras
    )
    _report(run, frames, protocol, as_json, html, markdown, rule)


@app.command(epilog="Example: lotwise curve runs/lot --counts 1,2,4,8")
def curve(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder of lotwise label or adapt.")],
    camera: Annotated[str | None, typer.Option(help="Only this camera.")] = None,
    counts: Annotated[
        str | None, typer.Option(help="Numbers of frames, with commas; 1,2,4,… up to 64 where not given.")
    ] = None,
    as_json: JsonFile = None,
) -> None:
    """When more frames stop paying: one student for each number of frames, measured on those held out."""
    from lotwise.students.pipeline.curve import curves, parse_counts, table
    from lotwise.students.pipeline.run import Run

    run, numbers = Run(folder), parse_counts(counts)
    with bars() as progress:
        found = curves(run, camera, numbers, progress)
    out.print(table(found))
    for one in found:
        out.print(f"- {one.note}", style="dim")
        out.print(one.verdict)
        out.print(f"Picture: {run.camera(one.camera) / 'curve' / 'curve.png'}")
    if as_json is not None:
        _write(as_json, json.dumps([one.as_json() for one in found], indent=1) + "\n")


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
    from lotwise.cameras.detection.detector import load_detector
    from lotwise.cameras.detection.files import detect_files
    from lotwise.cameras.site.slot_file import read_slot_file

    detector = _torch_detector(model) if model.suffix == ".pt" else load_detector(model)
    known = read_slot_file(slots) if slots is not None else None
    with bars() as progress:
        results, skipped = detect_files(detector, paths, as_json, conf, known, progress)
    _say_notes([f"Skipped: {why}." for why in skipped])
    found = sum(len(result["boxes"]) for result in results)
    out.print(f"{found} vehicles on {len(results)} images, {len(skipped)} skipped: {as_json}")


@app.command(epilog="Example: lotwise download cnr-ext --out data/cnr_ext")
def download(
    name: Annotated[str, typer.Argument(help="cnr-ext")],
    folder: Annotated[Path, typer.Option("--out", help="Where it goes.")] = Path("data/cnr_ext"),
    parts: Annotated[str, typer.Option(help="frames, slots, labels.")] = "frames,slots,labels",
) -> None:
    """Fetch a public dataset from its official home; goes on where it was cut off."""
    from lotwise.datasets.download import download_cnr_ext

    if name != "cnr-ext":
        raise InputError(f"{name}: no such dataset to download; there is cnr-ext")
    with bars() as progress:
        download_cnr_ext(
            folder,
            tuple(part.strip() for part in parts.split(",")),
            lambda file, done, total: progress(f"download {file}", done, total or done, ""),
        )
    out.print(f"CNR-EXT is in {folder}; next: lotwise adapt --dataset cnr-ext --root {folder}")


def _adapt(folder: Path, plan: Plan, protocol: str | None, as_json: Path | None, html: Path | None) -> None:
    from lotwise.students.pipeline.adapt import adapt as adapt_cameras
    from lotwise.students.pipeline.run import Run

    run = Run(folder)
    with bars() as progress:
        frames, labelled = adapt_cameras(run, plan, progress)
    _say_notes([*frames.notes, *(f"Skipped: {why}." for why in labelled.skipped.values())])
    _say_bundles(folder)
    _report(
        run, frames, protocol, as_json or folder / "report.json", html or folder / "report.html", folder / "report.md"
    )


def _report(
    run: Run,
    frames: Dataset,
    protocol: str | None,
    as_json: Path | None,
    html: Path | None,
    markdown: Path | None,
    rule: SlotRuleName = "learned",
) -> None:
    from lotwise.eval.report import collect, make_report, write_page
    from lotwise.eval.table import markdown as as_markdown
    from lotwise.eval.table import remarks, rich_table, to_json, verdict

    with bars() as progress:
        collected = collect(run, frames, progress)
    result = make_report(collected, _known(protocol), rule)
    wide = out if out.is_terminal else Console(highlight=False, width=120)
    wide.print(rich_table(result), soft_wrap=False)
    for remark in remarks(result):
        out.print(f"- {remark}", style="dim")
    out.print(verdict(result))
    if as_json is not None:
        _write(as_json, json.dumps(to_json(result), indent=1) + "\n")
    if markdown is not None:
        _write(markdown, as_markdown(result))
    if html is not None:
        write_page(html, result, collected, rule)
        out.print(f"Page: {html}")


def _known(protocol: str | None) -> Protocol | None:
    """The protocol, which is asked for before any work is done."""
    from lotwise.eval.rows import Protocol

    if protocol is not None and protocol not in get_args(Protocol):
        raise InputError(f"--protocol {protocol}: choose one of {', '.join(get_args(Protocol))}")
    return cast("Protocol | None", protocol)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _torch_detector(weights: Path) -> Any:
    from lotwise.teacher.single_scale import SingleScale

    return SingleScale(weights)


def _say_notes(notes: Sequence[str]) -> None:
    for note in notes:
        err.print(f"note: {note}", style="yellow")


def _say_bundles(folder: Path) -> None:
    from lotwise.students.export.int8 import verdict
    from lotwise.students.pipeline.run import Run

    run = Run(folder)
    for camera, record in run.records().items():
        if record.live is None:
            continue
        what = (
            "student" if record.live == record.bundle else "untouched nano (the student agreed less with the teacher)"
        )
        out.print(f"{camera}: live is the {what}, {run.registry(camera).live()}")
        if "int8" in record.gate:
            out.print(f"{camera}: {verdict(record.gate['int8'])}")


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress bars on a terminal; elsewhere one line when something is finished."""
    if not err.is_terminal:

        def tell(stage: str, done: int, total: int, words: str) -> None:
            if done == total and total:
                err.print(f"{stage}: {done} done{f' ({words})' if words else ''}")

        yield tell
        return
    columns = (
        TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[words]}"),
    )  # fmt: skip
    with rich_progress.Progress(*columns, console=err) as shown:
        tasks: dict[str, TaskID] = {}

        def move(stage: str, done: int, total: int, words: str) -> None:
            if stage not in tasks:
                tasks[stage] = shown.add_task(stage, total=total, words="")
            shown.update(tasks[stage], completed=done, total=total, words=words)

        yield move


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; bad input and wrong usage are one line on stderr and exit code 2."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = app(given or ["--help"], prog_name="lotwise", standalone_mode=False)
    except InputError as error:
        _refuse(str(error))
    except WrongUsage as error:
        context = getattr(error, "ctx", None)
        said = getattr(error, "format_message", error.__str__)().rstrip(".")
        _refuse(f"{said}; see {context.command_path if context else 'lotwise'} --help")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in TRAINING_ONLY:
            raise
        _refuse(f"this needs {error.name}, which a camera node goes without; run pip install 'lotwise[train]'")
    except OSError as error:
        full = error.errno == errno.ENOSPC
        mend = "free some space and run again" if full else "mend that and run again"
        _refuse(f"{error.filename or 'disk'}: {'the disk is full' if full else error.strerror or error}; {mend}")
    else:
        if code == INTERRUPTED:
            err.print("stopped; the same command goes on from here")
        sys.exit(code or 0)


def _refuse(why: str) -> NoReturn:
    err.print(f"error: {' '.join(why.split())}", style="bold red")
    sys.exit(2)


if __name__ == "__main__":
    main()
