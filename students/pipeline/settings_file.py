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

Settings = TypeVar("Settings", bound=BaseModel)
EXPORT = "export"
"""Under this name a settings file says what is exported."""


def read_settings(path: Path | None, given: Mapping[str, Any]) -> DistillSettings:
    """Settings of a YAML file; what was given on the command line stands above them.

    Raises:
        InputError: the file cannot be read, or a setting is unknown or out of range.
    """
    content = _content(path)
    content.pop(EXPORT, None)
    return _checked(DistillSettings, {**content, **given}, path)


def read_export(path: Path | None, given: Mapping[str, Any]) -> ExportSettings:
    """What the same file says under ``export``, likewise; same errors."""
    said = _content(path).get(EXPORT) or {}
    if not isinstance(said, dict):
        raise InputError(f"{path}: {EXPORT}: not a mapping; see docs/settings.md")
    return _checked(ExportSettings, {**said, **given}, path, (EXPORT,))


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
