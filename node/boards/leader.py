"""Has the modules of a student run by boards, all at once, and goes on without those that are late."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lotwise.cameras.detection.backends.network import LoadNetwork, Network, load_network
from lotwise.cameras.detection.boards.answer import Answer, as_travelled
from lotwise.cameras.detection.boards.module import Module, load_module
from lotwise.cameras.detection.boards.modules_network import ModulesNetwork, load_head
from lotwise.cameras.detection.bundle import MANIFEST, Manifest, read_manifest
from lotwise.cameras.detection.detector import Detector, detector_of
from lotwise.cameras.detection.ensemble import ModuleEntry
from lotwise.cameras.site.boards import HERE, BoardSettings
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.node.board_now import BoardNow
from lotwise.node.boards.link import BoardLink
from lotwise.node.kept_connection import client_tls


class Leader:
    """Asks boards for the modules of one bundle; :class:`lotwise.cameras.detection.boards.modules_network.Askers`.

    Args:
        runs: of each module, the board that runs it, or the module itself where the leader does.
        deadline_s: seconds within which boards have to answer.
        clock: seconds; monotonic.
    """

    name = "boards"

    def __init__(
        self, runs: Sequence[BoardLink | Module], deadline_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._runs, self._deadline_s, self._clock = runs, deadline_s, clock

    def ask(self, parts: Sequence[Image], least: float) -> list[Answer | None]:
        """As of the protocol."""
        until = self._clock() + self._deadline_s
        for run, part in zip(self._runs, parts, strict=True):
            if isinstance(run, BoardLink):
                run.ask(part, least)
        # What the leader runs itself, while the others are at work.
        own = [
            None if isinstance(run, BoardLink) else as_travelled(run(part, least))
            for run, part in zip(self._runs, parts, strict=True)
        ]
        return [
            run.answer(until) if isinstance(run, BoardLink) else said for run, said in zip(self._runs, own, strict=True)
        ]

    @property
    def boards(self) -> tuple[BoardNow, ...]:
        """How each board is."""
        return tuple(run.now for run in self._runs if isinstance(run, BoardLink))

    def __del__(self) -> None:
        for run in self._runs:
            if isinstance(run, BoardLink):
                run.close()


def boards_of(detector: Detector | None) -> tuple[BoardNow, ...]:
    """How the boards are that run a detector; none where it runs in this process."""
    network = None if detector is None else detector.network
    if isinstance(network, ModulesNetwork) and isinstance(network.askers, Leader):
        return network.askers.boards
    return ()


def load_on_boards(
    bundle: Path, settings: DetectorSettings, base: Path, threads: int, load: LoadNetwork = load_network
) -> Detector | None:
    """The detector of a divided student whose modules run on the site's boards; None where it is one whole model.

    Args:
        bundle: its folder.
        settings: of the site, with boards.
        base: folder that tokens are relative to.
        threads: for what the leader runs itself.
        load: loads what the leader runs itself.

    Raises:
        InputError: another number of modules than boards, a token or certificate that cannot be read, or a bundle
            that is not whole.
    """
    manifest = read_manifest(bundle)
    if manifest.ensemble is None:
        return None
    modules, boards = manifest.ensemble.modules, settings.boards
    if len(modules) != len(boards):
        raise InputError(
            f"detector.boards: names {len(boards)} board{'s'[: len(boards) - 1]}, but {bundle / MANIFEST} has "
            f"{len(modules)} module{'s'[: len(modules) - 1]}; name one for each, or here for what the node runs itself"
        )

    def here(file: Path) -> Network:
        return load(file, settings.backend, threads, None, settings.number_format)

    runs: list[BoardLink | Module] = []
    for number, (module, board) in enumerate(zip(modules, boards, strict=True), start=1):
        if board.url == HERE:
            runs.append(load_module(bundle, number, here)[0])
        else:
            runs.append(_link(number, board, module, manifest, settings, base))
    leader = Leader(runs, settings.board_deadline_s)
    network = ModulesNetwork(manifest, leader, load_head(bundle, manifest, threads))
    return detector_of(bundle, manifest, network, "float", "auto")


def _link(
    number: int, board: BoardSettings, module: ModuleEntry, manifest: Manifest, settings: DetectorSettings, base: Path
) -> BoardLink:
    tls = None
    if board.url.startswith("https"):
        ca = None if board.ca is None else base / board.ca
        tls = client_tls(ca, f"detector.boards.{number - 1}.ca")
    token = None if board.token is None else board.token.read(base)
    return BoardLink(
        number, module, manifest.identity, board.url, token, tls, settings.board_deadline_s, settings.board_quality
    )
