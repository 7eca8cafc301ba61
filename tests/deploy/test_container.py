"""The container files as far as they can be judged without a builder: what is copied, who runs, what may be done."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
import yaml

from lotwise.cameras.site.reading import read_site
from lotwise.hub.reading import read_hub
from tests.conftest import ROOT
from tests.free_port import free_port
from tests.lotwise.running import run
from tests.node.mqtt.brokers import until
from tests.node.sites import write_site

CONTAINER = ROOT / "deploy" / "container"
COMPOSE = yaml.safe_load((CONTAINER / "compose.yaml").read_text())
PROGRAMS = ("node", "hub")


def stages(dockerfile: Path) -> dict[str, list[tuple[str, str]]]:
    """Instructions of each stage by its name: the word, and what follows."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE)
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            name = rest.partition(" AS ")[2]
        if word:
            found.setdefault(name, []).append((word, rest))
    return found


STAGES = stages(CONTAINER / "Dockerfile")


def said(stage: str, word: str) -> list[str]:
    return [rest for given, rest in STAGES[stage] if given == word]


def test_all_rooms_are_copied_and_nothing_else_is_sent_to_the_builder() -> None:
    copied = [source for rest in said("build", "COPY") for source in rest.split()[:-1]]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    rooms = {path.name for path in (ROOT / "lotwise").iterdir() if path.is_symlink()}
    assert rooms < set(copied)
    sent = (ROOT / ".dockerignore").read_text().split()
    assert {line[1:] for line in sent if line.startswith("!")} == set(copied)
    assert "*" in sent


def test_what_is_installed_has_the_versions_that_were_tested() -> None:
    installs = [rest for stage in STAGES for rest in said(stage, "RUN") if "pip install" in rest]
    assert len(installs) == 3
    for rest in installs:
        assert rest.count("pip install") == rest.count("--constraint")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_runs_as_nobody_special_and_hears_signals(program: str) -> None:
    assert said("base", "USER") == ["${USER_ID}:${USER_ID}"]
    assert said("base", "ARG") == ["USER_ID=1000"]
    assert said("base", "VOLUME") == ["/data"]
    assert not said(program, "USER")
    # Not through a shell, which would keep them to itself.
    assert json.loads(said("base", "ENTRYPOINT")[0]) == ["lotwise"]
    assert json.loads(said(program, "CMD")[0])[0] in ("run", "hub")


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_health_check_is_a_command_that_there_is(
    program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (check,) = said(program, "HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    assert COMPOSE["services"][program]["healthcheck"]["test"] == ["CMD", *command]
    (tmp_path / "site.yaml").write_text("name: lot\ncameras: {C1: {source: rtsp://10.0.0.5/1}}\n")
    (tmp_path / "hub.yaml").write_text(f"name: hub\nlisten: {{port: {free_port()}}}\n")
    assert command[0] == "lotwise"
    assert run(*(word.replace("/data", str(tmp_path)) for word in command[1:])) == 1
    assert "unhealthy: " in capsys.readouterr().err


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_a_service_may_do_little_and_needs_no_shared_memory(service: str) -> None:
    settings: dict[str, Any] = COMPOSE["services"][service]
    assert settings["user"].startswith("${LOTWISE_USER")
    assert settings["read_only"] and settings["cap_drop"] == ["ALL"] and settings["init"]
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert not {"shm_size", "privileged", "network_mode", "ipc"} & set(settings)
    assert set(settings["secrets"]) <= set(COMPOSE["secrets"])
    assert settings["healthcheck"]
    assert set(settings.get("depends_on", ())) <= set(COMPOSE["services"])


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """The folder that a user starts from."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make passwords with")
    subprocess.run([CONTAINER / "prepare", tmp_path / "lot", "hub.example.org"], check=True, capture_output=True)
    return tmp_path / "lot"


def test_prepare_makes_all_that_compose_names_for_its_owner_alone(prepared: Path) -> None:
    mounts = [mount for one in COMPOSE["services"].values() for mount in one["volumes"]]
    mounts += [f"{secret['file']}:" for secret in COMPOSE["secrets"].values()]
    for mount in mounts:
        path = prepared / mount.partition(":")[0]
        assert path.exists()
        assert path.stat().st_mode & 0o077 == 0 or path.name == "mosquitto.conf"
    environment = dict(line.split("=", 1) for line in (prepared / ".env").read_text().splitlines())
    assert set(environment) == set(re.findall(r"\$\{(\w+)", (prepared / "compose.yaml").read_text()))
    assert not environment["LOTWISE_USER"].startswith("0:")
    assert (Path(environment["LOTWISE_SOURCE"]) / COMPOSE["services"]["node"]["build"]["dockerfile"]).is_file()


def test_prepare_changes_nothing_that_is_there(prepared: Path) -> None:
    (prepared / "node" / "site.yaml").write_text("mine")
    before = {path: path.read_bytes() for path in prepared.rglob("*") if path.is_file()}
    subprocess.run([CONTAINER / "prepare", prepared], check=True, capture_output=True)
    assert {path: path.read_bytes() for path in prepared.rglob("*") if path.is_file()} == before


def test_the_first_site_file_and_hub_file_fit_together(prepared: Path) -> None:
    site, hub = read_site(prepared / "node" / "site.yaml"), read_hub(prepared / "hub" / "hub.yaml")
    services = COMPOSE["services"]
    assert site.hub is not None and site.publish.mqtt is not None
    assert site.hub.url == f"https://hub:{hub.settings.listen.port}"
    assert site.publish.mqtt.host in services and site.publish.mqtt.username == "lotwise"
    for program, port in (("node", site.publish.api.port), ("hub", hub.settings.listen.port)):
        assert services[program]["ports"] == [f"{port}:{port}"]
        assert said(program, "EXPOSE") == [str(port)]
    # Only what is in the volume is kept.
    assert site.state.is_relative_to("/data") and hub.settings.data.is_relative_to("/data")
    for program, file in (("node", "site.yaml"), ("hub", "hub.yaml")):
        used = set(re.findall(r"/run/secrets/(\w+)", (CONTAINER / file).read_text()))
        assert used == set(services[program]["secrets"])


def program_of_compose(program: str, folder: Path) -> subprocess.Popen[bytes]:
    """Node or hub as the compose file runs it, from its entry point on."""
    command = [sys.executable, "-m", "lotwise", *json.loads(said(program, "CMD")[0])]
    with (folder / f"{program}.log").open("wb") as log:
        return subprocess.Popen(
            [word.replace("/data", str(folder / program)) for word in command], cwd=ROOT, stderr=log, stdout=log
        )


@contextmanager
def broker_of_compose(folder: Path) -> Iterator[int]:
    """The broker, started by the very command of the compose file; its port."""
    port, config = free_port(), folder / "here.conf"
    places = {"/run/secrets": f"{folder}/secrets", "/tmp/": f"{folder}/", "/mosquitto/data/": f"{folder}/broker/"}
    places |= {"/mosquitto/config/mosquitto.conf": str(config), "listener 1883": f"listener {port} 127.0.0.1"}
    places |= {"$$": "$"}

    def here(text: str) -> str:
        return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)

    # Where it is started as root, Mosquitto becomes another user, who may not read this folder.
    root = "user root\n" if os.geteuid() == 0 else ""
    config.write_text(root + here((folder / "mosquitto.conf").read_text()))
    command = [here(word) for word in COMPOSE["services"]["broker"]["command"]]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as broker:
        try:
            yield port
        finally:
            broker.terminate()
    assert broker.returncode == 0


def answer(port: int, password: str | None) -> str:
    """What a broker says to somebody who comes with a password."""
    client, answers = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2), []
    client.on_connect = lambda *given: answers.append(str(given[3]))
    if password is not None:
        client.username_pw_set("lotwise", password)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        until(lambda: bool(answers), "an answer", 90)
    finally:
        client.loop_stop()
    return answers[0]


def accepts(port: int) -> bool:
    try:
        mqtt.Client(mqtt.CallbackAPIVersion.VERSION2).connect("127.0.0.1", port)
    except OSError:
        return False
    return True


def test_the_broker_lets_nobody_in_without_the_password(prepared: Path) -> None:
    if shutil.which("mosquitto") is None or shutil.which("mosquitto_passwd") is None:
        pytest.skip("no Mosquitto here; apt-get install mosquitto")
    with broker_of_compose(prepared) as port:
        until(lambda: accepts(port), "the broker listens")
        assert answer(port, (prepared / "secrets" / "mqtt_password").read_text().strip()) == "Success"
        assert answer(port, "guessed") == answer(port, None) == "Not authorized"


def test_broker_hub_and_node_find_each_other(prepared: Path) -> None:
    """All three as the compose file starts them, with what prepare has made, at addresses of this machine."""
    if shutil.which("mosquitto") is None or shutil.which("mosquitto_passwd") is None:
        pytest.skip("no Mosquitto here; apt-get install mosquitto")
    ports = {"hub": free_port(), "node": free_port()}
    password = (prepared / "secrets" / "mqtt_password").read_text().strip()
    write_site(prepared / "node", cameras=1)
    frames = prepared / "node" / "frames1"
    with broker_of_compose(prepared) as port:
        shutil.copy(CONTAINER / "site.yaml", prepared / "node" / "site.yaml")
        for program, file in (("node", "site.yaml"), ("hub", "hub.yaml")):
            path = prepared / program / file
            text = path.read_text().replace("/run/secrets", str(prepared / "secrets"))
            text = text.replace("/data", str(prepared / program)).replace(
                "host: broker", f"host: localhost, port: {port}"
            )
            text = text.replace("hub:8780", f"localhost:{ports['hub']}")
            text = re.sub(
                r"source: .*", f"source: {{path: {frames}, repeat: true}}\n    schedule: {{period_s: 1}}", text
            )
            path.write_text(text.replace("host: 0.0.0.0", f"host: 127.0.0.1, port: {ports[program]}"))
        until(lambda: accepts(port), "the broker listens")
        told: list[str] = []
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.username_pw_set("lotwise", password)
        client.on_message = lambda *given: told.append(given[2].topic)
        client.connect("127.0.0.1", port)
        client.subscribe("lotwise/#")
        client.loop_start()
        hub, node = (program_of_compose(program, prepared) for program in ("hub", "node"))
        try:
            until(lambda: any(topic.endswith("/available") for topic in told), "the node speaks to the broker", 120)
            log = prepared / "node.log"
            until(lambda: "has accepted this node" in log.read_text(), "the hub has accepted the node", 120)
            for command in (["run", prepared / "node" / "site.yaml"], ["hub", prepared / "hub" / "hub.yaml"]):
                assert run(*command, "--healthy") == 0
        finally:
            client.loop_stop()
            for process in (node, hub):
                process.terminate()
            codes = [process.wait(120) for process in (node, hub)]
        assert codes == [0, 0], (prepared / "hub.log").read_text()
