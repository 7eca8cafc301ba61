"""A site's camera gives frames on which its privacy masks are painted, whatever kind of camera it is."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.camera import SiteCamera
from lotwise.cameras.sources.camera import open_camera
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.datasets.privacy_masks import COLOUR
from tests.cameras.sources.cameras import QUICK, RtspServer, grey, needs_gstreamer, until
from tests.cameras.sources.http_server import HttpCamera, jpeg
from tests.conftest import ROOT

LEFT = [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]


def first_picture(source: object, base: Path = Path()) -> Image:
    camera = SiteCamera.model_validate({"source": source, "privacy_masks": LEFT})
    arrived = threading.Event()
    opened = open_camera(camera, "C1", arrived.set, 0.1, base)
    try:
        for _ in range(600):
            if (captured := opened.newest()) is not None:
                return captured.image
            arrived.wait(0.1)
            arrived.clear()
        pytest.fail(f"no frame; {opened.health()}")
    finally:
        opened.close()


def check(image: Image) -> None:
    half = image.shape[1] // 2
    assert (image[:, :half] == COLOUR).all()
    assert not (image[:, half + 3 :] == COLOUR).all(axis=2).all()


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_folder_whatever_the_turn_of_its_pictures(tmp_path: Path, turn: int) -> None:
    from tests.datasets.pictures import written

    (tmp_path / "a.jpg").write_bytes(written(grey(200, 120, 80), "JPEG", turn))
    check(first_picture({"kind": "folder", "path": str(tmp_path)}))


def test_a_folder_that_is_uploaded_to(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), grey(200))
    check(first_picture({"kind": "folder", "path": str(tmp_path), "follow": True}))


def test_a_video(tmp_path: Path) -> None:
    from tests.datasets.videos import record

    check(first_picture({"kind": "video", "path": str(record(tmp_path / "a.mp4", 5))}))


def test_snapshots() -> None:
    with HttpCamera(lambda handler: handler.reply(jpeg(200))) as camera:
        check(first_picture({"kind": "snapshot", "url": camera.url, **QUICK}))


def test_an_rtsp_camera() -> None:
    needs_gstreamer()
    with RtspServer() as server:
        check(first_picture({"kind": "rtsp", "url": server.url(), **QUICK}))


def test_masks_that_cannot_be_read_keep_the_camera_closed(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), grey(200))
    camera = SiteCamera.model_validate({"source": str(tmp_path), "privacy_masks": tmp_path / "gone.json"})
    before = set(threading.enumerate())
    with pytest.raises(InputError, match=r"gone\.json"):
        open_camera(camera, "C1", lambda: None, 1)
    until(lambda: before.issuperset(threading.enumerate()), what="no thread is left behind")


READERS = {
    # Pixels of files: of frames through load alone, which paints; the others are sources, or read no frame of a site.
    r"\bread_image\(": {
        "datasets/load.py", "datasets/images.py", "cameras/sources/folder.py", "cameras/sources/uploads.py",
        "students/pretrained/pretrain.py",
        # Pictures of a reference set are public, and of no camera of the site.
        "students/federation/reference_set.py",
    },
    # A video is looked at for change when its frames are listed; what is seen there is kept nowhere.
    r"\bread_video_frame\(": {"datasets/load.py", "datasets/video_file.py", "datasets/readers/video.py"},
    r"\bVideoReader\(": {"datasets/video_file.py", "cameras/sources/video.py"},
    r"\b(imread|VideoCapture)\(": set(),
    # Sources of running cameras: a site's are opened by open_camera. What is on the command line has no masks.
    r"\bopen_source\(": {
        "cameras/sources/source.py", "cameras/sources/camera.py", "cameras/sources/addresses.py",
        "cameras/new_site/probe.py",
    },
    r"\b(FolderSource|UploadSource|VideoSource|StreamSource)\(": {
        "cameras/sources/source.py", "cameras/sources/folder.py", "cameras/sources/uploads.py",
        "cameras/sources/video.py",
    },
}  # fmt: skip


@pytest.mark.parametrize("call", READERS)
def test_nobody_else_reads_pixels(call: str) -> None:
    """Whoever adds a way from a file or camera to pixels has to say here why it needs no masks."""
    rooms = ("datasets", "cameras", "node", "teacher", "students", "eval")
    found = {
        path.relative_to(ROOT).as_posix()
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if re.search(call, re.sub(r"(?m)^(class|from|import) .*", "", path.read_text()))
    } | {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "lotwise" / "verbs").glob("*.py")
        if re.search(call, path.read_text())
    }
    assert found <= READERS[call]


def test_a_mirrored_view_is_painted_too() -> None:
    from lotwise.datasets.privacy_masks import painted

    image = np.full((4, 6, 3), 9, np.uint8)[:, ::-1]
    assert (painted(image, tuple(tuple(map(tuple, one)) for one in LEFT))[:, :3] == COLOUR).all()
