"""CNR-EXT where it is not there yet, or where fetching it was cut off."""

from __future__ import annotations

from pathlib import Path

from lotwise.datasets.download import CNR_EXT, download_cnr_ext
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.readers.cnr_ext import FRAMES


def missing(root: Path) -> int:
    """Bytes that are to be fetched and unpacked: where there are no frames, or where that was cut off; 0 for none.

    A folder that holds some frames is taken as it is: a partial data set is somebody's choice.
    """
    archives = set(CNR_EXT.values())
    tars = {archive for archive in archives if archive.name.endswith(".tar")}
    cut_off = any(
        not (root / f"{archive.name}.unpacked").exists()
        and ((root / archive.name).exists() or (root / f"{archive.name}.part").exists())
        for archive in tars
    )
    there = root.name == FRAMES or any((root / FRAMES).glob("*/*/camera*/*.jpg"))
    if there and not cut_off:
        return 0
    return sum(archive.size * (2 if archive in tars else 1) for archive in archives)


def fetch(root: Path, progress: Progress = no_progress) -> None:
    """Fetch it, or what is missing of it; errors of :func:`lotwise.datasets.download.download_cnr_ext`."""
    download_cnr_ext(root, progress=progress)
