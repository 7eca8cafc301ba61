"""Work that waits for disk or database, outside of the loop that answers, and not more of it at once than helps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
AT_ONCE = 8
"""Requests that work at once: the database takes writes one after the other anyway."""
_LIMIT: RunVar[CapacityLimiter] = RunVar("hub_threads")


async def in_thread(
    work: Callable[Arguments, Result], /, *arguments: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """What a function returns, while others are answered."""
    limit = _LIMIT.get(None)
    if limit is None:
        limit = CapacityLimiter(AT_ONCE)
        _LIMIT.set(limit)
    return await run_sync(partial(work, *arguments, **named), limiter=limit)
