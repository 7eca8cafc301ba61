"""Cameras that send the node elsewhere: to another path, another host, or from http to https."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cameras.sources.cameras import Viewer, until
from tests.cameras.sources.http_server import Handler, HttpCamera, jpeg
from tests.cameras.sources.http_settings import account, snapshot


def redirect(goal: Callable[[Handler], str]) -> Callable[[Handler], None]:
    """Sends ``/picture`` elsewhere; any other path is the picture."""

    def answer(camera: Handler) -> None:
        if not camera.path.startswith("/picture"):
            camera.reply(jpeg(90))
            return
        camera.send_response(302)
        camera.send_header("Location", goal(camera))
        camera.send_header("Content-Length", "0")
        camera.end_headers()

    return answer


@pytest.mark.parametrize("login", ["basic", "digest"])
@pytest.mark.parametrize("goal", ["/cgi/still.jpg?n=1", "still.jpg"])
def test_a_redirect_to_another_path_keeps_the_login(login: str, goal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        HttpCamera(redirect(lambda _: goal), login) as camera,
        Viewer(snapshot(camera.url, **account(monkeypatch))) as viewer,
    ):
        viewer.frame()
        assert camera.wrong_logins == 0


def test_a_redirect_to_another_host_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpCamera(lambda camera: camera.reply(jpeg(90)), "basic") as other:
        goal = other.url.replace("127.0.0.1", "localhost")
        with (
            HttpCamera(redirect(lambda _: goal), "basic") as camera,
            Viewer(snapshot(camera.url, **account(monkeypatch))) as viewer,
        ):
            until(lambda: "redirects to another host" in viewer.source.health().why)
        assert other.requests == 0


@pytest.mark.parametrize("goal", ["file:///etc/passwd", "ftp://127.0.0.1/x", "//elsewhere.invalid/x"])
def test_a_redirect_to_no_camera_is_not_followed(goal: str) -> None:
    with HttpCamera(redirect(lambda _: goal)) as camera, Viewer(snapshot(camera.url)) as viewer:
        until(lambda: "redirects to another host" in viewer.source.health().why)


def test_a_redirect_without_end_is_told() -> None:
    with HttpCamera(redirect(lambda _: "/picture?again")) as camera, Viewer(snapshot(camera.url)) as viewer:
        until(lambda: "redirects without end" in viewer.source.health().why)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that nobody has signed but itself, as cameras bring along, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=camera"
    names = ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


def test_http_leads_to_https_with_a_certificate_of_its_own(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpCamera(lambda camera: camera.reply(jpeg(90)), "digest", certificate) as secure:
        with (
            HttpCamera(redirect(lambda _: secure.url)) as plain,
            Viewer(snapshot(plain.url, verify=False, **account(monkeypatch))) as viewer,
        ):
            viewer.frame()
            assert secure.wrong_logins == 0
        with HttpCamera(redirect(lambda _: secure.url)) as plain, Viewer(snapshot(plain.url)) as viewer:
            until(lambda: "certificate is not trusted" in viewer.source.health().why)


def test_https_never_leads_to_http(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpCamera(lambda camera: camera.reply(jpeg(90)), "basic") as plain:
        with (
            HttpCamera(redirect(lambda _: plain.url), "", certificate) as secure,
            Viewer(snapshot(secure.url, verify=False, **account(monkeypatch))) as viewer,
        ):
            until(lambda: "redirects from https to http" in viewer.source.health().why)
        assert plain.requests == 0
