"""How often somebody may ask: so many requests at once, and so many a second over a longer time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

BURST_S = 20.0
"""Seconds' worth of requests that may come at once by default: a node that was away sends its frames one by one."""
MAX_KNOWN = 10_000
"""Askers that are remembered; the one that asked longest ago is forgotten first."""


@dataclass
class _Bucket:
    left: float
    at: float


class RateLimit:
    """Token buckets by asker; used by one thread.

    Args:
        per_s: requests a second over a longer time.
        clock: seconds; monotonic.
        burst_s: seconds' worth of requests that may come at once.
    """

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic, burst_s: float = BURST_S) -> None:
        self._per_s, self._most, self._clock = per_s, max(1.0, per_s * burst_s), clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, asker: str) -> float:
        """Count a request: 0 where it may be answered, else seconds to wait before the next one."""
        now = self._clock()
        bucket = self._buckets.pop(asker, None) or _Bucket(self._most, now)
        bucket.left = min(self._most, bucket.left + (now - bucket.at) * self._per_s)
        bucket.at = now
        self._buckets[asker] = bucket
        if len(self._buckets) > MAX_KNOWN:
            self._buckets.popitem(last=False)
        if bucket.left < 1:
            return (1 - bucket.left) / self._per_s
        bucket.left -= 1
        return 0.0
