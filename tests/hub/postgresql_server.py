"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket of the file system, with a password."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

USER = "lotwise"


def postgresql_programs() -> Path | None:
    """Folder of initdb and pg_ctl; Debian keeps them out of PATH."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@dataclass(frozen=True)
class PostgresqlServer:
    """A server that runs.

    Attributes:
        folder: of its socket.
        password: of the user ``lotwise``.
    """

    folder: Path
    password: str

    def new_database(self) -> str:
        """URL of an empty database, without the password."""
        name = f"hub_{secrets.token_hex(6)}"
        with psycopg.connect(
            host=str(self.folder), user=USER, password=self.password, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://{USER}@/{name}?host={self.folder}"


def start_server(programs: Path) -> PostgresqlServer:
    """A server in a new folder below /tmp: the path of a socket is short, and PostgreSQL never runs as root."""
    folder, password = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp")), secrets.token_hex(16)
    _own(folder)
    word = folder / "password"
    word.write_text(password)
    _own(word)
    data = str(folder / "data")
    _run(
        programs / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "--pwfile", str(word), "--no-sync",
        "-E", "UTF8", "--locale", "C",
    )  # fmt: skip
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=16MB"
    _run(programs / "pg_ctl", "-D", data, "-w", "-t", "120", "-l", str(folder / "log"), "-o", settings, "start")
    return PostgresqlServer(folder, password)


def stop_server(programs: Path, server: PostgresqlServer) -> None:
    """End it and delete all of it."""
    _run(programs / "pg_ctl", "-D", str(server.folder / "data"), "-m", "immediate", "-w", "stop")
    shutil.rmtree(server.folder)


def _run(program: Path, *arguments: str) -> None:
    subprocess.run(
        [str(program), *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        user="nobody" if os.geteuid() == 0 else None,
        cwd="/",
    )


def _own(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, "nobody")
