"""A real process that is killed at a chosen step of its work on files."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any


def dies_at(step: int, action: Callable[[], object]) -> bool:
    """Do something in a child that is killed at the ``step``-th step, from 0.

    Steps are renames, syncs and deletions, each before it is done, and files opened for writing, once they are empty.

    Returns:
        False where the child was done before that step.
    """
    child = os.fork()
    if not child:
        try:
            done = 0

            def count() -> None:
                nonlocal done
                if done == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                done += 1

            def counted(honest: Callable[..., Any]) -> Callable[..., Any]:
                def call(*arguments: Any, **options: Any) -> Any:
                    count()
                    return honest(*arguments, **options)

                return call

            def opened(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
                file = honest_open(path, mode, *arguments, **options)
                if "w" in mode:
                    count()
                return file

            honest_open = Path.open
            Path.open = opened  # type: ignore[method-assign, assignment]
            os.replace, os.fsync = counted(os.replace), counted(os.fsync)
            shutil.rmtree = counted(shutil.rmtree)  # type: ignore[assignment]
            action()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False
