"""A camera's privacy masks: polygons in the site file, or in a JSON file that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from lotwise.cameras.site.camera import SiteCamera
from lotwise.cameras.site.slot_check import drawn_wrong, first_wrong_slot
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Masks

_FORM = "[[[x, y], …], …] or [{polygon: [[x, y], …]}, …] with x, y in 0..1 of the frame"


def privacy_masks(camera: SiteCamera, where: str) -> Masks:
    """The masks of a camera; a file that is named must be there, since without it everything would be shown.

    Args:
        camera: of a site whose paths are absolute.
        where: the place in the site file, for errors.

    Raises:
        InputError: a file that cannot be read or is not of its form, or a polygon that hides nothing.
    """
    given = camera.privacy_masks
    if isinstance(given, Path):
        where, masks = str(given), _masks_of_file(given)
    else:
        masks = given
    wrong = first_wrong_slot(
        ((str(number), np.array(mask, np.float64).reshape(-1, 2)) for number, mask in enumerate(masks, 1)), drawn_wrong
    )
    if wrong is not None:
        number, why = wrong
        raise InputError(f"{where}: mask {number}: {why}")
    return masks


def _masks_of_file(path: Path) -> Masks:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path}: the privacy masks cannot be read ({error.strerror}); give the file back, or name another as "
            "privacy_masks"
        ) from error
    except ValueError as error:  # no UTF-8 or no JSON
        raise InputError(f"{path}: no privacy masks (not JSON: {error}); expected {_FORM}") from error
    if not isinstance(content, list) or not content:
        raise InputError(f"{path}: no privacy masks; expected {_FORM}")
    return tuple(_polygon(entry, f"{path}: mask {number}") for number, entry in enumerate(content, 1))


def _polygon(entry: Any, where: str) -> tuple[tuple[float, float], ...]:
    corners = entry.get("polygon") if isinstance(entry, dict) else entry
    try:
        array = np.array(corners, np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError(f"{where}: no polygon; expected {_FORM}")
    return tuple((float(x), float(y)) for x, y in array)
