"""Which files of a folder are its pictures and videos."""

from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.image_files import all_files, image_files, unread_notes


def names(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in image_files(root)]


def add(root: Path, *files: str) -> None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    add(tmp_path, "b.jpg", "a.PNG", "._b.jpg", ".thumbs/c.jpg", "notes.txt", "deep/er/d.jpeg")
    assert names(tmp_path) == ["a.PNG", "b.jpg", "deep/er/d.jpeg"]
    with pytest.raises(InputError, match="no such file or folder"):
        image_files(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "folder",
    [
        "@eaDir/a.jpg",  # Synology
        "#recycle", "#snapshot", "@tmp",
        "@Recycle", ".@__thumb", "@Recently-Snapshot",  # QNAP
        "#trash", "~snapshot", "Recycle Bin - Volume_1", "recycle_bin", "_recycle", "@sharesnap", "~trash",
        "@SynoResource", "@appstore", "@docker", "#Recently-Snapshot", "_thumbnails",
        "FOUND.000", "$RECYCLE.BIN", "System Volume Information",  # Windows
        "lost+found", ".Trash-1000", "__MACOSX", "Network Trash Folder", "trashbox",
    ],
)  # fmt: skip
def test_folders_of_storage_boxes_and_systems_are_left_out(tmp_path: Path, folder: str) -> None:
    add(tmp_path, "gate/a.jpg", f"{folder}/b.jpg", f"gate/{folder}/c.jpg")
    assert names(tmp_path) == ["gate/a.jpg"]


@pytest.mark.parametrize(
    "folder", ["#1 gate", "@north", "trash cans", "recycling yard", "$1 lot", "@docks", "_gate", "found.lot"]
)
def test_cameras_with_odd_names_are_not(tmp_path: Path, folder: str) -> None:
    add(tmp_path, f"{folder}/a.jpg")
    assert names(tmp_path) == [f"{folder}/a.jpg"]


def test_a_folder_behind_a_link_is_read_and_a_circle_ends(tmp_path: Path) -> None:
    add(tmp_path, "disk/far/a.jpg", "lot/b.jpg")
    (tmp_path / "lot" / "gate").symlink_to(tmp_path / "disk", target_is_directory=True)
    (tmp_path / "disk" / "far" / "back").symlink_to(tmp_path / "lot", target_is_directory=True)
    assert names(tmp_path / "lot") == ["b.jpg", "gate/far/a.jpg"]
    (tmp_path / "lot" / "broken.jpg").symlink_to(tmp_path / "gone.jpg")
    assert names(tmp_path / "lot") == ["b.jpg", "gate/far/a.jpg"]


def test_endings_that_are_read_and_endings_that_are_told(tmp_path: Path) -> None:
    add(tmp_path, *(f"a.{ending}" for ending in ("jfif", "mpo", "JPE", "avif", "heic", "HIF", "dng", "txt", "xml")))
    assert names(tmp_path) == ["a.JPE", "a.avif", "a.jfif", "a.mpo"]
    assert unread_notes(all_files(tmp_path)) == [
        "1 .dng files were skipped: that kind is not read; convert them to JPEG",
        "1 .heic files were skipped: that kind is not read; convert them to JPEG",
        "1 .hif files were skipped: that kind is not read; convert them to JPEG",
    ]
