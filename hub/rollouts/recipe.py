"""The recipe of a rollout: read from its file, kept in the tables as it was then, and written out for a run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from lotwise.cameras.site.reading import read_settings
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.hub.learning.plan import recipe_plan
from lotwise.hub.reading import weights_beside
from lotwise.hub.settings import RecipeSettings

CHUNK = 1 << 20


def read_recipe(path: Path) -> dict[str, Any]:
    """What a recipe file says, with the text of its settings file, as JSON has it.

    Raises:
        InputError: the file or its settings cannot be read, or are none.
    """
    recipe = read_settings(path, RecipeSettings, "recipe file", "give it what recipe: of the hub file may have")
    base = path.parent.absolute()
    teacher, student = weights_beside(recipe.teacher, base), weights_beside(recipe.student, base)
    # Wrong settings are told here, and not by the first camera's job.
    recipe_plan(recipe.model_copy(update={"teacher": teacher, "student": student}), path)
    try:
        settings = None if recipe.settings is None else recipe.settings.read_text(encoding="utf-8")
        weights = {name: _digest(Path(name)) for name in (teacher, student) if Path(name).is_file()}
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror})") from error
    return {
        "teacher": teacher,
        "student": student,
        "settings": settings,
        "scales": list(recipe.scales),
        "holdout": recipe.holdout,
        "weights": weights,
    }


def written_recipe(recipe: dict[str, Any], folder: Path, identity: str) -> RecipeSettings:
    """The recipe as settings, its settings file written into a folder.

    Raises:
        InputError: a weights file is gone, or another one than when the rollout began.
        OSError: it cannot be written.
    """
    # Else cameras of later stages would get students of other weights, under this recipe's name.
    for name, digest in recipe["weights"].items():
        mend = "copy the old one back, or begin another rollout"
        try:
            found = _digest(Path(name))
        except OSError as error:
            raise InputError(f"{name}: cannot be read any more ({error.strerror}); {mend}") from error
        if found != digest:
            raise InputError(f"{name}: was changed since the rollout began; {mend}")
    settings = None
    if recipe["settings"] is not None:
        settings = folder / f"settings-{identity}.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(settings, str(recipe["settings"]).encode())
    return RecipeSettings(
        teacher=recipe["teacher"],
        student=recipe["student"],
        settings=settings,
        scales=tuple(recipe["scales"]),
        holdout=recipe["holdout"],
    )


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            found.update(part)
    return found.hexdigest()
