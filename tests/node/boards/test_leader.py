"""A leader and real board processes: together they say what one process says, and one that is killed is survived."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.site.boards import HERE, BoardSettings
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.datasets.errors import InputError
from lotwise.node.boards.leader import boards_of, load_on_boards
from tests.cameras.bundles import write_constant_bundle
from tests.cameras.detection.boards.divided import FIRST, SECOND, two_modules
from tests.node.boards.boards import Board, boards
from tests.node.mqtt.brokers import until

FRAME = np.full((64, 64, 3), 90, np.uint8)
PATIENT = 60.0
"""Seconds of a deadline that no busy machine misses."""


def leader(bundle: Path, *urls: str, deadline_s: float = PATIENT) -> Detector:
    settings = DetectorSettings(
        backend="onnxruntime", boards=tuple(BoardSettings(url=url) for url in urls), board_deadline_s=deadline_s
    )
    made = load_on_boards(bundle, settings, Path(), 1)
    assert made is not None
    return made


def test_boards_say_what_one_process_says_and_a_killed_one_is_survived(tmp_path: Path) -> None:
    bundle = two_modules(tmp_path / "bundle")
    with boards(bundle, 2) as (first, second):
        detector = leader(bundle, first.url, second.url)
        ours, theirs = detector([FRAME])[0], load_detector(bundle)([FRAME])[0]
        assert ours.boxes.tolist() == theirs.boxes.tolist() == [FIRST, SECOND]
        assert ours.scores.tolist() == theirs.scores.tolist()
        assert [board.received for board in boards_of(detector)] == [10, 20]  # ten bytes a box

        second.kill()
        assert detector([FRAME])[0].boxes.tolist() == [FIRST]
        assert [board.answers for board in boards_of(detector)] == [True, False]
        assert boards_of(detector)[1].why

        again = Board(bundle, 2, second.port)
        try:

            def answers() -> bool:
                detector([FRAME])
                return boards_of(detector)[1].answers

            until(answers, "the board is asked again")
            assert detector([FRAME])[0].boxes.tolist() == [FIRST, SECOND]
        finally:
            again.kill()
            again.process.communicate()


def test_the_leader_may_run_a_module_itself(tmp_path: Path) -> None:
    bundle = two_modules(tmp_path / "bundle")
    with boards(bundle, 1) as (first,):
        assert leader(bundle, first.url, HERE)([FRAME])[0].boxes.tolist() == [FIRST, SECOND]


class Silent(BaseHTTPRequestHandler):
    """A board that never answers."""

    def do_POST(self) -> None:
        self.server.never.wait()  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def test_a_late_board_is_left_out_and_not_waited_for_again(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Silent)
    server.never = threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        late = f"http://127.0.0.1:{server.server_port}"
        detector = leader(two_modules(tmp_path / "bundle"), HERE, late, deadline_s=0.05)
        assert detector([FRAME])[0].boxes.tolist() == [FIRST]
        assert boards_of(detector)[0].why == "no answer within 0.05 s"
        for _ in range(2):
            assert detector([FRAME])[0].boxes.tolist() == [FIRST]
    finally:
        server.never.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()


def test_a_board_that_holds_another_bundle_is_not_read(tmp_path: Path) -> None:
    bundle, other = two_modules(tmp_path / "bundle"), two_modules(tmp_path / "other")
    manifest = (other / "manifest.json").read_text()
    (other / "manifest.json").write_text(manifest.replace('"confidence": 0.25', '"confidence": 0.3'))
    with boards(other, 1) as (first,):
        detector = leader(bundle, first.url, HERE)
        assert detector([FRAME])[0].boxes.tolist() == [FIRST, SECOND]
        assert "it refuses: " in boards_of(detector)[0].why


def test_as_many_boards_as_modules_are_needed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"detector.boards: names 1 board, but .* has 2 modules; name one for each"):
        leader(two_modules(tmp_path / "bundle"), HERE)


def test_one_whole_model_is_run_by_the_node(tmp_path: Path) -> None:
    settings = DetectorSettings(boards=(BoardSettings(url=HERE),))
    assert load_on_boards(write_constant_bundle(tmp_path / "bundle"), settings, Path(), 1) is None
