"""From the hub's recipe to the plan of a camera's run."""

from __future__ import annotations

from pathlib import Path

from lotwise.hub.settings import RecipeSettings
from lotwise.students.pipeline.job import Job
from lotwise.students.pipeline.options import plan_of
from lotwise.students.pipeline.plan import Plan


def recipe_plan(recipe: RecipeSettings, site: Path) -> Plan:
    """What is asked of a camera's run.

    Args:
        recipe: what students are made with.
        site: the site file of the camera's working folder.

    Raises:
        InputError: the settings file cannot be read.
    """
    return plan_of(
        Job(
            site=site,
            teacher=recipe.teacher,
            student=recipe.student,
            settings=recipe.settings,
            scales=",".join(map(str, recipe.scales)),
            holdout=recipe.holdout,
        )
    )
