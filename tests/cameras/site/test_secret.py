"""Secrets are named, not held: what is read, what is refused, and what is struck out of texts."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from lotwise.cameras.site.secret import Secret, masked, masked_url, url_without_credentials
from lotwise.datasets.errors import InputError


class Account(BaseModel):
    password: Secret | None = None


def test_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOT_PASSWORD", "hunter2 ")
    assert Secret(env="LOT_PASSWORD").read(Path()) == "hunter2 "  # only files end in a newline that no one meant


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_read_from_a_file_relative_to_the_site(tmp_path: Path, end: str) -> None:
    (tmp_path / "word").write_bytes(f" hunter2{end}".encode())
    assert Secret(file=Path("word")).read(tmp_path) == " hunter2"


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (Secret(env="LOT_ABSENT"), "environment variable LOT_ABSENT: not set or empty; set it"),
        (Secret(env="LOT_EMPTY"), "environment variable LOT_EMPTY: not set or empty; set it"),
        (Secret(file=Path("absent")), "absent: the secret cannot be read .No such file.*; write it into"),
        (Secret(file=Path(".")), "the secret cannot be read .Is a directory"),
        (Secret(file=Path("empty")), "empty: the secret is empty; write it"),
        (Secret(file=Path("newline")), "newline: the secret is empty"),
        (Secret(file=Path("binary")), "binary: the secret is not UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: Secret, why: str
) -> None:
    monkeypatch.setenv("LOT_EMPTY", "")
    (tmp_path / "empty").touch()
    (tmp_path / "newline").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=why) as refusal:
        secret.read(tmp_path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "given",
    [
        "hunter2",  # the password itself
        "env:hunter2",
        {"hunter2": None},  # YAML {hunter2}
        {"value": "hunter2"},
        {"env": "A", "file": "hunter2"},  # both
        {"env": "hunter2!"},  # no name of a variable
        ["hunter2"],
        {"env": ["hunter2"]},
    ],
)
def test_a_secret_that_is_written_is_refused_and_not_repeated(given: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        Secret.model_validate(given)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("given", [{}, {"env": None}, {"env": "A", "file": None}, {"env": "A", "file": "b"}])
def test_exactly_one_place(given: object) -> None:
    with pytest.raises(ValidationError, match=r"exactly one place; give \{env: NAME\}"):
        Secret.model_validate(given)


def test_no_form_of_it_shows_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOT_PASSWORD", "hunter2")
    account = Account.model_validate({"password": {"env": "LOT_PASSWORD"}})
    assert account.password is not None
    assert account.password.read(Path()) == "hunter2"
    shown = f"{account!r} {account} {account.model_dump()} {account.model_dump_json()}"
    assert "LOT_PASSWORD" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://a:b@h/s", "rtsp://***@h/s"),
        ("rtsp://a@h/s", "rtsp://***@h/s"),  # a user alone is no one's business either
        ("rtsp://h:554/s", "rtsp://h:554/s"),
        ("open rtsp://a:b@h/s failed", "open rtsp://***@h/s failed"),
        ("rtsp://a:p/w@h/s", "rtsp://***@h/s"),  # a slash in the password
        ("rtsp://a:p@w@h/s", "rtsp://***@h/s"),
        ("rtsp://a:p#w?x@h/s", "rtsp://***@h/s"),
        ("http://h/a@2x.jpg", "http://h/a@2x.jpg"),
        ("http://h/s?user=a&pwd=b&w=3", "http://h/s?user=a&pwd=***&w=3"),
        ("http://h/s?Access_Token=b", "http://h/s?Access_Token=***"),
        ("rtsp://h/user=admin_password=b_channel=1_stream=0.sdp", "rtsp://h/user=admin_password=***"),
        ("http://h/cgi?loginuse=a&loginpas=b&n=3", "http://h/cgi?loginuse=a&loginpas=***&n=3"),
        ("http://h/s?usr=a&psw=b", "http://h/s?usr=a&psw=***"),
        ("rtsp://h/pwd=b/ch1", "rtsp://h/pwd=***/ch1"),
        ("http://h/s?api_key=b&x=1", "http://h/s?api_key=***&x=1"),
        ("http://h/s?u={username}&pwd={password}", "http://h/s?u={username}&pwd={password}"),  # names, not values
        ("rtsp://h:554/admin:b/live failed", "rtsp://h:554/***/live failed"),
        ("http://h/s?login=admin:b&n=3", "http://h/s?login=***&n=3"),
        ("http://h/s?%70wd=b&n=3", "http://h/s?pwd=***&n=3"),  # an escaped name is shown as it is meant
        ("http://h/a%20b?n=3", "http://h/a%20b?n=3"),
    ],
)
def test_urls_are_shown_without_credentials(text: str, expected: str) -> None:
    assert masked_url(text) == expected


def test_known_secrets_are_struck_out_as_written_and_as_escaped() -> None:
    text = "password p@ss word, in a URL p%40ss%20word or p%40ss+word; short p@ss"
    shown = masked(text, ["p@ss", "p@ss word", ""])
    assert shown == "password ***, in a URL *** or ***; short ***"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://h/s",
        "rtsp://h:554/s",
        "http://[fe80::1]:80/",
        "http://h/s?u={username}&pwd={password}",
        "rtsp://h/user={username}_password={password}_channel=1_stream=0.sdp",
        "http://h/s?pwd=",  # an empty one
        "http://h/Streaming/Channels/101?transportmode=unicast",
        "http://h/axis-cgi/mjpg/video.cgi?compass=n&spin=2",
        "rtsp://h:554//live?start=12:30:00&ratio=1:1",
        "rtsp://h/rec?starttime=2024-01-01T00:00:00Z",
        "rtsp://h/live/trackID:1?mac=00:1a:2b:3c:4d:5e&via=10.0.0.4:554",
        "http://h/get?transcode=1&author=me&authmode=basic",
        "rtsp://h/{username}:{password}/live%20one",
    ],
)
def test_urls_without_credentials_pass(url: str) -> None:
    assert url_without_credentials(url) == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("rtsp://admin:hunter2@h/s", r"no user:password@; give .username. and .password: {env: NAME}"),
        ("rtsp://hunter2@h/s", "no user:password@"),
        ("rtsp://admin:hunt er2@h/s", "no user:password@"),
        ("rtsp://admin:hunter2", "no port number"),  # cut off before the @
        ("http://h/s?user=a&pwd=hunter2", "write {password} in its place"),
        ("rtsp://h/user=admin_password=hunter2_channel=1_stream=0.sdp?real_stream", "write {password} in its place"),
        ("rtsp://h/user=admin&password=hunter2&channel=1", "write {password} in its place"),
        ("http://h/videostream.cgi?loginuse=admin&loginpas=hunter2", "write {password} in its place"),
        ("http://h/cgi-bin/snapshot.cgi?usr=admin&psw=hunter2", "write {password} in its place"),
        ("http://h/snap?UserPwd=hunter2", "write {password} in its place"),
        ("http://h/snap;passwd=hunter2", "write {password} in its place"),
        ("rtsp://h/pswd=hunter2/11", "write {password} in its place"),
        ("http://h/snap?user=a&pw=hunter2", "write {password} in its place"),
        ("http://h/snap?session_token=hunter2", "write {password} in its place"),
        ("http://h/s?passphrase=hunter2", "write {password} in its place"),
        ("rtsp://h/admin:hunter2/live", "write {password} in its place"),
        ("rtsp://h//admin:hunter2", "write {password} in its place"),
        ("rtsp://h:554/admin%3Ahunter2/live", "write {password} in its place"),
        ("http://h/s?authbasic=hunter2", "write {password} in its place"),
        ("http://h/s?passcode=hunter2", "write {password} in its place"),
        ("http://h/s?credential=hunter2", "write {password} in its place"),
        ("http://h/s?jwt=hunter2", "write {password} in its place"),
        ("http://h/s?%70wd=hunter2", "write {password} in its place"),
        ("http://h/s?%2570wd=hunter2", "write {password} in its place"),
        ("http://h/s?login=admin:hunter2", "write {password} in its place"),
        ("http://h/s?login={username}:hunter2", "write {password} in its place"),
        ("http://h/s?code=hunter2", "write {password} in its place"),
        ("http://h/s?kennwort=hunter2", "write {password} in its place"),
        ("http://h/s?x=a%26pwd%3Dhunter2", "write {password} in its place"),
    ],
)
def test_urls_with_credentials_are_refused_and_not_repeated(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refusal:
        url_without_credentials(url)
    assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in masked_url(url) or url == "rtsp://admin:hunter2"  # as a host and its port are written


def test_a_long_text_is_masked_whatever_precedes_the_password() -> None:
    """Twenty thousand characters took minutes where each was tried as the beginning of a name."""
    shown = masked_url("http://h/?" + "a-" * 10_000 + "&pwd=hunter2")
    assert shown.endswith("&pwd=***")
