"""What a board refuses."""

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.node.board_process.server import BoardServer
from lotwise.node.board_process.store import ModuleStore
from lotwise.node.boards.protocol import BUNDLE, MODULE, PATH
from lotwise.node.http.listening import listening
from tests.cameras.detection.boards.divided import two_modules
from tests.conftest import ROOT

TOKEN = "0123456789abcdef"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return two_modules(tmp_path / "bundle")


@pytest.fixture
def port(bundle: Path) -> Iterator[int]:
    opened = listening("127.0.0.1", 0, "board")
    server = BoardServer(opened, ModuleStore(bundle, 1, "onnxruntime"), TOKEN)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield opened.getsockname()[1]
    server.shutdown()
    server.server_close()


def picture(width: int = 64, height: int = 64) -> bytes:
    return cv2.imencode(".jpg", np.zeros((height, width, 3), np.uint8))[1].tobytes()


def post(port: int, data: bytes, bundle: Path, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    told = {BUNDLE: parse_manifest(bundle).identity, MODULE: "1", "Authorization": f"Bearer {TOKEN}"}
    connection.request("POST", PATH, data, told | {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    said = answer.status, answer.read()
    connection.close()
    return said


def test_the_boxes_of_a_frame(port: int, bundle: Path) -> None:
    status, said = post(port, picture(), bundle)
    assert (status, len(said)) == (200, 10)


@pytest.mark.parametrize(
    ("data", "headers", "status", "why"),
    [
        (picture(), {"Authorization": "Bearer wrong"}, 401, "token"),
        (picture(), {BUNDLE.replace("-", "_"): "0" * 16}, 409, "no bundle 0000000000000000 here"),
        (picture(), {MODULE.replace("-", "_"): "2"}, 409, "this board runs module 1"),
        (picture(32, 64), {}, 400, "expected a picture of 64 x 64 pixels"),
        (b"no picture", {}, 400, "expected a picture of 64 x 64 pixels"),
        (picture()[:400], {}, 400, "picture"),
    ],
    ids=["wrong token", "another bundle", "another module", "another size", "no picture", "torn picture"],
)
def test_what_does_not_fit_is_refused_in_one_line(
    port: int, bundle: Path, data: bytes, headers: dict[str, str], status: int, why: str
) -> None:
    found, said = post(port, data, bundle, **headers)
    assert found == status
    assert why in json.loads(said)["error"]


def test_a_board_tells_what_it_holds(port: int, bundle: Path) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", PATH, headers={"Authorization": f"Bearer {TOKEN}"})
    held = json.loads(connection.getresponse().read())
    connection.close()
    assert list(held["bundles"]) == [parse_manifest(bundle).identity]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--module", "3"], "has the modules 1 to 2, but no 3"),
        (["--module", "1", "--listen", "0.0.0.0:0"], "needs --token-file"),
    ],
    ids=["no such module", "open to all"],
)
def test_wrong_usage_is_one_line(bundle: Path, options: list[str], why: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "lotwise", "board", str(bundle), *options],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 2
    assert why in ended.stderr.replace("\n", " ")
