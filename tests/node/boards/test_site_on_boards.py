"""A node whose camera is read by boards, one of which is gone: what that one looked at is unknown, never free."""

from pathlib import Path

import yaml

from lotwise.cameras.detection.bundle import parse_manifest, write_manifest
from lotwise.cameras.site.slot_shape import SlotShape
from tests.cameras.detection.boards.divided import two_regions
from tests.node.boards.boards import boards
from tests.node.sites import history, start, states, write_site


def square(name: str, left: float) -> SlotShape:
    polygon = [[left, 0.25], [left + 0.25, 0.25], [left + 0.25, 0.5], [left, 0.5]]
    return SlotShape.model_validate({"id": name, "polygon": polygon})


LEFT, RIGHT = square("left", 0.125), square("right", 0.625)


def site_on_boards(folder: Path, urls: list[str]) -> Path:
    site = write_site(folder, cameras=1, frames=4, change_detection={"enabled": False})
    content = yaml.safe_load(site.read_text())
    content["cameras"]["C1"]["bundles"] = "divided"
    content["detector"] |= {"boards": [{"url": url} for url in urls], "board_deadline_s": 30}
    site.write_text(yaml.safe_dump(content))
    return site


def test_what_a_lost_board_looked_at_is_unknown_and_the_log_says_so(tmp_path: Path) -> None:
    bundle = two_regions(tmp_path / "divided")
    rewrite_slots(bundle)
    with boards(bundle, 2) as (first, second):
        site = site_on_boards(tmp_path, [first.url, second.url])
        node = start(site)
        _, said = node.communicate(timeout=300)
        assert node.returncode == 0, said
        assert states(site) == {"left": "occupied", "right": "occupied"}
        assert history(site, "SELECT * FROM events WHERE name = 'boards'") == []

        second.kill()
        node = start(site)
        _, said = node.communicate(timeout=300)
        assert node.returncode == 0, said
        assert states(site) == {"left": "occupied", "right": "unknown"}
        assert f"camera C1 boards: all boards -> boards lost (board 2 ({second.url}): " in said


def rewrite_slots(bundle: Path) -> None:
    write_manifest(bundle, parse_manifest(bundle).model_copy(update={"slots": (LEFT, RIGHT)}))
