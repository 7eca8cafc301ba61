"""``lotwise hub rollout …``: a new recipe goes to one camera, then to groups of nodes, and back if it must."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lotwise.options import JsonFile
from lotwise.terminal import out, plain_table, print_table, write_json
from lotwise.verbs.hub_shared import DEFAULT, HubFileOption, opened, operator

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from lotwise.hub.database.rollout_table import RolloutRow

SHOWN_WHY = 100
"""Characters of a reason in the table; JSON has all of it."""

rollout = typer.Typer(invoke_without_command=True, rich_markup_mode="rich")


def add_rollout(hub: typer.Typer) -> None:
    """Add the commands to a group."""
    hub.add_typer(rollout, name="rollout")


@rollout.callback(
    epilog="Examples: lotwise hub rollout   ·   lotwise hub rollout start new.yaml --canary north C1 --then all   ·   "
    "lotwise hub rollout undo"
)
def show(context: typer.Context, file: HubFileOption = DEFAULT, as_json: JsonFile = None) -> None:
    """A new recipe goes to one camera, then to groups; without a command: how the newest rollout stands."""
    if context.invoked_subcommand is not None:
        return
    from lotwise.hub.database.rollouts import newest_rollout

    with opened(file) as (database, _), database.reading() as session:
        newest = newest_rollout(session)
        content = None if newest is None else _json(session, newest)
    if content is None:
        out.print("no rollout yet; lotwise hub rollout start RECIPE.yaml --canary NODE CAMERA --then GROUP begins one")
    else:
        where = f"stage {content['stage']} of {len(content['stages'])}, " if content["state"] == "running" else ""
        why = f": {content['why']}" if content["why"] else ""
        out.print(f"rollout {content['rollout']} ({content['recipe']}): {where}{content['state']}{why}")
        rows = [
            (str(one["stage"]), one["node"], one["camera"], one["state"], one["bundle"] or "-", one["why"][:SHOWN_WHY])
            for one in content["cameras"]
        ]
        print_table(plain_table(("stage", "node", "camera", "state", "bundle", "why"), rows))
    write_json(as_json, content or {})


@rollout.command(epilog="Example: lotwise hub rollout start new.yaml --canary north C1 --then canary --then all")
def start(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE.yaml", help="What recipe: of the hub file may have.")],
    canary: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="NODE CAMERA", help="The one camera that gets it first."),
    ] = None,
    then: Annotated[
        list[str] | None, typer.Option(metavar="GROUP", help="Group of nodes that gets it next; may be given again.")
    ] = None,
    stop_share: Annotated[
        float, typer.Option(min=0, max=1, help="Refusals by more than this share of a stage's cameras stop it.")
    ] = 0.3,
    file: HubFileOption = DEFAULT,
) -> None:
    """Make the students of the first stage's cameras anew; the next stage follows once all of them are decided."""
    from lotwise.datasets.errors import InputError
    from lotwise.hub.database.cameras import find_camera
    from lotwise.hub.database.nodes import find_node
    from lotwise.hub.database.rollouts import rollout_cameras
    from lotwise.hub.rollouts.control import start_rollout
    from lotwise.hub.rollouts.recipe import read_recipe

    stages: list[dict[str, str]] = [{"group": group} for group in then or []]
    if canary is None and not stages:
        raise InputError("give --canary NODE CAMERA, or --then GROUP for a group of nodes, or both")
    content = read_recipe(recipe)
    with opened(file) as (database, _), database.writing() as session:
        if canary is not None:
            owner = find_node(session, canary[0])
            camera = find_camera(session, owner.fingerprint, canary[1])
            stages.insert(0, {"node": owner.fingerprint, "camera": camera.camera})
        begun = start_rollout(session, recipe.stem, content, stages, stop_share, operator())
        count = len(rollout_cameras(session, begun.id))
    out.print(
        f"rollout {begun.name} ({begun.recipe_id}): stage 1 of {len(stages)} with {count} camera{'s'[: count - 1]}; "
        "lotwise hub rollout shows how it goes on"
    )


@rollout.command(epilog="Example: lotwise hub rollout stop")
def stop(file: HubFileOption = DEFAULT) -> None:
    """Begin nothing more. Cameras that run the new recipe keep it; what nodes were offered they decide of."""
    from lotwise.hub.rollouts.control import stop_rollout

    with opened(file) as (database, _), database.writing() as session:
        stopped = stop_rollout(session, operator())
    out.print(f"rollout {stopped.name} is stopped")


@rollout.command(epilog="Example: lotwise hub rollout undo")
def undo(file: HubFileOption = DEFAULT) -> None:
    """Take the newest rollout back: each of its cameras goes back to the bundle that was live before."""
    from lotwise.hub.folders import HubFolders
    from lotwise.hub.rollouts.control import undo_rollout
    from lotwise.node.hub.signing import own_keys

    with opened(file) as (database, read):
        folders = HubFolders(read.settings.data)
        with database.writing() as session:
            taken_back, trouble = undo_rollout(session, own_keys(folders.key), folders, operator())
    out.print(f"rollout {taken_back.name} is undone; nodes go back with their next report")
    for line in trouble:
        out.print(line)


def _json(session: Session, row: RolloutRow) -> dict[str, Any]:
    from lotwise.hub.database.nodes import node_of
    from lotwise.hub.database.rollouts import rollout_cameras

    cameras = []
    for one in rollout_cameras(session, row.id):
        owner = node_of(session, one.node)
        cameras.append(
            {
                "stage": one.stage + 1,
                "node": "" if owner is None else owner.name,
                "fingerprint": one.node,
                "camera": one.camera,
                "state": one.state,
                "bundle": one.bundle,
                "before": one.before,
                "why": one.why,
                "changed": one.changed.isoformat(),
            }
        )
    return {
        "rollout": row.name,
        "recipe": row.recipe_id,
        "teacher": row.recipe["teacher"],
        "student": row.recipe["student"],
        "state": row.state,
        "why": row.why,
        "stage": row.stage + 1,
        "stages": row.stages,
        "stop_share": row.stop_share,
        "who": row.who,
        "created": row.created.isoformat(),
        "changed": row.changed.isoformat(),
        "cameras": cameras,
    }
