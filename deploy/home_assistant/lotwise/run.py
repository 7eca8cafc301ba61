"""Starts the node in Home Assistant's add-on: the options become a site file, the broker is Home Assistant's own."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DATA, CONFIG = Path("/data"), Path("/config")
"""What the add-on keeps, and the folder that its user sees."""
SUPERVISOR = "http://supervisor"
PORT = 8770


def broker(supervisor: str = SUPERVISOR) -> Mapping[str, Any] | None:
    """Address, user and password of the broker that Home Assistant has; None where it has none."""
    request = urllib.request.Request(f"{supervisor}/services/mqtt")  # noqa: S310
    request.add_header("Authorization", f"Bearer {os.environ.get('SUPERVISOR_TOKEN', '')}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return dict(json.load(answer)["data"])
    except (urllib.error.URLError, ValueError, KeyError) as error:
        print(
            f"note: Home Assistant names no broker ({error}); slots become no entities. Install the Mosquitto add-on."
        )
        return None


def site_of(options: Mapping[str, Any], mqtt: Mapping[str, Any] | None, data: Path, config: Path) -> dict[str, Any]:
    """The content of a site file; passwords go into files of their own in ``data``.

    Args:
        options: what the user has set, as ``config.yaml`` declares it.
        mqtt: as :func:`broker` gives it.
        data, config: the folders.
    """
    cameras: dict[str, dict[str, Any]] = {}
    for one in options["cameras"]:
        source: dict[str, Any] = {"url": one["url"]}
        if one.get("username"):
            source["username"] = one["username"]
        if one.get("password"):
            source["password"] = secret(data, f"camera-{one['id']}", one["password"])
        cameras[one["id"]] = {"source": source}
        if one.get("every_s"):
            cameras[one["id"]]["schedule"] = {"period_s": one["every_s"]}
        slots = config / "slots" / f"{one['id']}.json"
        if slots.is_file():
            cameras[one["id"]]["slots"] = str(slots)
    api = {"host": "0.0.0.0", "port": PORT, "token": secret(data, "token", options["token"])}  # noqa: S104
    site: dict[str, Any] = {"name": options["site"], "state": str(data / "state"), "cameras": cameras}
    site["publish"] = {"api": api}
    if (config / "run").is_dir():
        site["run"] = str(config / "run")
    if mqtt is not None:
        said = {"host": mqtt["host"], "port": mqtt["port"], "tls": bool(mqtt.get("ssl")), "home_assistant": True}
        if mqtt.get("username"):
            said |= {"username": mqtt["username"], "password": secret(data, "mqtt", mqtt["password"])}
        site["publish"]["mqtt"] = said
    if options.get("hub_url"):
        site["hub"] = {"url": options["hub_url"], "frames": {"allow": bool(options.get("hub_frames"))}}
        if options.get("hub_code"):
            site["hub"]["code"] = secret(data, "hub-code", options["hub_code"])
        if (config / "hub.crt").is_file():
            site["hub"]["ca"] = str(config / "hub.crt")
    return site


def secret(data: Path, name: str, value: str) -> dict[str, str]:
    """A password in a file that root alone can read, and how a site file names it."""
    folder = data / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / re.sub(r"[^A-Za-z0-9_-]", "_", name)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(value)
    return {"file": str(file)}


def write_site(data: Path, config: Path, supervisor: str = SUPERVISOR) -> Path:
    """The site file to run: the user's own where the options name one, else one that is made of them."""
    options = json.loads((data / "options.json").read_text(encoding="utf-8"))
    path = data / "site.yaml"
    path.unlink(missing_ok=True)
    secret(data, "token", options["token"])
    if options.get("site_file"):
        # The health check looks for it under this name; paths in it are relative to where it lies itself.
        path.symlink_to(config / options["site_file"])
        return path
    site = site_of(options, broker(supervisor), data, config)
    path.write_text(yaml.safe_dump(site, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def main() -> None:
    """Become the node."""
    site = write_site(DATA, CONFIG)
    os.execvp("lotwise", ["lotwise", "run", str(site)])  # noqa: S606, S607


if __name__ == "__main__":
    main()
