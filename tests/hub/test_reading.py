"""Hub files: what is read, and what is refused in one line."""

from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.reading import read_codes, read_hub
from tests.hub.hub_files import write_hub


def test_a_name_alone_is_a_hub_file(tmp_path: Path) -> None:
    file = write_hub(tmp_path)
    assert file.settings.data == tmp_path / "hub-data"
    assert (file.settings.listen.host, file.settings.learning.first_frames) == ("127.0.0.1", 8)


def test_weights_beside_the_file_are_found_and_names_are_left(tmp_path: Path) -> None:
    (tmp_path / "large.pt").write_bytes(b"weights")
    recipe = write_hub(tmp_path, "recipe: {teacher: large.pt, settings: learn.yaml}\n").settings.recipe
    assert recipe.teacher == str(tmp_path / "large.pt")
    assert recipe.student == "yolo26n.pt"
    assert recipe.settings == tmp_path / "learn.yaml"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nam: x\n", r"hub.yaml:2: nam: unknown key; did you mean name\?"),
        ("listen: {host: 0.0.0.0}\n", "hub.yaml:2: listen: host 0.0.0.0 can be reached from outside, which needs TLS"),
        ("listen: {certificate: hub.pem}\n", "listen: TLS needs both certificate and key"),
        ("learning: {first_frames: 1}\n", "learning.first_frames: expected a number greater than or equal to 2"),
        ("database: {url: mysql://db/hub}\n", "database.url: "),
        ("database: {url: 'postgresql://hub:hunter2@db/hub'}\n", r"database: a URL here carries no user:password@"),
        ("database: {password: hunter2}\n", "database.password: a secret is not written into the site file"),
        ("jobs: {executor: cloud}\n", "jobs.executor: "),
        ("jobs: {address: '10.0.0.5:6379'}\n", "jobs: an address is for executor: ray; give that too"),
        ("jobs: {executor: ray, address: head, workers: 2}\n", "jobs.address: "),
        ("jobs: {executor: ray, address: 'head:6379'}\n", "jobs: a cluster needs workers: how many jobs run at once"),
        ("jobs: {workers: 0}\n", "jobs.workers: expected a number greater than or equal to 1"),
        ("codes: [{code: {env: A}, group: 'a b'}]\n", "codes.0.group: "),
    ],
    ids=[
        "unknown key",
        "open without TLS",
        "half of TLS",
        "too few",
        "database",
        "password in URL",
        "secret",
        "executor",
        "address without Ray",
        "address without port",
        "cluster without workers",
        "no workers",
        "group",
    ],
)
def test_a_mistake_is_one_line_that_names_the_place_and_no_secret(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        write_hub(tmp_path, text)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_empty_or_missing_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(InputError, match=r"empty\.yaml: the file: is empty"):
        read_hub(tmp_path / "empty.yaml")
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read .*give a hub file"):
        read_hub(tmp_path / "none.yaml")


def test_behind_a_proxy_it_may_listen_without_tls(tmp_path: Path) -> None:
    assert write_hub(tmp_path, "listen: {host: 0.0.0.0, behind_proxy: true}\n").settings.listen.behind_proxy


def test_codes_are_read_from_where_they_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "code").write_text("0123456789abcdef0123\n")
    monkeypatch.setenv("LOT_CODE", "short")
    file = write_hub(tmp_path, "codes: [{code: {file: code}, group: canary}]\n")
    assert read_codes(file) == {"0123456789abcdef0123": "canary"}
    with pytest.raises(InputError, match="entry 1: the code needs at least 16 characters"):
        read_codes(write_hub(tmp_path, "codes: [{code: {env: LOT_CODE}}]\n"))
