"""What a user asks for to work on several cameras at once, as an executor and what each camera may take."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from lotwise.datasets.errors import InputError
from lotwise.options import SideBySide

if TYPE_CHECKING:
    from lotwise.students.executors.task import Executor, Resources


@dataclass(frozen=True)
class Chosen:
    """Where cameras are worked on.

    Attributes:
        executor: runs a task for each camera.
        resources: what one camera may take.
    """

    executor: Executor
    resources: Resources


def executor_asked(asked: SideBySide) -> Chosen | None:
    """The executor that the options name; None where they name none.

    Raises:
        InputError: options that need an executor without one, or values of which it can make nothing.
    """
    if asked.executor is None:
        given = [field.name for field in fields(asked) if getattr(asked, field.name) is not None]
        if given:
            raise InputError(f"--{given[0].replace('_', '-')} needs --executor local or --executor ray")
        return None
    from lotwise.cameras.collection.deadline import span_of
    from lotwise.students.executors.choose import executor_of
    from lotwise.students.executors.task import Resources

    resources = Resources(
        memory_bytes=None if asked.camera_memory is None else int(asked.camera_memory * 1e9),
        seconds=None if asked.camera_time is None else span_of(asked.camera_time, "--camera-time").total_seconds(),
    )
    return Chosen(executor_of(asked.executor, asked.workers, asked.address), resources)
