"""Work in a process of its own, forked for it: what memory a library took is given back, and a crash ends it alone."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

from lotwise.datasets.errors import InputError

T = TypeVar("T")


class Alone(Protocol):
    """Does some work and gives what comes of it."""

    def __call__(self, work: Callable[[], T], /) -> T:
        """What the work returns.

        Raises:
            InputError, RuntimeError: as the work raises them; InputError too where its process came to a bad end.
        """


def here(work: Callable[[], T], /) -> T:
    """In this process: nothing is given back."""
    return work()


def forked(work: Callable[[], T], /) -> T:
    """In a fork of this process, which must have no other thread and no library that begins some.

    What the work returns, or raises, must be fit for pickling.

    Raises:
        InputError: the process ended before it was done.
    """
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(work, sending), daemon=True)
    process.start()
    sending.close()
    try:
        value, error = receiving.recv()
    except EOFError:
        process.join()
        raise InputError(f"its process ended by {_end(process.exitcode or 0)}") from None
    finally:
        receiving.close()
    process.join()
    if error is not None:
        raise error
    done: T = value
    return done


def _do(work: Callable[[], Any], sending: Connection) -> None:
    try:
        sending.send((work(), None))
    except Exception as error:  # whatever it is belongs to who asked
        sending.send((None, error))


def _end(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
