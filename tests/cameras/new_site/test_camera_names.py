"""Ids that are proposed for cameras tell them apart and can be folders' names."""

import pytest
from pydantic import TypeAdapter

from lotwise.cameras.new_site.camera_names import camera_id
from lotwise.cameras.site.sources import SourceSettings, source_from_text


def settings(source: str) -> SourceSettings:
    return TypeAdapter(SourceSettings).validate_python(source_from_text(source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("frames/North gate", "north-gate"), ("videos/gate_20240102_030405.mp4", "gate"),
        ("videos/20240102_030405.mp4", "videos"), ("/dev/video0", "video0"), ("rtsp://10.0.0.11/stream1", "camera-11"),
        ("rtsp://10.0.0.11:554/Streaming/Channels/101", "camera-11"),
        ("http://entrance.local/snapshot.jpg", "entrance"),
        ("rtsp://[fd00::12]/live", "camera-12"), ("http://Lot_Cam.example.org:8080/video.cgi", "lot_cam"),
    ],
)  # fmt: skip
def test_names_from_files_and_addresses(source: str, expected: str) -> None:
    assert camera_id(settings(source), ()) == expected


def test_many_cameras_of_one_recorder_get_different_names() -> None:
    names: list[str] = []
    for channel in (101, 201, 301):
        names.append(camera_id(settings(f"rtsp://recorder/Streaming/Channels/{channel}"), names))
    assert names == ["recorder", "recorder-201", "recorder-301"]
    for _ in range(3):
        names.append(camera_id(settings("rtsp://recorder/live"), names))
    assert len(set(names)) == len(names)


def test_a_name_of_marks_alone_is_replaced() -> None:
    assert camera_id(settings("frames/..."), ()) != ""
    assert camera_id(settings("+++.mp4"), ["camera"]).strip("-") != ""
