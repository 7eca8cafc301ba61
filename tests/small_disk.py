"""A real disk of a chosen size: a tmpfs, which only root may mount."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


class SmallDisk:
    """Mounted at a folder once :meth:`resize` is called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, size: str) -> Path:
        """Give it a size such as ``64k``; what lies on it stays. The test is skipped where that is not allowed."""
        self.folder.mkdir(exist_ok=True)
        options = f"remount,size={size}" if os.path.ismount(self.folder) else f"size={size}"
        try:
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)], capture_output=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("a small disk can be mounted only by root")
        return self.folder

    def used(self) -> int:
        """Bytes that lie on it."""
        found = os.statvfs(self.folder)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def close(self) -> None:
        """Take it away."""
        if os.path.ismount(self.folder):
            subprocess.run(["umount", str(self.folder)], check=True)
