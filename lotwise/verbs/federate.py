"""``lotwise federate``: cameras learn from each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import JOB_OPTIONS, HtmlFile, JsonFile, Protocol, Shadow, with_options_of
from lotwise.students.pipeline.job import Job
from lotwise.terminal import out, plain_table, print_notes, print_table, progress_bars, write_json
from lotwise.verbs.adapt import adapt_and_report
from lotwise.verbs.report import check_protocol, print_report

if TYPE_CHECKING:
    from lotwise.students.federation.federate import FederatedRun
    from lotwise.students.federation.settings import FederationSettings
    from lotwise.students.pipeline.run import Run

app = typer.Typer()

OPTIONS = {
    **JOB_OPTIONS,
    "site": Annotated[
        Path | None,
        typer.Argument(metavar="[SITE|RUN]", help="Run folder of lotwise adapt or lotwise label; or a site file."),
    ],
}


@app.command(
    epilog="Examples: lotwise federate runs/lot --method fedavg --rounds 10   ·   "
    "lotwise federate runs/lot --method fedmd --reference public-lot   ·   lotwise federate site.yaml --out runs/lot"
)
@with_options_of(Job, OPTIONS)
def federate(
    job: Job,
    method: Annotated[
        str,
        typer.Option(
            help="What cameras exchange. Weights: fedavg, fedprox, scaffold, fednova, fedshuffle, fedlin, mimelite, "
            "mime. What they see on public pictures: fedmd, one-shot, distributed, multi-headed, latent. Nothing: "
            "alone."
        ),
    ] = "fedavg",
    rounds: Annotated[int, typer.Option(min=1, help="How many rounds.")] = 10,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps of a camera and round; 20 where not given.")
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0, help="Learning rate of the first round.")] = None,
    chosen: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of the method, such as mu=0.1."),
    ] = None,
    topology: Annotated[
        Literal["star", "ring", "random", "alike", "complete"] | None,
        typer.Option(help="Who hears whom: star with a server in the middle; ring for methods without one."),
    ] = None,
    degree: Annotated[int, typer.Option(min=1, help="Neighbours of a camera, for random and alike.")] = 2,
    reference: Annotated[
        Path | None, typer.Option(help="Folder of the public pictures about which cameras tell what they see.")
    ] = None,
    student_of: Annotated[
        list[str] | None,
        typer.Option("--student-of", metavar="CAMERA=WEIGHTS", help="A camera that begins with another nano."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds after which a round goes on without those that have not replied.")
    ] = 3600.0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Cameras that work at the same time; one a core where not given.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--out", help="With a site or a dataset: run folder. A run that was killed goes on there.")
    ] = Path("runs/federate"),
    protocol: Protocol = None,
    as_json: JsonFile = None,
    html: HtmlFile = None,
    shadow: Shadow = None,
) -> None:
    """Cameras learn from each other while frames stay where they are; a page says who gained."""
    from lotwise.students.federation.methods import needs
    from lotwise.students.federation.settings import FederationSettings

    check_protocol(protocol)
    settings = FederationSettings(
        method=method,
        settings=_pairs(chosen, "--set") | {k: v for k, v in (("steps", steps), ("rate", rate)) if v is not None},
        rounds=rounds,
        topology=topology or ("ring" if "graph" in needs(method) else "star"),
        degree=degree,
        reference=reference.resolve() if reference is not None else None,
        students={camera: str(Path(file).resolve()) for camera, file in _pairs(student_of, "--student-of").items()},
        timeout=timeout,
    )
    _check(settings)
    from lotwise.students.federation.federate import federate_run

    run = _run_of(job, folder, protocol, shadow)
    with progress_bars() as progress:
        done = federate_run(run, settings, workers, progress, lambda line: print_notes([line]), None, shadow)
    _report(run, settings, done, protocol, as_json, html)


def _check(settings: FederationSettings) -> None:
    """Refuse whatever can be refused before any work, a missing Flower among it."""
    from importlib.util import find_spec

    from lotwise.students.federation.given import checked
    from lotwise.students.federation.methods import make_method, needs

    if find_spec("flwr") is None or find_spec("ray") is None:
        raise InputError("federations need Flower and Ray; run pip install 'lotwise[federated]'")
    checked(settings)
    make_method(settings.method, settings.settings, dict.fromkeys(needs(settings.method)))


def _run_of(job: Job, folder: Path, protocol: str | None, shadow: bool | None) -> Run:
    """The run that is given; or that of a site or dataset, where each camera first gets a student of its own."""
    from lotwise.students.pipeline.options import plan_of
    from lotwise.students.pipeline.run import Run

    if job.site is not None and job.site.is_dir():
        run = Run(job.site)
        run.plan()
        given = [name for name, value in vars(Job()).items() if name != "site" and getattr(job, name) != value]
        if given:
            raise InputError(
                f"--{given[0].replace('_', '-')}: {job.site} is a run, which has its plan; give a site file or "
                "--dataset and --root to begin another"
            )
        return run
    print_notes(["first each camera gets a student of its own, so that there is something to gain against"])
    adapt_and_report(folder, plan_of(job), protocol, None, None, shadow)
    return Run(folder)


def _report(
    run: Run,
    settings: FederationSettings,
    done: FederatedRun,
    protocol: str | None,
    as_json: Path | None,
    html: Path | None,
) -> None:
    from lotwise.datasets.frame_cache import FrameCache
    from lotwise.datasets.whole_file import write_whole
    from lotwise.eval.page.gains import gains_page
    from lotwise.students.federation.gains import gains, readable_bytes, sentence
    from lotwise.students.pipeline.footage import open_run_frames
    from lotwise.verbs.export import print_live_bundles

    print_live_bundles(run)
    found = gains(run.records(), done.progress)
    rows = [
        (
            one.camera,
            *("-" if value is None else f"{value:.3f}" for value in (one.nano, one.before, one.after)),
            one.word,
            readable_bytes(one.down),
            readable_bytes(one.up),
        )
        for one in found
    ]
    print_table(plain_table(("camera", "nano", "before", "federated", "it", "to it", "from it"), rows))
    out.print(sentence(found))
    folder = run.folder / "federation" / f"{settings.method}-{done.identity}"
    content = {
        "settings": settings.model_dump(mode="json"),
        "exchanges": done.progress.exchanges,
        "seconds": round(done.progress.seconds, 1),
        "cameras": [one.to_json() for one in found],
        "log": list(done.progress.log),
    }
    write_json(folder / "gains.json", content)
    write_json(as_json, content)
    asked = {name: str(value) for name, value in settings.model_dump(mode="json").items() if value not in (None, {})}
    page = html or folder / "gains.html"
    title = f"Federation of {len(found)} cameras by {settings.method}"
    write_whole(page, gains_page(title, found, done.progress, asked).encode())
    out.print(f"Page: {page}")
    print_report(
        run,
        open_run_frames(run.plan()),
        protocol,
        folder / "report.json",
        folder / "report.html",
        folder / "report.md",
        read=FrameCache(),
    )


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """NAME=VALUE of an option, by name."""
    found = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InputError(f"{option} {text}: give NAME=VALUE")
        found[name.strip()] = value.strip()
    return found
