"""All words of the pages stand in one file for each language."""

import re
from pathlib import Path
from typing import get_args

import pytest

from lotwise.hub.database.job_table import JobKind, JobState
from lotwise.hub.database.rollout_table import RolloutCameraState, RolloutState
from lotwise.hub.database.slot_tables import SlotOrderState
from lotwise.hub.database.tables import NodeState, OfferState
from lotwise.hub.pages.actions.perform import BY_NAME
from lotwise.hub.pages.catalogue import languages, read_texts, texts_for
from lotwise.hub.pages.fleet import STATES, VERDICTS
from lotwise.hub.pages.people_routes import What
from lotwise.node.hub.messages import STATE_LETTERS, How
from tests.conftest import ROOT

PAGES = ROOT / "hub" / "pages"
GROUPS = ("role", "verdict", "state", "node_state", "offer", "job", "slot", "bundle_role", "rollout", "rollout_camera")
"""Keys that code and tables choose from."""


def named() -> set[str]:
    """Keys that templates and code name."""
    files = [*PAGES.rglob("*.html"), *PAGES.rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    pages = "|".join({key.partition(".")[0] for key in languages()["en"].entries})
    return {key for key in re.findall(rf'"((?:{pages})\.[a-z_]+)"', text) if not key.endswith(("_", ".html"))}


def test_every_key_is_there_and_none_is_left_over() -> None:
    entries, keys = languages()["en"].entries, named()
    made = {f"action.{part}{name}" for name in BY_NAME for part in ("", "about_")}
    made |= {f"time.{unit}" for unit in ("s", "min", "h", "d")} | {f"camera.how_{one}" for one in get_args(How)}
    made |= {f"camera.drawn_{one}" for one in get_args(SlotOrderState)}
    made |= {f"secret.{part}_{one}" for part in ("title", "about", "do", "made", "once") for one in get_args(What)}
    made |= {"people.user", "people.program", "fleet.free"}
    assert sorted((keys | made) - set(entries)) == []
    left = {key for key in set(entries) - keys - made if key.partition(".")[0] not in GROUPS}
    assert sorted(left) == []


def test_every_state_has_a_word() -> None:
    texts = languages()["en"]
    codes = [f"state.{one}" for one in STATES] + [f"verdict.{one}" for one in VERDICTS]
    codes += [f"job.{one}" for one in (*get_args(JobState), *get_args(JobKind))]
    codes += [f"offer.{one}" for one in get_args(OfferState)] + [f"node_state.{one}" for one in get_args(NodeState)]
    codes += [f"rollout.{one}" for one in get_args(RolloutState)]
    codes += [f"rollout_camera.{one}" for one in get_args(RolloutCameraState)]
    codes += [f"slot.{one}" for one in STATE_LETTERS]
    assert [code for code in codes if code not in texts.entries] == []
    assert texts.word("verdict", "something new") == "something new"


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_has_the_same_keys_and_values(language: str) -> None:
    english, other = (
        {key: set(re.findall(r"\{(\w+)\}", str(entry))) for key, entry in languages()[code].entries.items()}
        for code in ("en", language)
    )
    assert other == english
    assert all(isinstance(key, str) and "." in key and "True" not in key for key in other), "on: and no: are no words"


def test_one_and_several(tmp_path: Path) -> None:
    file = tmp_path / "xx.yaml"
    file.write_text("page: {cars: {one: '{count} car', other: '{count} cars'}, plain: 'a {word}'}", encoding="utf-8")
    texts = read_texts(file)
    assert [texts("page.cars", count=count) for count in (0, 1, 2)] == ["0 cars", "1 car", "2 cars"]
    assert texts("page.plain", word="{word}") == "a {word}"


@pytest.mark.parametrize("accepted", ["", "en-GB,en;q=0.9", "xx", "*", ";;,,"])
def test_a_language_that_there_is_not_is_english(accepted: str) -> None:
    assert texts_for(accepted).language == "en"
