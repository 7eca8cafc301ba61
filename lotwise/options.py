"""Options that several verbs share, each declared once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_type_hints

import typer

from lotwise.datasets.readers.kinds import KINDS
from lotwise.eval.protocol_names import PROTOCOL_NAMES


def one_of(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    >>> one_of(["slots", "vehicles", "teacher"])
    'slots, vehicles or teacher'
    """
    return f"{', '.join(names[:-1])} or {names[-1]}"


Site = Annotated[Path | None, typer.Argument(help="Site file. Leave it out where you give --dataset and --root.")]
DatasetKind = Annotated[str | None, typer.Option("--dataset", help=f"Kind of the dataset: {one_of(KINDS)}.")]
Root = Annotated[Path | None, typer.Option(help="Folder that holds the dataset.")]
Cameras = Annotated[
    str | None,
    typer.Option(help="Ids of the cameras, with commas between them, such as 1,3. All cameras where not given."),
]
Out = Annotated[Path, typer.Option("--out", help="Run folder: gets all results. A run that was killed goes on there.")]
RunFolder = Annotated[Path, typer.Option("--run", help="Run folder that an earlier stage has written.")]
Shadow = Annotated[
    bool | None,
    typer.Option(
        "--shadow/--no-shadow",
        help="Whether a new bundle runs beside the live one on the node before it goes live. Where not given, it does "
        "if a node of this machine runs the live one.",
        show_default=False,
    ),
]
ExecutorChoice = Annotated[
    Literal["local", "ray"] | None,
    typer.Option(
        "--executor",
        help="Work on several cameras at once, each in a process of its own: local (this machine) or ray (a Ray "
        "cluster). Where not given, one camera after the other in this process.",
        show_default=False,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="With --executor: most cameras at once; as many as there are CPUs where not given.",
        show_default=False,
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        help="With --executor ray: HOST:PORT of the cluster's head; without it a cluster of this machine is started.",
        show_default=False,
    ),
]
CameraMemory = Annotated[
    float | None,
    typer.Option(
        "--camera-memory",
        min=0.1,
        help="With --executor: most GB of memory a camera may take; one that takes more is ended and told.",
        show_default=False,
    ),
]
CameraTime = Annotated[
    str | None,
    typer.Option(
        "--camera-time",
        help="With --executor: longest time for one camera, such as 2h; one that takes longer is ended and told.",
        show_default=False,
    ),
]
Holdout = Annotated[
    float,
    typer.Option(
        min=0,
        max=0.5,
        help="Share of each camera's frames that is kept for the report. With 0, students learn from all frames.",
    ),
]
Protocol = Annotated[
    str | None,
    typer.Option(
        "--protocol",
        help=f"What the models are measured by: {one_of(PROTOCOL_NAMES)}. "
        "Where not given, the first of these for which the dataset has truth.",
    ),
]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Also write the result here as JSON.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Also write one self-contained page here.")]

RightSizeBudget = Annotated[
    Literal["full", "accuracy", "balanced", "speed"] | None,
    typer.Option(
        "--budget",
        help="What a camera's student may lose against the full size to cost less: full (nothing is tried), accuracy, "
        "balanced or speed. Full where not given.",
        show_default=False,
    ),
]
FramesPerSecond = Annotated[
    float | None,
    typer.Option(
        "--fps",
        min=0.01,
        help="Instead of a budget: frames a second of each camera that this machine must keep up with. Each camera "
        "gets the best student that does.",
    ),
]
BoxCameras = Annotated[
    int | None,
    typer.Option(min=1, help="With --fps: how many cameras share the machine; those of the run where not given."),
]

Healthy = Annotated[
    bool,
    typer.Option(
        "--healthy", help="Only say whether the one that runs on this machine is well; exit code 1 where it is not."
    ),
]
Background = Annotated[
    Literal["none", "channels", "picture"] | None,
    typer.Option(
        "--background",
        help="What metadata tell of a view beside its vehicles: none; channels, mean and deviation of the teacher's "
        "channels; picture, also a small blurred picture without vehicles. Channels where not given.",
        show_default=False,
    ),
]

SiteFile = Annotated[Path, typer.Argument(metavar="SITE", help="Site file that describes the cameras.")]
Bundles = Annotated[
    Path, typer.Argument(metavar="BUNDLES", help="Run folder, bundles folder of one camera, or site file.")
]
Camera = Annotated[str | None, typer.Option(help="Id of the only camera that is meant.")]
Identity = Annotated[
    str,
    typer.Argument(
        metavar="BUNDLE", help="Identity of the bundle as lotwise bundles prints it, or its first characters."
    ),
]


@dataclass(frozen=True)
class Frames:
    """Which frames a job looks at."""

    site: Site = None
    dataset: DatasetKind = None
    root: Root = None
    cameras: Cameras = None


@dataclass(frozen=True)
class SideBySide:
    """How several cameras are worked on at once."""

    executor: ExecutorChoice = None
    workers: Workers = None
    address: Address = None
    camera_memory: CameraMemory = None
    camera_time: CameraTime = None


JOB_OPTIONS: Mapping[str, Any] = {
    "site": Site,
    "dataset": DatasetKind,
    "root": Root,
    "cameras": Cameras,
    "teacher": Annotated[str, typer.Option(help="Weights of the oracle: an Ultralytics detection model.")],
    "student": Annotated[str, typer.Option(help="Weights of the nano that every student starts from.")],
    "size": Annotated[
        int | None, typer.Option(help="Longer side of the student's input in pixels; 640 where not given.")
    ],
    "scales": Annotated[
        str, typer.Option(help="Longer sides in pixels at which the oracle looks at a frame, with commas between them.")
    ],
    "flip": Annotated[
        bool, typer.Option("--flip", help="The oracle also looks at the mirrored frame (twice the time).")
    ],
    "tiles": Annotated[
        int,
        typer.Option(
            min=0,
            max=8,
            help="With N, the oracle also looks at N x N parts of each frame, which shows it far rows larger.",
        ),
    ],
    "classes": Annotated[
        str, typer.Option(help="Names of the teacher's classes that are vehicles, with commas between them.")
    ],
    "epochs": Annotated[
        int | None, typer.Option(min=1, help="How often a student goes through all frames of its camera.")
    ],
    "seed": Annotated[
        int | None,
        typer.Option(
            min=0, help="Seed of everything random: the same seed gives the same students; 0 where not given."
        ),
    ],
    "holdout": Holdout,
    "frames": Annotated[
        int | None,
        typer.Option(
            "--frames",
            min=1,
            help="Label at most N training frames of each camera: those that tell most. All where not given.",
        ),
    ],
    "settings": Annotated[
        Path | None,
        typer.Option(help="YAML file with settings of the distillation; docs/settings.md lists them all."),
    ],
    "budget": RightSizeBudget,
    "fps": FramesPerSecond,
    "box_cameras": BoxCameras,
    "frames_stay_on_camera": Annotated[
        bool,
        typer.Option(
            "--frames-stay-on-camera",
            help="Students learn without a single frame: from dreams that are made elsewhere, of metadata of each "
            "camera and the teacher alone.",
        ),
    ],
    "background": Background,
    "dreams": Annotated[
        int | None,
        typer.Option("--dreams", min=1, help="Where frames stay on the camera: dreams of each; 24 where not given."),
    ],
    "ignore_regions": Annotated[
        Path | None,
        typer.Option(help="Folder with ID.json of each camera: boxes of things that are no vehicles."),
    ],
}
"""How each field of :class:`lotwise.students.pipeline.job.Job` is asked for; its default is the field's own."""


def with_options_of(
    bundle: type, options: Mapping[str, Any] = MappingProxyType({})
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A verb whose parameter of the type ``bundle`` is filled from one option for each field of it.

    Typer knows options only as parameters of a function. This gives the function a signature in which the fields
    of the dataclass stand in place of the one parameter, and builds the dataclass from what Typer passes.

    Args:
        bundle: the dataclass.
        options: annotated type of each field, where the fields do not carry one themselves.
    """
    names = [field.name for field in fields(bundle)]
    hints = {**get_type_hints(bundle, include_extras=True), **options}

    def decorate(verb: Callable[..., None]) -> Callable[..., None]:
        own_hints = get_type_hints(verb, include_extras=True)
        (bundled,) = (name for name, hint in own_hints.items() if hint is bundle)

        @functools.wraps(verb)
        def called(**given: Any) -> None:
            verb(**{bundled: bundle(**{name: given.pop(name) for name in names})}, **given)

        parameters = []
        for parameter in inspect.signature(verb).parameters.values():
            if parameter.name == bundled:
                parameters += [
                    parameter.replace(name=field.name, default=field.default, annotation=hints[field.name])
                    for field in fields(bundle)
                ]
            else:
                parameters.append(parameter.replace(annotation=own_hints[parameter.name]))
        keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
        called.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return called

    return decorate
