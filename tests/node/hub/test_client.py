"""Every way in which a hub fails is one line that says what to do."""

from __future__ import annotations

import re
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.node.hub import client as client_module
from lotwise.node.hub.client import HubClient
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.messages import FrameList
from lotwise.node.hub.signing import Keys
from tests.node.certificates import certificate
from tests.node.hub.fake_hub import Failure, FakeHub

ASK = FrameList(frames=("a" * 64,))


def ask(client: HubClient) -> FrameList:
    return client.ask("POST", "/v1/frames/known", FrameList, ASK)


def failed(client: HubClient) -> HubFailed:
    with pytest.raises(HubFailed) as raised:
        ask(client)
    assert "\n" not in str(raised.value)
    return raised.value


def test_a_signed_question_is_answered(hub: FakeHub, client: HubClient) -> None:
    hub.frames["a" * 64] = b""
    assert ask(client) == ASK


@pytest.mark.parametrize(
    ("failure", "status", "line"),
    [
        (Failure("/", 403, "this node is not accepted yet"), 403, "^this node is not accepted yet$"),
        (Failure("/", 426, "it speaks format 2; update lotwise"), 426, "format 2; update lotwise"),
        (Failure("/", 500), 500, "answers 500 without a reason; see the hub's log"),
        (Failure("/", 404), 0, "no hub"),  # another web server
        (Failure("/", 404, "no such bundle"), 404, "^no such bundle$"),
        (
            Failure("/", 302, headers={"Location": "https://other/"}),
            0,
            "sends us to https://other/; give the hub's own",
        ),
        (Failure("/", 200, body=b"<html>hello"), 0, "answers what this node does not understand"),
        (Failure("/", 200, body=b'{"frames": [], "more": 1}'), 0, "does not understand .*more"),
        (Failure("/", 507, "full\nof \x1b[31mframes"), 507, r"^full of \[31mframes$"),  # nothing that moves a terminal
        (Failure("/", 200, body=b"{}", headers={"Content-Encoding": "x"}), 0, "does not understand"),
    ],
)
def test_what_it_answers_is_told(hub: FakeHub, client: HubClient, failure: Failure, status: int, line: str) -> None:
    hub.failures.append(failure)
    error = failed(client)
    assert error.status == status

    assert re.search(line, str(error)), error


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("100000000", 86400),
        ("-5", 0),
        ("soon", None),
        ("nan", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sat, 06 Nov 2094 08:49:37 GMT", 86400),
    ],
)
def test_when_it_wants_to_be_asked_again(hub: FakeHub, client: HubClient, said: str, seconds: float | None) -> None:
    hub.failures.append(Failure("/", 503, "busy", {"Retry-After": said}))
    assert failed(client).retry_s == seconds


def test_an_answer_without_end_is_not_read_to_its_end(
    hub: FakeHub, client: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER", 1000)
    hub.failures.append(Failure("/", 200, body=b" " * 2000))
    assert "more than 1000 bytes" in str(failed(client))


def test_an_answer_that_is_cut_is_told_as_such(hub: FakeHub, client: HubClient) -> None:
    hub.files["/v1/bundles/0/f"] = b'{"frames": []}'
    hub.cut_after = 5
    with pytest.raises(HubFailed, match="broke off in the middle"):
        client.ask("GET", "/v1/bundles/0/f", FrameList, b"")


def test_nothing_listens(keys: Keys) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error = failed(HubClient(f"http://127.0.0.1:{free.getsockname()[1]}", keys))
    assert (error.status, str(error)) == (0, "nothing listens there; start the hub, or correct hub.url")


def test_it_does_not_answer(keys: Keys) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        error = failed(HubClient(f"http://127.0.0.1:{silent.getsockname()[1]}", keys, timeout_s=0.2))
    assert str(error) == "it does not answer"


def test_its_name_is_not_known(keys: Keys) -> None:
    assert "its name cannot be found" in str(failed(HubClient("https://hub.invalid", keys)))


def tls_hub(folder: Path, certificate: Path) -> FakeHub:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return FakeHub(folder, context=context)


def test_only_a_certificate_that_is_trusted_and_of_this_name_will_do(tmp_path: Path, keys: Keys) -> None:
    good = certificate(tmp_path / "good")
    hub = tls_hub(tmp_path, good)
    hub.node_key = keys.public
    assert ask(HubClient(hub.url, keys, good)) == FrameList(frames=())
    assert "not trusted" in str(failed(HubClient(hub.url, keys))) and "hub.ca" in str(failed(HubClient(hub.url, keys)))
    assert "is of another name" in str(failed(HubClient(hub.url.replace("127.0.0.1", "localhost"), keys, good)))
    plain = FakeHub(tmp_path)
    assert "does not speak TLS" in str(failed(HubClient(plain.url.replace("http:", "https:"), keys, good)))
    plain.close()
    hub.close()


@pytest.mark.parametrize(
    ("year", "line"), [(2020, "has expired .*renew it"), (2096, "not valid yet .*set this machine's clock")]
)
def test_a_wrong_clock_shows_in_the_certificate(tmp_path: Path, keys: Keys, year: int, line: str) -> None:
    wrong = certificate(tmp_path / "wrong", datetime(year, 1, 1, tzinfo=UTC))
    hub = tls_hub(tmp_path, wrong)
    with pytest.raises(HubFailed, match=line):
        ask(HubClient(hub.url, keys, wrong))
    hub.close()


def test_a_file_of_certificates_that_cannot_be_read(tmp_path: Path, keys: Keys) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for file in ("ca.pem", "gone.pem"):
        with pytest.raises(InputError, match=rf"hub\.ca: .*{file}: .*give a PEM file"):
            HubClient("https://hub.invalid", keys, tmp_path / file)
