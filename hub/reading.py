"""From a hub file to settings whose paths are absolute."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from lotwise.cameras.site.mistakes import first_mistake
from lotwise.cameras.site.reading import anchored
from lotwise.cameras.site.secret import masked_url
from lotwise.cameras.site.yaml_file import read_yaml, shown
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
    file = read_yaml(path, "hub file")
    if file.content is None:
        raise InputError(f"{path}: the file: is empty; give it a name: and what else docs/hub.md tells")
    try:
        settings = HubSettings.model_validate(file.content)
    except ValidationError as error:
        mistake = first_mistake(error, HubSettings)
        line = file.line(mistake.place)
        where = f"{path}:{line}" if line else str(path)
        # Without the cause, whose own text would hold what was found.
        raise InputError(masked_url(f"{where}: {shown(mistake.place) or 'the file'}: {mistake.why}")) from None
    base = path.parent.absolute()
    settings = anchored(settings, base)
    recipe = settings.recipe
    recipe = recipe.model_copy(
        update={"teacher": _weights(recipe.teacher, base), "student": _weights(recipe.student, base)}
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


def _weights(name: str, base: Path) -> str:
    """A weights file beside the hub file by its full path; else its name at Ultralytics."""
    return str(base / name) if (base / name).is_file() else name
