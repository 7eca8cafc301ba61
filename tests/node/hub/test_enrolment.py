"""A node asks to be taken in, and takes bundles of the one hub that it knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from lotwise.cameras.site.hub import HubSettings
from lotwise.cameras.site.secret import Secret
from lotwise.datasets.errors import InputError
from lotwise.node.hub.client import HubClient
from lotwise.node.hub.enrolment import PINNED, Enrolment
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.signing import Keys, own_keys
from tests.node.hub.fake_hub import FakeHub


def enrolment(folder: Path, client: HubClient, keys: Keys, **settings: object) -> Enrolment:
    given = HubSettings.model_validate({"url": client.url} | settings)
    return Enrolment(given, "lot", folder / "hub", folder, client, keys)


def test_it_says_who_it_is(tmp_path: Path, hub: FakeHub, client: HubClient, keys: Keys) -> None:
    (tmp_path / "code").write_text("a-code\n")
    asked = enrolment(tmp_path, client, keys, code=Secret(file=Path("code")), name="north")
    hub.state, hub.what_to_do = "pending", "lotwise hub accept north"
    assert (asked.ask().state, asked.ask().what_to_do) == ("pending", "lotwise hub accept north")
    said = hub.enrolled[-1]
    assert (said.name, said.key, said.code) == ("north", keys.public, "a-code")
    enrolment(tmp_path, client, keys).ask()
    assert (hub.enrolled[-1].name, hub.enrolled[-1].code) == ("lot", "")


def test_the_first_key_is_kept_and_another_hub_is_refused(
    tmp_path: Path, hub: FakeHub, client: HubClient, keys: Keys
) -> None:
    asked = enrolment(tmp_path, client, keys)
    assert asked.hub_key == ""
    asked.ask()
    known = asked.hub_key
    assert known == hub.keys.public
    (tmp_path / "other").mkdir()
    hub.keys = own_keys(tmp_path / "other" / "hub.pem")
    for again in (asked, enrolment(tmp_path, client, keys)):  # after a restart too
        with pytest.raises(HubFailed, match=rf"another hub answers there.*known {known} since .*delete .*{PINNED}"):
            again.ask()
        assert again.hub_key == known
    (tmp_path / "hub" / PINNED).unlink()
    anew = enrolment(tmp_path, client, keys)
    anew.ask()
    assert anew.hub_key == hub.keys.public


def test_the_key_of_the_site_file_wins(tmp_path: Path, hub: FakeHub, client: HubClient, keys: Keys) -> None:
    assert enrolment(tmp_path, client, keys, key=hub.keys.public).ask().state == "accepted"
    assert not (tmp_path / "hub" / PINNED).exists()
    wrong = enrolment(tmp_path, client, keys, key=keys.public)
    with pytest.raises(HubFailed, match=r"not hub\.key of the site file; correct hub\.key or hub\.url"):
        wrong.ask()
    assert wrong.hub_key == keys.public


def test_another_address_is_another_hub(tmp_path: Path, hub: FakeHub, client: HubClient, keys: Keys) -> None:
    enrolment(tmp_path, client, keys).ask()
    moved = HubClient(f"{hub.url}/lotwise", keys)
    assert enrolment(tmp_path, moved, keys).hub_key == ""


def test_what_cannot_be_read_is_told_before_anything_is_asked(tmp_path: Path, client: HubClient, keys: Keys) -> None:
    with pytest.raises(InputError, match="code: the secret cannot be read"):
        enrolment(tmp_path, client, keys, code=Secret(file=Path("code")))
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / PINNED).write_text("{}")
    with pytest.raises(InputError, match=r"hub\.json: the hub's key cannot be read .*delete it"):
        enrolment(tmp_path, client, keys)
