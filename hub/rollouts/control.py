"""What operators do with rollouts: start one, stop it, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.bundle_files import bundle_folder
from lotwise.hub.database import audit
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.nodes import nodes_by_state
from lotwise.hub.database.rollout_table import RolloutCameraRow, RolloutRow
from lotwise.hub.database.rollouts import newest_rollout, rollout_cameras
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.offering import offer_back
from lotwise.hub.rollouts.advance import advance, begin_stage, stop, undone
from lotwise.hub.rollouts.recipe_identity import recipe_id
from lotwise.node.hub.signing import Keys


def start_rollout(
    session: Session,
    name: str,
    recipe: dict[str, Any],
    stages: Sequence[dict[str, str]],
    stop_share: float,
    who: str,
    now: datetime | None = None,
) -> RolloutRow:
    """Begin with the first stage.

    Args:
        session: to write with.
        name: for people.
        recipe: as of :func:`lotwise.hub.rollouts.recipe.read_recipe`.
        stages: each ``{"node", "camera"}`` or ``{"group"}``.
        stop_share: more refusals than this share of a stage's cameras stop it.
        who: for the audit log.
        now: the moment.

    Raises:
        InputError: another one runs, there is no such group, or the first stage has no camera with a student.
    """
    moment = now or datetime.now(UTC)
    running = newest_rollout(session)
    if running is not None and running.state == "running":
        raise InputError(f"rollout {running.name} still runs; wait for its end, or stop it: lotwise hub rollout stop")
    groups = sorted({node.group for node in nodes_by_state(session, "accepted")})
    for stage in stages:
        if "group" in stage and stage["group"] not in groups:
            there = ", ".join(groups) or "none"
            raise InputError(f"no accepted node is in group {stage['group']!r}; there are: {there}")
    rollout = RolloutRow(
        name=name[:200],
        recipe=recipe,
        recipe_id=recipe_id(recipe),
        stages=list(stages),
        stop_share=stop_share,
        state="running",
        who=who[:200],
        created=moment,
        changed=moment,
    )
    session.add(rollout)
    session.flush()
    audit.note(session, who, "rollout", rollout.name, {"recipe": rollout.recipe_id, "stages": list(stages)}, moment)
    begin_stage(session, rollout, 0, moment)
    if not rollout_cameras(session, rollout.id):
        raise InputError("not one camera of the first stage has a student yet; begin with others")
    advance(session, moment)
    return rollout


def stop_rollout(session: Session, who: str, now: datetime | None = None) -> RolloutRow:
    """Begin nothing more of the rollout that runs; cameras that run its recipe keep it.

    Raises:
        InputError: none runs.
    """
    rollout = newest_rollout(session)
    if rollout is None or rollout.state != "running":
        raise InputError("no rollout runs")
    stop(session, rollout, f"by {who}", who, now or datetime.now(UTC))
    return rollout


def undo_rollout(
    session: Session, keys: Keys, folders: HubFolders, who: str, now: datetime | None = None
) -> tuple[RolloutRow, list[str]]:
    """Take the newest rollout back: each of its cameras goes back to the bundle that was live before.

    Args:
        session: to write with.
        keys: the hub's.
        folders: of its data.
        who: for the audit log.
        now: the moment.

    Returns:
        The rollout, and a line for each camera that cannot go back.

    Raises:
        InputError: there is none, or it was taken back already.
    """
    moment = now or datetime.now(UTC)
    rollout = newest_rollout(session)
    if rollout is None or rollout.state == "undone":
        raise InputError("no rollout can be undone" if rollout is None else f"rollout {rollout.name} is undone already")
    advance(session, moment)
    trouble = []
    for one in rollout_cameras(session, rollout.id):
        # Of one that was offered the node may run it in the shadow since its last report, so it is told too.
        if one.state in ("live", "offered"):
            try:
                _take_back(session, keys, folders, rollout, one, moment)
            except InputError as error:
                trouble.append(f"{one.node[:12]} {one.camera} keeps {one.bundle}: {error}")
    undone(session, rollout, who, moment)
    return rollout, trouble


def _take_back(
    session: Session, keys: Keys, folders: HubFolders, rollout: RolloutRow, one: RolloutCameraRow, now: datetime
) -> None:
    camera = find_camera(session, one.node, one.camera)
    why = f"rollout {rollout.name} is undone"
    offer_back(session, keys, camera, bundle_folder(folders, one.node, one.camera, one.before), why)
    one.state, one.changed = "going back", now
