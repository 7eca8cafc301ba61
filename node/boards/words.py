"""Boards in words: of those that are lost, and of what a site would have them run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.registry.site_bundles import live_bundle
from lotwise.cameras.site.settings import Site
from lotwise.datasets.errors import InputError
from lotwise.node.board_now import BoardNow


def lost_words(boards: Sequence[BoardNow]) -> str:
    """Which boards do not answer and why, in one line; "" where all do."""
    lost = [f"board {board.number} ({board.url}): {board.why}" for board in boards if not board.answers]
    return "; ".join([*lost, "read without"]) if lost else ""


def board_words(site: Site, cameras: Sequence[str]) -> Iterator[str]:
    """What the boards of a site run, and which cameras the node reads itself all the same.

    Args:
        site: as :func:`lotwise.cameras.site.reading.read_site` gives it.
        cameras: ids.
    """
    boards = site.detector.boards
    if not boards:
        return
    divided = modules_of(site, cameras)
    whole = [name for name in cameras if divided.get(name) == 0]
    on_boards = [name for name, count in divided.items() if count]
    yield (
        f"boards: {', '.join(board.url for board in boards)}; they read {', '.join(on_boards) or 'no camera'}, each "
        f"frame within {site.detector.board_deadline_s:g} s"
    )
    if whole:
        yield f"boards: this node reads {', '.join(whole)} itself, whose bundles are whole models"


def board_mistakes(site: Site, cameras: Sequence[str]) -> Iterator[str]:
    """Divided students of another number of modules than the site has boards."""
    boards = len(site.detector.boards)
    for name, count in modules_of(site, cameras).items():
        if boards and count and count != boards:
            yield f"detector.boards: names {boards}, but the bundle of camera {name} has {count} modules; name one each"


def modules_of(site: Site, cameras: Sequence[str]) -> dict[str, int]:
    """By camera, how many modules its live bundle has; 0 of a whole model. Cameras without a bundle are left out."""
    found = {}
    for name in cameras:
        try:
            ensemble = parse_manifest(live_bundle(site, name)).ensemble
        except InputError:
            continue  # told as wrong
        found[name] = len(ensemble.modules) if ensemble else 0
    return found
