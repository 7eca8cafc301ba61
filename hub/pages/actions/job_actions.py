"""Retrainings are asked for, and jobs cancelled."""

from __future__ import annotations

from lotwise.hub.database.cameras import camera_of
from lotwise.hub.jobs.queue import cancel, open_job
from lotwise.hub.learning.retrain_request import ask_to_retrain
from lotwise.hub.pages.actions.action import Action, Setting, never, to, unless


def _asked(setting: Setting) -> str | None:
    row = camera_of(setting.session, setting.target.node, setting.target.camera)
    return None if row is None else row.asked


def _ask(setting: Setting, value: str) -> None:
    row = camera_of(setting.session, setting.target.node, setting.target.camera)
    if row is not None:
        ask_to_retrain(setting.session, row, value, setting.hub.file.settings.learning)


def _job(setting: Setting) -> str | None:
    if camera_of(setting.session, setting.target.node, setting.target.camera) is None:
        return None
    job = open_job(setting.session, setting.target.node, setting.target.camera)
    return "" if job is None or job.stop else f"{job.id} {job.kind} {job.state}"


def _cancel(setting: Setting, value: str) -> None:
    cancel(setting.session, setting.target.node, setting.target.camera)


JOB_ACTIONS = (
    Action(
        "retrain", "retrain", "camera", _asked, lambda setting, before: f"asked for by {setting.who}", _ask,
        lambda _, before: "action.already" if before else "",
    ),
    Action("no_retrain", "no retrain", "camera", _asked, to(""), _ask, unless("")),
    Action(
        "cancel", "cancel", "camera", _job, to(""), _cancel, lambda _, before: "" if before else "action.no_job", never
    ),
)  # fmt: skip
