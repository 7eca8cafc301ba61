"""``lotwise run``: the camera node."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Cameras, Healthy, SiteFile
from lotwise.terminal import out, screen, write_text
from lotwise.verbs.health import say_health

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise run site.yaml   ·   lotwise run site.yaml --check   ·   lotwise run site.yaml --healthy"
)
def run(
    site: SiteFile,
    cameras: Cameras = None,
    check: Annotated[bool, typer.Option("--check", help="Say what would run and what is wrong; run nothing.")] = False,
    healthy: Healthy = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every slot that changes.")] = False,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="At the end write here how every camera and slot is.")
    ] = None,
) -> None:
    """The camera node: look at every camera, tell which slots are free, until it is stopped."""
    from lotwise.datasets.readers.open import parse_cameras

    chosen = parse_cameras(cameras)
    path = site.resolve()
    if healthy:
        from lotwise.cameras.site.reading import read_site
        from lotwise.node.healthy import why_unhealthy

        say_health(why_unhealthy(read_site(path).state))
        return
    if check:
        _check(path, chosen)
        return
    from lotwise.cameras.site.reading import read_site
    from lotwise.cameras.sources.decoder_processes import fork_server_prepared

    read = read_site(path)
    kinds = {camera.source.kind for name, camera in read.cameras.items() if chosen is None or name in chosen}
    with fork_server_prepared(kinds):  # decoders load beside what is imported here
        from lotwise.node.run import run_site, summary

        ended = run_site(path, chosen, screen, verbose, read)
    if as_json is not None:
        from lotwise.node.http.api_models import site_answer

        write_text(as_json, site_answer(ended.now(), ended.last_event()).model_dump_json(indent=1) + "\n")
    out.print(summary(ended.now()))


def _check(path: Path, chosen: tuple[str, ...] | None) -> None:
    from lotwise.cameras.site.reading import read_site
    from lotwise.node.check import check_site, describe_site
    from lotwise.node.engine_report import describe_engines
    from lotwise.node.site_warnings import memory_limit_mb, site_warnings

    site = read_site(path)
    out.print(describe_site(site, chosen))
    with screen.status("timing the models on this machine"):
        engines = describe_engines(site, [name for name in site.cameras if chosen is None or name in chosen])
    for line in engines:
        out.print(line)
    count = len(chosen or site.cameras)
    limit = f"{memory_limit_mb(count)} MB or more where pictures have about 1000x750 pixels"
    out.print(f"memory: a limit for {count} camera{'s'[: count - 1]} should be {limit}")
    for warning in site_warnings(site, path, chosen):
        out.print(f"warning: {warning}")
    problems = check_site(path, chosen)
    for problem in problems[:-1]:
        out.print(f"wrong: {problem}")
    if problems:
        raise InputError(problems[-1])
    out.print("nothing wrong was found; whether cameras and broker answer shows once it runs")
