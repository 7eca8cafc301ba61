"""The YAML file of ``--settings``: how students learn and what is exported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lotwise.cameras.site.mistakes import first_mistake
from lotwise.cameras.site.yaml_file import read_yaml
from lotwise.datasets.errors import InputError
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.right_size.settings import RightSizeSettings
from lotwise.students.synthesis.settings import SynthesisSettings

Settings = TypeVar("Settings", bound=BaseModel)
EXPORT = "export"
"""Under this name a settings file says what is exported."""
FEW_FRAMES = "few_frames"
"""Under this name it says what is done where a camera has few frames."""
RIGHT_SIZE = "right_size"
"""Under this name it says which smaller students are tried."""
SYNTHESIS = "synthesis"
"""Under this name it says what leaves a camera whose frames stay on it, and how dreams are made of that."""


def read_settings(path: Path | None, given: Mapping[str, Any]) -> DistillSettings:
    """Settings of a YAML file; what was given on the command line stands above them.

    Raises:
        InputError: the file cannot be read, or a setting is unknown or out of range.
    """
    content = _content(path)
    for section in (EXPORT, FEW_FRAMES, RIGHT_SIZE, SYNTHESIS):
        content.pop(section, None)
    return _checked(DistillSettings, {**content, **given}, path)


def read_export(path: Path | None, given: Mapping[str, Any]) -> ExportSettings:
    """What the same file says under ``export``, likewise; same errors."""
    return _checked(ExportSettings, {**_section(path, EXPORT), **given}, path, (EXPORT,))


def read_few_frames(path: Path | None) -> FewFramesSettings:
    """What the same file says under ``few_frames``; same errors."""
    return _checked(FewFramesSettings, _section(path, FEW_FRAMES), path, (FEW_FRAMES,))


def read_right_size(path: Path | None, given: Mapping[str, Any]) -> RightSizeSettings:
    """What the same file says under ``right_size``; what is given and not None stands above it; same errors."""
    said = {name: value for name, value in given.items() if value is not None}
    before = _section(path, RIGHT_SIZE)
    if "fps" in said and "budget" not in said:
        before.pop("budget", None)  # the other way to choose, which the command line stands above
    if "budget" in said and "fps" not in said:
        before = {name: value for name, value in before.items() if name not in ("fps", "cameras")}
    return _checked(RightSizeSettings, {**before, **said}, path, (RIGHT_SIZE,))


def read_synthesis(path: Path | None, given: Mapping[str, Mapping[str, Any]]) -> SynthesisSettings:
    """What the same file says under ``synthesis``; what is given for ``metadata`` and ``dream`` and not None stands
    above it; same errors."""
    said = _section(path, SYNTHESIS)
    for part, values in given.items():
        before = said.get(part) or {}
        if not isinstance(before, dict):
            raise InputError(f"{path}: {SYNTHESIS}.{part}: not a mapping; see docs/settings.md")
        said = {**said, part: {**before, **{name: value for name, value in values.items() if value is not None}}}
    return _checked(SynthesisSettings, said, path, (SYNTHESIS,))


def checked_right_size(content: Mapping[str, Any]) -> RightSizeSettings:
    """Settings of right-sized students that the command line gives.

    Raises:
        InputError: a setting is out of range, or two do not go together.
    """
    return _checked(RightSizeSettings, content, None, (RIGHT_SIZE,))


def _section(path: Path | None, name: str) -> dict[str, Any]:
    said = _content(path).get(name) or {}
    if not isinstance(said, dict):
        raise InputError(f"{path}: {name}: not a mapping; see docs/settings.md")
    return said


def _content(path: Path | None) -> dict[str, Any]:
    content = {} if path is None else read_yaml(path, "settings file").content or {}
    if not isinstance(content, dict):
        raise InputError(f"{path}: not a mapping; see docs/settings.md")
    return content


def _checked(
    kind: type[Settings], content: Mapping[str, Any], path: Path | None, under: tuple[str, ...] = ()
) -> Settings:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        mistake = first_mistake(error, kind)
        place = ".".join(str(part) for part in (*under, *mistake.place)) or "the file"
        raise InputError(f"{path or 'settings'}: {place}: {mistake.why}; see docs/settings.md") from error
