"""From a site file to a site whose paths are absolute."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lotwise.cameras.site.mistakes import first_mistake
from lotwise.cameras.site.secret import masked_url
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.yaml_file import read_yaml, shown
from lotwise.datasets.errors import InputError

Settings = TypeVar("Settings", bound=BaseModel)


def read_site(path: Path) -> Site:
    """The site of a YAML file; its paths, those of secrets too, are made absolute from the file's folder.

    Raises:
        InputError: no such file, no YAML, or a key that is unknown, missing, doubled or of the wrong kind. No message
            quotes a secret.
    """
    return read_settings(path, Site, "site file", "give it a name and cameras")


def read_settings(path: Path, kind: type[Settings], what: str, when_empty: str) -> Settings:
    """Settings of a YAML file, with absolute paths.

    Args:
        path: the file.
        kind: its type.
        what: what the file is called in errors.
        when_empty: what to do with an empty one.

    Raises:
        InputError: as of :func:`read_site`.
    """
    file = read_yaml(path, what)
    if file.content is None:
        raise InputError(f"{path}: the file: is empty; {when_empty}")
    try:
        settings = kind.model_validate(file.content)
    except ValidationError as error:
        mistake = first_mistake(error, kind)
        line = file.line(mistake.place)
        where = f"{path}:{line}" if line else str(path)
        # Without the cause, whose own text would hold what was found.
        raise InputError(masked_url(f"{where}: {shown(mistake.place) or 'the file'}: {mistake.why}")) from None
    return anchored(settings, path.parent.absolute())


def anchored(settings: Settings, base: Path) -> Settings:
    """Settings with every relative path in them, at any depth, made absolute from a folder."""
    fields = {name: _anchored(getattr(settings, name), base) for name in type(settings).model_fields}
    return type(settings).model_construct(_fields_set=settings.model_fields_set, **fields)


def _anchored(value: Any, base: Path) -> Any:
    match value:
        case Path():
            return base / value
        case BaseModel():
            return anchored(value, base)
        case dict():
            return {key: _anchored(one, base) for key, one in value.items()}
        case tuple():
            return tuple(_anchored(one, base) for one in value)
    return value
