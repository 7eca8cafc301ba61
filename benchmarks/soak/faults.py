"""What goes wrong while the node soaks: a schedule of faults drawn from a seed, and how each is done and mended."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.registry.registry import Registry
from tests.cameras.sources.cameras import cmdline, parent_of
from tests.node.installation import Installation

Mend = Callable[[], None]


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        every_s: mean pause between two of them.
        lasts_s: from its begin until it is mended; 0 for what is over at once.
    """

    every_s: float
    lasts_s: float


KINDS = {
    "unplugged": Kind(40, 30),
    "broken off": Kind(60, 0),
    "garbage": Kind(60, 20),
    "server restarted": Kind(150, 5),
    "broker away": Kind(150, 60),
    "decoder killed": Kind(50, 0),
    "fork server killed": Kind(240, 0),
    "bundle swapped": Kind(60, 0),
}


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong; seconds since the start of the soak, ``camera`` where it is one's own."""

    kind: str
    begin_s: float
    end_s: float
    camera: str


def schedule(cameras: tuple[str, ...], begin_s: float, end_s: float, seed: int) -> list[Fault]:
    """Faults between two moments, in the order in which they begin; of one kind never two at once, each at least once
    where there is time for it."""
    rng = random.Random(seed)
    faults = []
    for kind, what in KINDS.items():
        lasts = min(what.lasts_s, (end_s - begin_s) / 3)
        at = begin_s + rng.uniform(0, min(what.every_s, max(0.0, end_s - begin_s - lasts)))
        while at + lasts <= end_s:
            faults.append(Fault(kind, at, at + lasts, rng.choice(cameras)))
            at += lasts + what.every_s * rng.uniform(0.5, 1.5)
    return sorted(faults, key=lambda fault: fault.begin_s)


def begin(fault: Fault, site: Installation, run: Path, rng: random.Random) -> Mend:
    """Let it go wrong; what is returned mends it."""
    network = site.networks[fault.camera]
    match fault.kind:
        case "unplugged":
            network.frozen.set()
            return network.frozen.clear
        case "broken off":
            network.break_off()
        case "garbage":
            network.spoil = lambda data: _spoilt(data, rng)
            return lambda: setattr(network, "spoil", lambda data: data)
        case "server restarted":
            site.server.kill()
            return site.server.start
        case "broker away":
            site.broker_leaves()
            return lambda: _start(site)
        case "decoder killed" | "fork server killed":
            _kill(site, "fork server" in fault.kind, rng)
        case "bundle swapped":
            _swap(Registry(run / "cameras" / fault.camera / "bundles"), rng)
    return lambda: None


def _spoilt(data: bytes, rng: random.Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(max(1, len(data) // 200)):
        spoiled[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(spoiled)


def _start(site: Installation) -> None:
    site.broker.start()


def _kill(site: Installation, fork_server: bool, rng: random.Random) -> None:
    assert site.node is not None
    # The node has other children too, such as the one that finds out its engines.
    servers = [pid for pid in site.children() if b"decoder_process.fork_server" in cmdline(pid)]
    forking = [pid for pid in servers if parent_of(pid) == site.node.pid]
    chosen = forking if fork_server else [pid for pid in servers if parent_of(pid) in forking]
    if chosen:
        os.kill(rng.choice(chosen), signal.SIGKILL)


def _swap(registry: Registry, rng: random.Random) -> None:
    live = registry.state().live
    others = [identity for identity in registry.identities() if identity != live]
    if others:
        registry.promote(rng.choice(others), probation=rng.random() < 0.5)
