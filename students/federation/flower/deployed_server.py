"""The server's app on a deployment: what Flower's run configuration says, as what the app needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flwr.app import Context
from pydantic import ValidationError

from lotwise.datasets.errors import InputError
from lotwise.students.federation.flower.server_app import Ended, Federation, make_server_app
from lotwise.students.federation.given import checked
from lotwise.students.federation.method import module_arrays
from lotwise.students.federation.settings import FederationSettings
from lotwise.students.model.student import make_student
from lotwise.teacher.checkpoint import fingerprint


def federation_of(context: Context) -> Federation:
    """What is asked of the server, by ``--run-config``.

    Raises:
        InputError: something that does not fit.
    """
    told: Mapping[str, Any] = context.run_config
    try:
        settings = FederationSettings(
            method=told["method"],
            rounds=told["rounds"],
            settings=json.loads(str(told["settings"])),
            timeout=told["timeout"],
            patience=told["patience"],
            topology=told["topology"],
            degree=told["degree"],
            reference=Path(str(told["reference"])) if told["reference"] else None,
        )
    except (ValidationError, ValueError) as error:
        raise InputError(f"--run-config: {' '.join(str(error).split())}") from error
    checked(settings)
    cameras = tuple(name.strip() for name in str(told["cameras"]).split(",") if name.strip())
    if not cameras:
        raise InputError("--run-config: cameras= is missing; give all ids with commas between them")
    if settings.topology == "alike":
        raise InputError("--run-config: topology alike needs all cameras on one machine; give ring, random or complete")
    nano = make_student(str(told["student"]))
    identity = settings.identity(cameras, [fingerprint(nano)])
    folder = Path(str(told["state"])) / f"{settings.method}-{identity}"
    needed = min(int(told["needed"]), len(cameras))
    start = module_arrays(nano)
    return Federation(settings, cameras, folder, identity, lambda: start, {}, needed, float(told["wait"]))


def _say(line: str) -> None:
    print(f"lotwise: {line}", flush=True)


def _progress(stage: str, done: int, total: int, note: str) -> None:
    _say(f"{stage}: {done} of {total} ({note})")


def _ended(ended: Ended) -> None:
    for camera, student in sorted(ended.students.items()):
        _say(f"{camera}: student {student} is written; lotwise export --run RUN on its machine takes it live")
    _say("the federation is over")


server_app = make_server_app(federation_of, _progress, _say, _ended)
