"""New frames are found in a reservoir or a folder, copied once, and thinned out within a number of bytes."""

import json
from datetime import UTC, datetime
from pathlib import Path

from lotwise.students.retraining.intake import Found, find_new, take_in, taken_frames, thin_out


def reservoir(folder: Path, names: list[str]) -> Path:
    (folder / "C1").mkdir(parents=True)
    lines = []
    for number, name in enumerate(names):
        (folder / "C1" / name).write_bytes(name.encode())
        taken = datetime(2026, 11, 1 + number, 12, tzinfo=UTC)
        lines.append(json.dumps({"file": name, "taken": taken.isoformat(), "why": ["new light"]}))
    (folder / "C1" / "why.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_a_reservoir_gives_what_is_there_not_used_and_late_enough(tmp_path: Path) -> None:
    folder = reservoir(tmp_path, ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    (folder / "C1" / "c.jpg").unlink()  # gave way to another frame
    since = datetime(2026, 11, 2, tzinfo=UTC)
    assert [one.source for one in find_new(folder, "C1", None, ["a.jpg"])] == ["b.jpg", "d.jpg"]
    assert [one.source for one in find_new(folder, "C1", since, [])] == ["b.jpg", "d.jpg"]
    assert find_new(folder, "C2", None, []) == []


def test_a_folder_of_pictures_is_read_by_the_times_in_its_names(tmp_path: Path) -> None:
    for name in ("2026-11-01/0800.jpg", "2026-11-03/0800.jpg", "whenever.jpg"):
        file = tmp_path / "C1" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    every = [one.source for one in find_new(tmp_path, "C1", None, [])]
    assert every == ["2026-11-01/0800.jpg", "2026-11-03/0800.jpg", "whenever.jpg"]
    late = find_new(tmp_path, "C1", datetime(2026, 11, 2, tzinfo=UTC), [])
    assert [one.source for one in late] == ["2026-11-03/0800.jpg"]


def test_frames_are_copied_once_and_keep_their_times(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 1, 8)
    sources = []
    for number, content in enumerate((b"one", b"two", b"one")):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(content)
        sources.append(Found(f"{number}.jpg", file, moment if number < 2 else None))
    names = take_in(sources, "C1", tmp_path / "in")
    assert names == ["C1_2026-11-01_08_00_00.jpg", "C1_2026-11-01_08_00_00-2.jpg", "2.jpg"]
    assert take_in(sources, "C1", tmp_path / "in") == names, "after a kill the same copies are found again"
    frames = taken_frames(tmp_path / "in", "C1", names, ())
    assert [frame.taken for frame in frames] == [moment, moment, None]
    assert [frame.name for frame in frames] == [f"new/C1/{name}" for name in names]


def test_old_frames_give_way_evenly_and_those_just_learned_stay(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.jpg").write_bytes(bytes(100))
    assert thin_out(tmp_path, 700, spared=["8.jpg", "9.jpg"]) == 3
    left = sorted(int(path.stem) for path in tmp_path.glob("*.jpg"))
    assert len(left) == 7 and {8, 9} <= set(left)
    assert thin_out(tmp_path, 100, spared=[f"{number}.jpg" for number in left]) == 0
