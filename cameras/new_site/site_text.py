"""The text of a new site file, and of cameras that are added to one, with the comments that explain it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lotwise.cameras.collection.kept_frames import FRAMES
from lotwise.cameras.site.sources import FolderSettings, SourceSettings, VideoSettings
from lotwise.cameras.site.yaml_file import read_yaml
from lotwise.datasets.errors import InputError

RUNS = "runs"
"""Folder beside the site file that runs are put in."""

_HEAD = """\
# Written by lotwise init. Every setting is explained in docs/site.md of Lotwise.
# lotwise run {file} --check says what will run and what is wrong.
name: {name}
run: {run}   # where lotwise adapt {file} --out {run} puts what it learns

cameras:
"""
_TAIL = """\

schedule:
  period_s: 1   # seconds between two looks at a camera
  # hours: ["06:00-22:00"]   # looked at only then
publish:
  api: {host: 127.0.0.1, port: 8770}   # the page; another host needs a token: {env: LOTWISE_TOKEN}
"""
_HINTS = """\
    # slots: slots/{id}.json   # its parking places
    # privacy_masks: [[[0, 0], [0.3, 0], [0.3, 0.2], [0, 0.2]]]   # painted over, in 0..1 of width and height
"""


_FIRST = ("kind", "url")
"""Settings of a source that are written before the others."""


@dataclass(frozen=True)
class NewCamera:
    """A camera to be written.

    Attributes:
        name: its id.
        settings: of its source.
        comment: one line on what it gave, or why it gave nothing.
    """

    name: str
    settings: SourceSettings
    comment: str


def site_text(file: str, name: str, cameras: Sequence[NewCamera]) -> str:
    """A whole site file.

    Args:
        file: its name, for the commands in its comments.
        name: of the site.
        cameras: one or more.
    """
    run = f"{RUNS}/{Path(file).stem}"
    head = _HEAD.format(file=file, name=_scalar(name), run=_scalar(run))
    return head + "".join(_camera(camera) for camera in cameras) + _TAIL


def with_cameras(path: Path, cameras: Sequence[NewCamera]) -> str:
    """The text of a site file with further cameras; all that was in it stays as it is, comments too.

    Raises:
        InputError: the file cannot be read, or its cameras are not written one below the other.
    """
    file = read_yaml(path, "site file")
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    pairs = file.root.value if isinstance(file.root, yaml.MappingNode) else []
    listed = next((value for key, value in pairs if key.value == "cameras"), None)
    if not isinstance(listed, yaml.MappingNode) or listed.flow_style or not listed.value:
        raise InputError(
            f"{path}: its cameras are not written one a line below 'cameras:', so none can be added; write them so, or "
            "give another file"
        )
    indent = listed.start_mark.column
    end = listed.end_mark.line if listed.end_mark.column == 0 or listed.end_mark.line >= len(lines) else None
    at = len(lines) if end is None else end
    while at and (not lines[at - 1].strip() or lines[at - 1].startswith("#")):
        at -= 1
    if lines and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    added = "".join(_camera(camera) for camera in cameras)
    added = "".join(" " * (indent - 2) + line for line in added.splitlines(keepends=True)) if indent > 2 else added
    return "".join([*lines[:at], added, *lines[at:]])


def _camera(camera: NewCamera) -> str:
    written: dict[str, Any] = camera.settings.model_dump(mode="json", exclude_unset=True)
    stored = isinstance(camera.settings, FolderSettings | VideoSettings)
    lines = [f"  {_scalar(camera.name)}:   # {camera.comment}"]
    if stored and set(written) == {"kind", "path"}:
        lines.append(f"    source: {_scalar(written['path'])}")
    else:
        lines.append("    source:")
        keys = dict.fromkeys((*_FIRST, *written))
        lines += [f"      {key}: {_scalar(written[key])}" for key in keys if key in written]
    if not stored:
        lines.append(f"    learn_from: {_scalar(f'{FRAMES}/{camera.name}')}   # where lotwise collect keeps frames")
    return "\n".join(lines) + "\n" + _HINTS.format(id=camera.name)


def _scalar(value: object) -> str:
    """A value in one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")
