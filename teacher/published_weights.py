"""Where a weights file lies that was named by a user: here, among Ultralytics' own, or to be downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ultralytics.utils import LOGGER, SETTINGS
from ultralytics.utils.checks import check_yolov5u_filename
from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, attempt_download_asset

from lotwise.datasets.errors import InputError

OFFLINE = "YOLO_OFFLINE"
"""Environment variable of Ultralytics that forbids the network."""
TRUE_WORDS = {"1", "true", "yes", "on", "y", "t"}
"""What Ultralytics takes for yes in its environment variables."""


def find_weights(path: Path) -> Path:
    """The file itself, or what Ultralytics publishes under that name.

    A name of Ultralytics without a folder, such as ``yolo26x.pt``, is looked for in its folder of weights and then
    downloaded. No other name reaches the network, and none does where ``YOLO_OFFLINE`` is set.

    Raises:
        InputError: no such file here, and Ultralytics publishes none of this name or it cannot be downloaded.
    """
    if path.is_file():
        return path
    if path.suffix != ".pt" or path.parent != Path("."):
        raise InputError(f"{path}: no such weights file; give a .pt of Ultralytics or a .safetensors of lotwise")
    name = check_yolov5u_filename(path.name, verbose=False)
    if name not in GITHUB_ASSETS_NAMES:
        raise InputError(f"{path}: no such file, and Ultralytics knows no weights of this name; give a local path")
    for here in (Path(name), Path(SETTINGS["weights_dir"]) / name):
        if here.is_file():
            return here
    if os.environ.get(OFFLINE, "").strip().lower() in TRUE_WORDS:
        raise InputError(f"{path}: not here, and {OFFLINE} forbids to download it; give a local path")
    try:
        with _silent():
            fetched = Path(attempt_download_asset(name))
    except Exception as error:  # Ultralytics raises bare and network-library errors alike
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: not here and could not be downloaded ({reason}); give a local path") from error
    if not fetched.is_file():
        raise InputError(f"{path}: not here and could not be downloaded; give a local path")
    return fetched


@contextmanager
def _silent() -> Iterator[None]:
    """Ultralytics' log off meanwhile: each of its retries would be a line of its own beside the one that says why."""
    before, LOGGER.disabled = LOGGER.disabled, True
    try:
        yield
    finally:
        LOGGER.disabled = before
