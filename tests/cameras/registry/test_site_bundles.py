"""Where a site's cameras have their bundles."""

from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import bundles_of, live_bundle
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.settings import Site
from lotwise.datasets.errors import InputError
from tests.cameras.bundles import add, write_constant_bundle


def site(folder: Path, text: str) -> Site:
    (folder / "site.yaml").write_text(f"name: lot\n{text}")
    return read_site(folder / "site.yaml")


def test_the_run_s_registry_the_camera_s_own_or_one_bundle(tmp_path: Path) -> None:
    write_constant_bundle(tmp_path / "one")
    found = site(
        tmp_path,
        "run: run\ncameras: {gate: {source: a}, roof: {source: a, bundles: one}, yard: {source: a, bundles: own}}",
    )
    assert bundles_of(found, "gate") == Registry(tmp_path / "run" / "cameras" / "gate" / "bundles")
    assert bundles_of(found, "yard") == Registry(tmp_path / "own")
    assert bundles_of(found, "roof") == live_bundle(found, "roof") == tmp_path / "one"


def test_the_live_one_of_a_registry(tmp_path: Path) -> None:
    found = site(tmp_path, "cameras: {gate: {source: a, bundles: own}}")
    registry = Registry(tmp_path / "own")
    identity = add(registry, tmp_path)
    with pytest.raises(InputError, match="no bundle is live here"):
        live_bundle(found, "gate")
    registry.promote(identity)
    assert live_bundle(found, "gate") == tmp_path / "own" / identity


def test_no_run_and_no_bundles_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"camera gate: no bundle; give run: .* or cameras\.gate\.bundles:"):
        bundles_of(site(tmp_path, "cameras: {gate: {source: a}}"), "gate")


def test_with_a_hub_and_nothing_else_bundles_are_kept_beside_the_state(tmp_path: Path) -> None:
    text = "hub: {url: 'https://h'}\ncameras: {gate: {source: a}, yard: {source: a, bundles: own}}"
    found = site(tmp_path, text)
    assert bundles_of(found, "gate") == Registry(tmp_path / "state" / "hub" / "bundles" / "gate")
    assert bundles_of(found, "yard") == Registry(tmp_path / "own")
    with_run = site(tmp_path, f"run: run\n{text}")
    assert bundles_of(with_run, "gate") == Registry(tmp_path / "run" / "cameras" / "gate" / "bundles")


@pytest.mark.parametrize(
    ("hub", "mend"),
    [
        ("", "run lotwise adapt or promote one"),
        ("hub: {url: 'https://h'}\n", "the hub is to send the first one"),
        (
            "hub: {url: 'https://h', bundles: {allow: false}}\n",
            "none comes from the hub, as hub.bundles.allow is false; promote one",
        ),
    ],
)
def test_where_none_is_live_yet_it_is_told_who_makes_the_first_one(tmp_path: Path, hub: str, mend: str) -> None:
    found = site(tmp_path, f"{hub}cameras: {{gate: {{source: a, bundles: own}}}}")
    with pytest.raises(InputError, match=f"no bundle is live here; {mend}$"):
        live_bundle(found, "gate")
