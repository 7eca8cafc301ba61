"""``lotwise hub jobs``, ``cancel`` and ``retrain``: what the hub does for which camera, and what people want of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lotwise.options import JsonFile
from lotwise.terminal import out, plain_table, print_table, write_json
from lotwise.verbs.hub_shared import DEFAULT, CameraName, HubFileOption, NodeName, ago, opened, operator

if TYPE_CHECKING:
    from lotwise.hub.database.job_table import JobRow

SHOWN_WHY = 100
"""Characters of a job's reason in the table; JSON has all of it."""


def add_jobs(hub: typer.Typer) -> None:
    """Add the commands to a group."""
    hub.command(epilog="Examples: lotwise hub jobs   ·   lotwise hub jobs --failed --json jobs.json")(jobs)
    hub.command(epilog="Example: lotwise hub cancel north C1")(cancel)
    hub.command(epilog="Example: lotwise hub retrain north C1")(retrain)


def jobs(
    failed: Annotated[bool, typer.Option("--failed", help="Only those that have failed.")] = False,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="Newest jobs.")] = 50,
    file: HubFileOption = DEFAULT,
    as_json: JsonFile = None,
) -> None:
    """What the hub does for which camera: jobs that wait, run or have ended, the newest first."""
    from lotwise.hub.database.nodes import node_of
    from lotwise.hub.jobs.queue import jobs_of

    with opened(file) as (database, _), database.reading() as session:
        rows = jobs_of(session, states=["failed"] if failed else None, most=most)
        names = {who: node_of(session, who) for who in {row.node for row in rows}}
    content = [job_json("" if (node := names[row.node]) is None else node.name, row) for row in rows]
    headings = ("job", "kind", "node", "camera", "state", "tries", "CPU s", "created", "progress or why")
    table = [
        (
            str(one["job"]),
            one["kind"],
            one["node"],
            one["camera"],
            one["outcome"] or one["state"],
            str(one["tries"]),
            "-" if one["cpu_s"] is None else f"{one['cpu_s']:.0f}",
            ago(row.created),
            (one["progress"] or one["error"] or one["said"] or one["why"])[:SHOWN_WHY],
        )
        for one, row in zip(content, rows, strict=True)
    ]
    print_table(plain_table(headings, table))
    write_json(as_json, content)


def cancel(node: NodeName, camera: CameraName, file: HubFileOption = DEFAULT) -> None:
    """End the job of a camera that waits or runs. What it has done stays, and a later job goes on from there."""
    from lotwise.hub.database import audit
    from lotwise.hub.database.cameras import find_camera
    from lotwise.hub.database.nodes import find_node
    from lotwise.hub.jobs.queue import cancel as end

    with opened(file) as (database, _), database.writing() as session:
        owner = find_node(session, node)
        find_camera(session, owner.fingerprint, camera)
        job = end(session, owner.fingerprint, camera)
        audit.note(session, operator(), "cancel", f"{owner.name} {camera}", {"job": job.id, "kind": job.kind})
        waited = job.state == "cancelled"
    how = "is cancelled" if waited else "ends within seconds, if the hub runs"
    out.print(
        f"job {job.id} ({job.kind}) of {owner.name} {camera} {how}; the camera's next frame may bring another one"
    )


def retrain(node: NodeName, camera: CameraName, file: HubFileOption = DEFAULT) -> None:
    """Ask for a camera to be retrained whatever its verdict, as soon as there are enough new frames."""
    from lotwise.hub.database import audit
    from lotwise.hub.database.cameras import find_camera
    from lotwise.hub.database.frames import count_frames
    from lotwise.hub.database.nodes import find_node
    from lotwise.hub.jobs.queue import open_job
    from lotwise.hub.learning.retrain_request import ask_to_retrain

    with opened(file) as (database, read), database.writing() as session:
        owner = find_node(session, node)
        row = find_camera(session, owner.fingerprint, camera)
        audit.note(session, operator(), "retrain", f"{owner.name} {camera}")
        new = count_frames(session, owner.fingerprint, camera, "new")
        known = open_job(session, owner.fingerprint, camera)
        job = ask_to_retrain(session, row, f"asked for by {operator()}", read.settings.learning)
    if job is not None:
        out.print(f"{owner.name} {camera}: job {job.id} ({job.kind}) {'is there already' if known else 'waits'}")
    else:
        least = read.settings.learning.new_frames
        out.print(
            f"{owner.name} {camera} is retrained once there are {least} new frames and its node has decided of what it "
            f"was offered; {new} {'is' if new == 1 else 'are'} here"
        )


def job_json(node: str, job: JobRow) -> dict[str, Any]:
    """A job as ``--json`` writes it; ``outcome`` is what one that is done has given."""
    from lotwise.hub.learning.enqueue import outcome_of

    result = job.result or {}
    return {
        "job": job.id,
        "kind": job.kind,
        "node": node,
        "fingerprint": job.node,
        "camera": job.camera,
        "state": job.state,
        "outcome": outcome_of(job),
        "progress": job.progress,
        "tries": job.tries,
        "why": job.why,
        "error": job.error,
        "said": str(result.get("why", "")),
        "cpu_s": (result.get("used") or {}).get("cpu_s"),
        "created": job.created.isoformat(),
        "begun": None if job.begun is None else job.begun.isoformat(),
        "changed": job.changed.isoformat(),
    }


def job_line(job: JobRow | None) -> str:
    """The newest job of a camera in a few words; "-" where it never had one."""
    from lotwise.hub.learning.enqueue import outcome_of

    if job is None:
        return "-"
    if outcome := outcome_of(job):
        return f"{job.kind}: {outcome}"
    said = job.progress or job.error
    return f"{job.kind} {job.state}" + (f": {said[:SHOWN_WHY]}" if said else "")
