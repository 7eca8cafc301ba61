"""``lotwise hub …``: the teacher as a service for many nodes, and what its operators decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from lotwise.options import Healthy, JsonFile
from lotwise.terminal import out, plain_table, print_table, write_json
from lotwise.verbs.health import say_health
from lotwise.verbs.hub_backup import add_backup
from lotwise.verbs.hub_jobs import add_jobs, job_json, job_line
from lotwise.verbs.hub_rollout import add_rollout
from lotwise.verbs.hub_shared import DEFAULT, HubFileOption, NodeName, ago, opened, operator
from lotwise.verbs.hub_users import add_users

if TYPE_CHECKING:
    from lotwise.hub.database.tables import CameraRow, NodeRow, NodeState

SERVE = "serve"
"""The command that a hub file alone stands for."""
SHOWN_DIGITS = 12
"""Digits of a fingerprint that are shown."""


class ServesAFile(TyperGroup):
    """``lotwise hub HUB.yaml`` is ``lotwise hub serve HUB.yaml``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; serve where that is a file, or looks like one."""
        if args and args[0] not in self.commands and (Path(args[0]).suffix or Path(args[0]).exists()):
            args = [SERVE, *args]
        return super().resolve_command(ctx, args)


app = typer.Typer()
hub = typer.Typer(cls=ServesAFile, rich_markup_mode="rich")
app.add_typer(hub, name="hub")
add_backup(hub)
add_jobs(hub)
add_rollout(hub)
add_users(hub)


@hub.callback(
    epilog="Examples: lotwise hub hub.yaml   ·   lotwise hub nodes   ·   lotwise hub accept north   ·   "
    "lotwise hub retrain north C1"
)
def _group() -> None:
    """The teacher as a service for many nodes: frames in, students out. A hub file alone serves it."""


@hub.command(SERVE, epilog="Examples: lotwise hub hub.yaml   ·   lotwise hub hub.yaml --healthy")
def serve(
    file: Annotated[Path, typer.Argument(metavar="HUB.yaml", help="Hub file.")] = DEFAULT, healthy: Healthy = False
) -> None:
    """Serve until stopped: take frames from nodes, make students, offer what passed the gate."""
    if healthy:
        from lotwise.hub.healthy import why_unhealthy
        from lotwise.hub.reading import read_hub

        say_health(why_unhealthy(read_hub(file)))
        return
    from lotwise.hub.serve import serve_hub

    serve_hub(file)


@hub.command(epilog="Examples: lotwise hub nodes   ·   lotwise hub nodes --hub /etc/lotwise/hub.yaml --json nodes.json")
def nodes(file: HubFileOption = DEFAULT, as_json: JsonFile = None) -> None:
    """All nodes that have asked to take part, and how each stands."""
    from lotwise.hub.database.cameras import cameras_of
    from lotwise.hub.database.frames import bytes_of
    from lotwise.hub.database.nodes import nodes_by_state

    with opened(file) as (database, _), database.reading() as session:
        found = [
            (one, len(cameras_of(session, one.fingerprint)), bytes_of(session, one.fingerprint))
            for one in nodes_by_state(session)
        ]
    rows = [
        (
            one.name,
            one.fingerprint[:SHOWN_DIGITS],
            one.state,
            one.group,
            str(cameras),
            f"{size / 1e6:.0f}",
            ago(one.seen),
            one.software,
        )
        for one, cameras, size in found
    ]
    print_table(plain_table(("node", "fingerprint", "state", "group", "cameras", "MB", "seen", "software"), rows))
    waiting = [one for one, _, _ in found if one.state == "pending"]
    if waiting:
        out.print(
            f"{len(waiting)} wait{'s' if len(waiting) == 1 else ''}: compare the fingerprint with the node's log, then "
            f"lotwise hub accept {waiting[0].fingerprint[:SHOWN_DIGITS]}"
        )
    write_json(as_json, [_node_json(one, cameras, size) for one, cameras, size in found])


@hub.command(epilog="Examples: lotwise hub cameras   ·   lotwise hub cameras north --json cameras.json")
def cameras(
    node: Annotated[str | None, typer.Argument(metavar="[NODE]", help="Only of this node.")] = None,
    file: HubFileOption = DEFAULT,
    as_json: JsonFile = None,
) -> None:
    """Cameras of the nodes: verdict, live bundle, frames, the newest offer and the newest job."""
    from lotwise.hub.database.cameras import cameras_of
    from lotwise.hub.database.frames import count_frames
    from lotwise.hub.database.nodes import find_node, node_of
    from lotwise.hub.database.offers import offers_of
    from lotwise.hub.jobs.queue import last_job

    content, lines = [], []
    with opened(file) as (database, _), database.reading() as session:
        asked = None if node is None else find_node(session, node).fingerprint
        for one in cameras_of(session, asked):
            owner = node_of(session, one.node)
            offers = offers_of(session, one.node, one.camera)
            counts = {state: count_frames(session, one.node, one.camera, state) for state in ("new", "used")}
            name, job = "" if owner is None else owner.name, last_job(session, one.node, one.camera)
            content.append(
                _camera_json(name, one, counts, offers[-1] if offers else None)
                | {"job": None if job is None else job_json(name, job)}
            )
            lines.append(job_line(job))
    rows = [
        (
            one["node"],
            one["camera"],
            one["verdict"] or "-",
            "-" if one["accuracy"] is None else f"{one['accuracy']:.3f}",
            one["live"] or "-",
            f"{one['frames']['new']} new, {one['frames']['used']} used",
            "-" if one["offer"] is None else f"{one['offer']['bundle']} {one['offer']['state']}",
            line,
        )
        for one, line in zip(content, lines, strict=True)
    ]
    headings = ("node", "camera", "verdict", "accuracy", "live", "frames", "newest offer", "newest job")
    print_table(plain_table(headings, rows))
    write_json(as_json, content)


@hub.command(epilog="Examples: lotwise hub accept north   ·   lotwise hub accept 3fa9c2d1 --group canary")
def accept(
    node: NodeName,
    group: Annotated[str | None, typer.Option(help="Group that it comes into, for rollouts.")] = None,
    file: HubFileOption = DEFAULT,
) -> None:
    """Let a node take part. It goes on by itself within seconds; the hub may run meanwhile."""
    _decide(file, node, "accepted", group)


@hub.command(epilog="Example: lotwise hub reject north")
def reject(node: NodeName, file: HubFileOption = DEFAULT) -> None:
    """Refuse a node, now and whenever it asks again. It goes on with what it has."""
    _decide(file, node, "rejected", None)


@hub.command(epilog="Example: lotwise hub remove north --yes")
def remove(
    node: NodeName,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    file: HubFileOption = DEFAULT,
) -> None:
    """Forget a node: its frames, students and history at the hub are deleted. It may enrol again."""
    from lotwise.hub.database import audit
    from lotwise.hub.database import nodes as rows
    from lotwise.hub.removal import remove_files

    with opened(file) as (database, read):
        with database.reading() as session:
            found = rows.find_node(session, node)
        if not yes:
            typer.confirm(f"Delete all frames and students of {_shown(found)}?", abort=True)
        with database.writing() as session:
            rows.remove(session, found)
            audit.note(session, operator(), "remove", found.name, {"node": found.fingerprint})
        remove_files(read, found.fingerprint)
    out.print(f"{_shown(found)} is removed")


@hub.command("log", epilog="Example: lotwise hub log --most 20")
def audit_lines(
    most: Annotated[int, typer.Option(min=1, max=10_000, help="Newest lines.")] = 50,
    file: HubFileOption = DEFAULT,
    as_json: JsonFile = None,
) -> None:
    """Who has decided what: operators, nodes and the hub itself, the newest first."""
    from lotwise.hub.database.audit import audit_log

    with opened(file) as (database, _), database.reading() as session:
        lines = audit_log(session, most)
    rows = [
        (f"{one.time.astimezone():%Y-%m-%d %H:%M:%S}", one.who, one.action, one.subject, _details(one.details))
        for one in lines
    ]
    print_table(plain_table(("time", "who", "action", "what", "details"), rows))
    content = [
        {"time": one.time.isoformat(), "who": one.who, "action": one.action, "what": one.subject, **one.details}
        for one in lines
    ]
    write_json(as_json, content)


def _decide(file: Path, node: str, state: NodeState, group: str | None) -> None:
    from pydantic import TypeAdapter, ValidationError

    from lotwise.datasets.errors import InputError
    from lotwise.hub.database import audit
    from lotwise.hub.database import nodes as rows
    from lotwise.hub.settings import Group

    if group is not None:
        try:
            TypeAdapter(Group).validate_python(group)
        except ValidationError:
            raise InputError(f"--group {group!r}: give letters, digits, _ . and -, 64 of them at most") from None
    with opened(file) as (database, _), database.writing() as session:
        found = rows.find_node(session, node)
        before = found.state
        rows.decide(session, found, state, group)
        audit.note(session, operator(), state, found.name, {"node": found.fingerprint, "group": found.group})
    was = "" if before != state else " already"
    out.print(f"{_shown(found)} is {state}{was}" + (f", group {found.group}" if state == "accepted" else ""))


def _shown(node: NodeRow) -> str:
    return f"node {node.name} ({node.fingerprint[:SHOWN_DIGITS]})"


def _details(details: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in details.items())


def _node_json(node: NodeRow, cameras: int, size: int) -> dict[str, Any]:
    return {
        "node": node.name,
        "fingerprint": node.fingerprint,
        "state": node.state,
        "group": node.group,
        "cameras": cameras,
        "bytes": size,
        "enrolled": node.enrolled.isoformat(),
        "seen": None if node.seen is None else node.seen.isoformat(),
        "software": node.software,
    }


def _camera_json(node: str, camera: CameraRow, frames: dict[str, int], offer: Any) -> dict[str, Any]:
    newest = None
    if offer is not None:
        newest = {"bundle": offer.identity, "state": offer.state, "how": offer.how, "refused": offer.refused}
    return {
        "node": node,
        "fingerprint": camera.node,
        "camera": camera.camera,
        "verdict": camera.verdict,
        "accuracy": camera.accuracy,
        "live": camera.live,
        "shadow": camera.shadow,
        "reported": None if camera.reported is None else camera.reported.isoformat(),
        "frames": frames,
        "offer": newest,
        "asked": camera.asked,
    }
