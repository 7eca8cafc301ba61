"""Collected frames stay within their budget, and nothing that was not collected is ever deleted."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.collection.kept_frames import LEDGER, Budget, KeptFrames
from lotwise.cameras.frame_selection.appearance import describe
from lotwise.datasets.frame import Image
from lotwise.datasets.readers.folder import read_folder
from tests.cameras.view.scenes import scene

PLENTY = Budget(10**9, 10**9)


def picture(seed: int, light: float = 1.0) -> Image:
    return np.asarray(cv2.resize(scene(cars=25, light=light, seed=seed), (500, 375)), np.uint8)


def offer(kept: KeptFrames, image: Image, stem: str, camera: str = "gate") -> str:
    return kept.offer(camera, image, describe(image), stem)[0]


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.jpg"))


def test_new_frames_are_kept_and_alike_ones_are_not(tmp_path: Path) -> None:
    kept = KeptFrames(tmp_path, {"gate": ()}, PLENTY)
    assert [offer(kept, picture(seed), f"{seed}") for seed in (1, 2, 1, 2, 3)] == [
        "kept", "kept", "alike", "alike", "kept",
    ]  # fmt: skip
    assert [frame.path.name for frame in read_folder(tmp_path).frames] == ["1.jpg", "2.jpg", "3.jpg"]
    assert (kept.count("gate"), kept.bytes_of("gate")) == (3, size_of(tmp_path / "gate"))


def test_what_is_on_disk_never_exceeds_the_budget_and_the_new_replaces_what_adds_least(tmp_path: Path) -> None:
    budget = Budget(200_000, 10**9)
    kept = KeptFrames(tmp_path, {"gate": ()}, budget)
    outcomes = []
    for seed in range(30):
        outcomes.append(offer(kept, picture(seed, light=1 if seed < 25 else 0.4), f"{seed:02}"))
        assert size_of(tmp_path / "gate") <= budget.camera
    assert "replaced" in outcomes
    assert kept.count("gate") == len(list((tmp_path / "gate").glob("*.jpg"))) > 3
    # Dusk came last, when the budget was full: it is in the choice.
    assert any(int(file.stem) >= 25 for file in (tmp_path / "gate").glob("*.jpg"))


def test_a_frame_larger_than_the_budget_is_not_kept(tmp_path: Path) -> None:
    kept = KeptFrames(tmp_path, {"gate": ()}, Budget(1000, 10**9))
    assert offer(kept, picture(1), "1") == "full"
    assert kept.count("gate") == 0


def test_cameras_share_the_budget_of_all(tmp_path: Path) -> None:
    budget = Budget(10**9, 700_000)
    kept = KeptFrames(tmp_path, {"gate": (), "roof": ()}, budget)
    for seed in range(20):
        offer(kept, picture(seed), f"{seed:02}")
    alone = kept.count("gate")
    for seed in range(20, 40):
        offer(kept, picture(seed), f"{seed:02}", "roof")
        assert size_of(tmp_path / "gate") + size_of(tmp_path / "roof") <= budget.whole
    assert kept.count("roof") >= 3
    assert 3 <= kept.count("gate") < alone


def test_a_later_run_goes_on_where_the_first_one_stopped(tmp_path: Path) -> None:
    first = KeptFrames(tmp_path, {"gate": ()}, Budget(200_000, 10**9))
    for seed in range(12):
        offer(first, picture(seed), f"{seed:02}")
    again = KeptFrames(tmp_path, {"gate": ()}, Budget(200_000, 10**9))
    assert (again.count("gate"), again.bytes_of("gate")) == (first.count("gate"), first.bytes_of("gate"))
    names = {file.stem for file in (tmp_path / "gate").glob("*.jpg")}
    for seed in range(12):
        if f"{seed:02}" in names:
            assert offer(again, picture(seed), f"{seed:02}") == "alike"
    for seed in range(50, 70):
        offer(again, picture(seed), f"{seed:02}")
        assert size_of(tmp_path / "gate") <= 200_000


def test_a_smaller_budget_holds_from_the_next_frame_on(tmp_path: Path) -> None:
    first = KeptFrames(tmp_path, {"gate": ()}, PLENTY)
    for seed in range(12):
        offer(first, picture(seed), f"{seed:02}")
    again = KeptFrames(tmp_path, {"gate": ()}, Budget(150_000, 10**9))
    assert offer(again, picture(50, light=0.4), "50") == "replaced"
    assert size_of(tmp_path / "gate") <= 150_000


def test_pictures_that_were_not_collected_are_never_deleted_and_count_as_seen(tmp_path: Path) -> None:
    (tmp_path / "gate").mkdir()
    own = tmp_path / "gate" / "mine.jpg"
    cv2.imwrite(str(own), picture(1))
    (tmp_path / "gate" / "broken.jpg").write_bytes(b"no picture")
    before = own.read_bytes()
    kept = KeptFrames(tmp_path, {"gate": ()}, Budget(120_000, 120_000))
    assert kept.count("gate") == 0
    assert offer(kept, picture(1), "1") == "alike"
    for seed in range(2, 30):
        offer(kept, picture(seed), "mine")
    assert own.read_bytes() == before
    assert (tmp_path / "gate" / "broken.jpg").exists()


def test_a_frame_that_the_ledger_names_and_that_is_gone_harms_nobody(tmp_path: Path) -> None:
    kept = KeptFrames(tmp_path, {"gate": ()}, PLENTY)
    offer(kept, picture(1), "1")
    offer(kept, picture(2), "2")
    (tmp_path / "gate" / "1.jpg").unlink()
    with (tmp_path / "gate" / LEDGER).open("a") as ledger:
        ledger.write("never written.jpg\n")
    again = KeptFrames(tmp_path, {"gate": ()}, PLENTY)
    assert again.count("gate") == 1
    assert offer(again, picture(1), "1") == "kept"


def test_a_picture_deleted_by_somebody_else_meanwhile_harms_nobody(tmp_path: Path) -> None:
    kept = KeptFrames(tmp_path, {"gate": ()}, Budget(150_000, 10**9))
    for seed in range(5):
        offer(kept, picture(seed), f"{seed}")
    for file in (tmp_path / "gate").glob("*.jpg"):
        file.unlink()
    for seed in range(10, 20):
        offer(kept, picture(seed), f"{seed}")
    assert kept.bytes_of("gate") <= 150_000


def test_a_full_disk_ends_it_and_leaves_whole_pictures(small_disk) -> None:
    kept = KeptFrames(small_disk("200k"), {"gate": ()}, PLENTY)
    folder = small_disk("200k") / "gate"
    with pytest.raises(OSError, match="No space left"):
        for seed in range(50):
            offer(kept, picture(seed), f"{seed:02}")
    assert list(folder.glob("*.jpg"))
    assert all(cv2.imread(str(file)) is not None for file in folder.glob("*.jpg"))
    KeptFrames(small_disk("1M"), {"gate": ()}, PLENTY)
