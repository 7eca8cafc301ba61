"""The file of ignore regions: what is read, written, changed and refused."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lotwise.cameras.ignore import region_file
from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.ignore.region_file import add_region, read_regions, remove_region, write_regions
from lotwise.datasets.errors import InputError

CAGE = IgnoreRegion(box=(0.1, 0.2, 0.3, 0.4), note="cage", added=datetime(2026, 3, 4, tzinfo=UTC))
SKIP = IgnoreRegion(box=(0.5, 0.2, 0.6, 0.3))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "C1.json"
    assert read_regions(path) == ()
    write_regions(path, [CAGE, SKIP])
    assert read_regions(path) == (CAGE, SKIP)
    assert json.loads(path.read_bytes())[1] == {"box": [0.5, 0.2, 0.6, 0.3]}
    write_regions(path, [])
    assert read_regions(path) == ()


def test_regions_are_added_once_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "ignore_regions" / "C1.json"
    assert add_region(path, CAGE) == (CAGE,)
    assert add_region(path, SKIP) == (CAGE, SKIP)
    assert add_region(path, IgnoreRegion(box=CAGE.box)) == (CAGE, SKIP)  # the first word stands
    assert remove_region(path, CAGE.id) == (SKIP,)
    assert read_regions(path) == (SKIP,)
    with pytest.raises(InputError, match=f"no ignore region {CAGE.id}; there are {SKIP.id}"):
        remove_region(path, CAGE.id)


def test_nothing_is_lost_where_several_write_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(region_file, "LOCK_TIMEOUT_S", 90.0)  # twenty one after the other, on a busy disk
    path = tmp_path / "C1.json"
    regions = [IgnoreRegion(box=(x / 100, 0.1, x / 100 + 0.05, 0.2)) for x in range(20)]
    threads = [threading.Thread(target=add_region, args=(path, region)) for region in regions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {region.id for region in read_regions(path)} == {region.id for region in regions}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not JSON"),
        ('{"box": [0, 0, 1, 1]}', "not a list of ignore regions; expected"),
        ('[{"bocks": [0, 0, 1, 1]}]', "entry 1"),
        ('[{"box": [0, 0, 1, 1]}, {"box": [0, 0, 1]}]', r"entry 2\.box: has too few values"),
        ('[{"box": [10, 20, 300, 400]}]', r"entry 1\.box: lies outside of the frame; give x1, y1, x2, y2 in 0\.\.1"),
    ],
)
def test_a_broken_file_is_refused_and_stays_as_it_is(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "C1.json"
    path.write_text(content)
    with pytest.raises(InputError, match=rf"C1\.json: .*{why}"):
        read_regions(path)
    with pytest.raises(InputError, match=why):
        add_region(path, CAGE)
    assert path.read_text() == content


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"C1\.json: cannot be written .*; mend its rights, or name another file"):
        add_region(tmp_path / "file" / "C1.json", CAGE)
