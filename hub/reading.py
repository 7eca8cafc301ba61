"""From a hub file to settings whose paths are absolute."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.site.reading import read_settings
from lotwise.datasets.errors import InputError
from lotwise.hub.settings import HubSettings

DEFAULT_FILE = Path("hub.yaml")
"""Hub file of commands that are given none."""
MIN_CODE_CHARACTERS = 16
"""Of a code that accepts nodes, and of a token: at 16 hexadecimal digits, 64 bits."""


@dataclass(frozen=True)
class HubFile:
    """A hub file and what it says.

    Attributes:
        path: the file, absolute.
        settings: with absolute paths.
    """

    path: Path
    settings: HubSettings


def read_hub(path: Path) -> HubFile:
    """The hub of a YAML file; its paths, those of secrets and weights too, are made absolute from the file's folder.

    Raises:
        InputError: no such file, no YAML, or a key that is unknown, missing, doubled or of the wrong kind. No message
            quotes a secret.
    """
    settings = read_settings(path, HubSettings, "hub file", "give it a name: and what else docs/hub.md tells")
    base = path.parent.absolute()
    recipe = settings.recipe
    recipe = recipe.model_copy(
        update={"teacher": weights_beside(recipe.teacher, base), "student": weights_beside(recipe.student, base)}
    )
    return HubFile(path.absolute(), settings.model_copy(update={"recipe": recipe}))


def read_codes(file: HubFile) -> dict[str, str]:
    """The codes that accept nodes at once, each with its group.

    Raises:
        InputError: one cannot be read, or is too short to keep anybody out.
    """
    codes = {}
    for number, one in enumerate(file.settings.codes, start=1):
        code = one.code.read(file.path.parent)
        if len(code) < MIN_CODE_CHARACTERS:
            raise InputError(
                f"{file.path}: codes: entry {number}: the code needs at least {MIN_CODE_CHARACTERS} characters; make "
                "one with: openssl rand -hex 16"
            )
        codes[code] = one.group
    return codes


def weights_beside(name: str, base: Path) -> str:
    """A weights file of a folder by its full path; else its name at Ultralytics."""
    return str(base / name) if (base / name).is_file() else name
