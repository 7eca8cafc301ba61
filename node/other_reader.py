"""Who may read a camera's frames beside its own student."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from lotwise.datasets.frame import Image
from lotwise.node.bundle_result import BundleResult, Ignored, Read
from lotwise.node.offload_now import OffloadNow


class OtherReader(Protocol):
    """Reads a camera's frames, or has the camera's own student read them. Used by the camera's thread."""

    @property
    def now(self) -> OffloadNow:
        """How that stands; asked by any thread."""
        ...

    @property
    def identity(self) -> str:
        """Identity of the bundle by which it reads; empty where it has none."""
        ...

    def read(self, image: Image, taken: datetime, read: Read, low: float, ignored: Ignored) -> BundleResult:
        """Detect and read one frame; arguments as of :meth:`lotwise.node.hot_swap.HotSwap.detect`."""
        ...

    def close(self) -> None:
        """Read nothing any more."""
