"""A real deployment on this machine: one SuperLink and some SuperNodes, with TLS and node authentication."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import ROOT
from tests.free_port import free_port

BIN = Path(sys.executable).parent
APP = ROOT / "deploy" / "federation"


class Loopback:
    """The processes of a deployment; a kill takes all along that a process has started."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._restarts: dict[str, tuple[str, ...]] = {}
        self._certificates()
        self.secret = folder / "superexec.secret"
        self.secret.write_bytes(secrets.token_bytes(32))
        # In memory where that can be: on a disk that others write to, its lock can take longer than Flower waits.
        shared = Path("/dev/shm")
        self._tables = Path(tempfile.mkdtemp(prefix="superlink-", dir=shared if shared.is_dir() else folder))
        home = folder / "home"
        home.mkdir()
        (home / "config.toml").write_text(
            f'[superlink]\ndefault = "lot"\n[superlink.lot]\naddress = "127.0.0.1:{self.port}"\n'
            f'root-certificates = "{folder / "ca.crt"}"\n'
        )
        self.environment = os.environ | {
            "FLWR_HOME": str(home),
            "FLWR_TELEMETRY_ENABLED": "0",
            "PYTHONPATH": f"{ROOT}",
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "NO_PROXY": "127.0.0.1",
        }

    def _certificates(self) -> None:
        """A certificate authority of one day and the server's certificate by it."""
        now = datetime.now(UTC)

        def made(name: str, issuer: str, key, signed_by, *extensions) -> x509.Certificate:
            named = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer)]
            builder = x509.CertificateBuilder().subject_name(named[0]).issuer_name(named[1])
            builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
            builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
            for extension, critical in extensions:
                builder = builder.add_extension(extension, critical)
            return builder.sign(signed_by, hashes.SHA256())

        authority, server = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
        ca = made("lot", "lot", authority, authority, (x509.BasicConstraints(ca=True, path_length=0), True))
        here = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        of_server = made("localhost", "lot", server, authority, (here, False))
        (self.folder / "ca.crt").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
        (self.folder / "server.pem").write_bytes(of_server.public_bytes(serialization.Encoding.PEM))
        (self.folder / "server.key").write_bytes(
            server.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def superlink(self) -> None:
        """Start the server, and beside it what runs its apps, which is started again whenever it ends."""
        self.start(
            "superlink",
            "flower-superlink", "--host", "127.0.0.1", "--port", str(self.port),
            "--ssl-ca-certfile", str(self.folder / "ca.crt"), "--ssl-certfile", str(self.folder / "server.pem"),
            "--ssl-keyfile", str(self.folder / "server.key"), "--enable-supernode-auth",
            "--database", str(self._tables / "superlink.db"), "--disable-runtime-dependency-installation",
            "--isolation", "process", "--superexec-auth-secret-file", str(self.secret),
        )  # fmt: skip
        self.until(self._answers, "the SuperLink answers")
        self._keep(
            "superexec",
            "flower-superexec", "--runtime-api-address", f"127.0.0.1:{self.port}",
            "--root-certificates", str(self.folder / "ca.crt"), "--superexec-auth-secret-file", str(self.secret),
        )  # fmt: skip

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def register(self, name: str) -> None:
        """Let a node in, by its key."""
        self.flwr("supernode", "register", str(self.key(name)), "lot", "--name", name)

    def key(self, name: str) -> Path:
        """A node's key pair; the file of the public one."""
        key = ec.generate_private_key(ec.SECP384R1())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        path = self.folder / name
        path.write_bytes(private)
        path.chmod(0o600)
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        path.with_suffix(".pub").write_bytes(public + b" " + name.encode() + b"\n")
        return path.with_suffix(".pub")

    def supernode(self, name: str, config: str) -> None:
        """Start a node, and again whenever it ends, as systemd would.

        A SuperLink lets a node that was killed in again only once it has missed two heartbeats, after a minute.
        """
        self._keep(
            name,
            "flower-supernode", "--root-certificates", str(self.folder / "ca.crt"),
            "--superlink", f"127.0.0.1:{self.port}", "--host", "127.0.0.1", "--port", str(free_port()),
            "--auth-supernode-private-key", str(self.folder / name), "--node-config", config,
        )  # fmt: skip

    def flwr(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(BIN / "flwr"), *arguments], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, config: Path) -> None:
        self.flwr("run", str(APP), "lot", "--run-config", str(config))

    def _keep(self, name: str, *command: str) -> None:
        """Start a process, and again whenever it ends."""
        self._restarts[name] = command
        self.start(name, *command)

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """As a power cut would."""
        if name == "superlink" and "superexec" in self.processes:
            self.kill("superexec")
        process = self.processes.pop(name)
        self._restarts.pop(name, None)
        # SuperLinks and SuperNodes start apps in sessions of their own, so that no process group has them all.
        below = [] if process.poll() is not None else psutil.Process(process.pid).children(recursive=True)
        for one in (process, *below):
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                one.kill()
        process.wait()
        _, left = psutil.wait_procs(below, timeout=60)
        assert not left, f"of {name} there is still {left}"

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def until(self, true: Callable[[], bool], what: str, seconds: float = 900) -> None:
        """Wait for something; long enough for a machine on which other work runs."""
        end = time.monotonic() + seconds
        while not true():
            for name, process in list(self.processes.items()):
                if process.poll() is not None and name in self._restarts:
                    self.start(name, *self._restarts[name])
                else:
                    assert process.poll() is None, f"{name} ended: {self.log(name)[-3000:]}"
            assert time.monotonic() < end, f"not within {seconds} s: {what}\n{self.told()}"
            time.sleep(0.2)

    def told(self) -> str:
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-2500:]}" for path in self.folder.glob("*.log")
        )

    def close(self) -> None:
        while self.processes:
            self.kill(next(iter(self.processes)))
        shutil.rmtree(self._tables)
