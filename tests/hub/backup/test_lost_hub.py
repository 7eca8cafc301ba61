"""A hub loses all that it has, and its nodes go on with the one that was made anew."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lotwise.hub.http.server import HubServer
from lotwise.hub.hub import open_hub
from lotwise.hub.reading import read_hub
from lotwise.node.hub.messages import CameraReport
from lotwise.verbs.hub_backup import add_backup
from tests.hub.http.conftest import CARD, Serve, serve  # noqa: F401
from tests.hub.signed_client import jpeg_of


@pytest.fixture
def commands() -> typer.Typer:
    app = typer.Typer()
    add_backup(app)
    return app


def test_nodes_go_on_without_enrolling(serve: Serve, commands: typer.Typer, tmp_path: Path) -> None:  # noqa: F811
    served = serve()
    north, jpeg = served.accepted(), jpeg_of()
    assert north.send("C1", jpeg).body == {"new": True}
    file, target = str(served.hub.file.path), str(tmp_path / "hub.tar")
    made = CliRunner().invoke(commands, ["backup", target, "--hub", file])  # while the hub runs
    assert made.exit_code == 0 and "the hub's key among them" in made.output
    served.hub.close()
    shutil.rmtree(served.hub.folders.data)
    done = CliRunner().invoke(commands, ["restore", target, "--hub", file])
    assert done.exit_code == 0 and "1 nodes, 1 frames" in done.output
    digest = hashlib.sha256(jpeg).hexdigest()
    hub = open_hub(read_hub(Path(file)))
    server = HubServer(hub)
    try:
        server.start()
        again = replace(north, port=server.port)
        assert again.report({"C1": CameraReport(card=CARD.stamp)}).status == 200
        asked = f'{{"frames": ["{digest}"]}}'.encode()
        assert again.ask("POST", "/v1/frames/known", asked).body == {"frames": [digest]}
        assert again.enrol().body["hub_key"] == served.hub.keys.public
    finally:
        server.close()
        hub.close()
