"""Download against a server on this machine: whole, resumed, cut, silent, and with damaged files."""

import hashlib
import io
import re
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lotwise.datasets.download import CNR_EXT, Archive, download_cnr_ext
from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.cnr_ext import read_cnr_ext

FRAME = "FULL_IMAGE_1000x750/SUNNY/2015-11-12/camera1/2015-11-12_0709.jpg"
TABLE = b"camera,datetime,occupancy,slot_id\n" + b"".join(b"01,2015-11-12_07.09,1,%d\n" % k for k in range(20_000))


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


TAR = tar_of({FRAME: bytes(range(256)) * 1000, "camera1.csv": b"SlotId,X,Y,W,H\n10,1,2,30,40\n"})


@dataclass
class Site:
    """What the server does, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=lambda: {"/f.tar": TAR, "/l.csv": TABLE})
    ranges: bool = True
    cut_after: int | None = None
    always_cut: bool = False
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    address: str = ""

    def archives(self) -> dict[str, Archive]:
        frames = Archive("frames.tar", f"{self.address}/f.tar", 1)
        return {
            "frames": frames,
            "slots": frames,
            "labels": Archive("CNRPark+EXT.csv", f"{self.address}/l.csv", 1),
        }

    def asked(self, path: str) -> list[str | None]:
        return [wanted for asked, wanted in self.requests if asked == path]


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.requests.append((self.path, wanted))
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(re.findall(r"\d+", wanted)[0]) if wanted and state.ranges else 0
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if wanted and state.ranges else 200)
            if wanted and state.ranges:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = len(content)
            if state.cut_after is not None:
                end = start + state.cut_after
                if not state.always_cut:
                    state.cut_after = None
            self.wfile.write(content[start:end])

        def log_message(self, *_: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def test_fetches_unpacks_and_is_readable(site: Site, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int, str]] = []
    download_cnr_ext(tmp_path, progress=lambda *step: seen.append(step), archives=site.archives())
    dataset = read_cnr_ext(tmp_path)
    assert [frame.name for frame in dataset.frames] == [FRAME]
    assert dict(dataset.truth[FRAME].slots or {}) == {"10": "occupied"}
    assert ("download frames.tar", len(TAR), len(TAR), "") in seen
    assert ("download CNRPark+EXT.csv", len(TABLE), len(TABLE), "") in seen
    assert (tmp_path / "frames.tar.sha256").read_text().split()[0] == hashlib.sha256(TAR).hexdigest()
    assert not list(tmp_path.glob("*.part"))


def test_frames_and_slots_come_in_one_download(site: Site, tmp_path: Path) -> None:
    download_cnr_ext(tmp_path, ("slots", "frames"), archives=site.archives())
    assert site.requests == [("/f.tar", None)]


def test_a_second_run_asks_nothing_even_without_the_archive(site: Site, tmp_path: Path) -> None:
    download_cnr_ext(tmp_path, archives=site.archives())
    written = (tmp_path / FRAME).stat().st_mtime_ns
    site.requests.clear()
    download_cnr_ext(tmp_path, archives=site.archives())
    (tmp_path / "frames.tar").unlink()
    download_cnr_ext(tmp_path, archives=site.archives())
    assert site.requests == []
    assert (tmp_path / FRAME).stat().st_mtime_ns == written


def test_a_lost_frame_is_unpacked_again(site: Site, tmp_path: Path) -> None:
    download_cnr_ext(tmp_path, ("frames",), archives=site.archives())
    (tmp_path / FRAME).write_bytes(b"half")
    download_cnr_ext(tmp_path, ("frames",), archives=site.archives())
    assert (tmp_path / FRAME).stat().st_size == 256_000
    assert len(site.requests) == 1


def test_goes_on_where_an_earlier_run_stopped(site: Site, tmp_path: Path) -> None:
    (tmp_path / "frames.tar.part").write_bytes(TAR[:100_000])
    download_cnr_ext(tmp_path, ("frames",), archives=site.archives())
    assert site.asked("/f.tar") == ["bytes=100000-"]
    assert (tmp_path / "frames.tar").read_bytes() == TAR


def test_a_connection_cut_in_the_middle_is_taken_up_again(site: Site, tmp_path: Path) -> None:
    site.cut_after = 70_000
    download_cnr_ext(tmp_path, ("frames",), archives=site.archives())
    assert site.asked("/f.tar") == [None, "bytes=70000-"]
    assert (tmp_path / "frames.tar").read_bytes() == TAR


def test_a_server_without_ranges_starts_over(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    (tmp_path / "frames.tar.part").write_bytes(b"x" * 100_000)
    download_cnr_ext(tmp_path, ("frames",), archives=site.archives())
    assert (tmp_path / "frames.tar").read_bytes() == TAR


def test_a_server_that_never_gets_through_ends_in_one_line(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cut_after, site.always_cut = False, 50_000, True
    with pytest.raises(InputError, match=r"the connection was cut\); try again .* by hand and put it at .*frames\.tar"):
        download_cnr_ext(tmp_path, ("frames",), archives=site.archives())
    assert not (tmp_path / "frames.tar").exists()


@pytest.mark.parametrize(
    "left", [TAR, TAR + b"more"], ids=["killed before the rename", "longer than the file on the server"]
)
def test_a_part_that_is_complete_or_too_long(site: Site, tmp_path: Path, left: bytes) -> None:
    (tmp_path / "frames.tar.part").write_bytes(left)
    download_cnr_ext(tmp_path, ("frames",), archives=site.archives())
    assert (tmp_path / "frames.tar").read_bytes() == TAR


def test_no_server(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = Site(address=f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(
            InputError, match=r"frames\.tar: download failed .*fetch http.*f\.tar by hand and put it at"
        ):
            download_cnr_ext(tmp_path, archives=nowhere.archives())


def test_a_file_put_there_by_hand_is_used(site: Site, tmp_path: Path) -> None:
    (tmp_path / "frames.tar").write_bytes(TAR)
    download_cnr_ext(tmp_path, ("frames",), archives=site.archives())
    assert site.requests == []
    assert (tmp_path / FRAME).is_file()


def test_a_file_that_is_gone_from_the_server(site: Site, tmp_path: Path) -> None:
    del site.files["/l.csv"]
    with pytest.raises(InputError, match=r"CNRPark\+EXT\.csv: download failed \(HTTP Error 404"):
        download_cnr_ext(tmp_path, ("labels",), archives=site.archives())


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/f.tar", TAR[:200_000]),  # archive cut within a file
        ("/f.tar", TAR[: 512 + 256_000]),  # archive cut between two files
        ("/f.tar", b"<html>sorry</html>"),  # an error page with status 200
        ("/l.csv", TABLE[:-9]),  # table cut within its last row
        ("/l.csv", b"<html>sorry</html>"),
    ],
)
def test_a_damaged_file_is_refused(site: Site, tmp_path: Path, path: str, content: bytes) -> None:
    site.files[path] = content
    with pytest.raises(InputError, match="not whole or not what was expected"):
        download_cnr_ext(tmp_path, archives=site.archives())


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data[:5000] + b"?" + data[5001:]])
def test_a_file_that_changed_since_is_refused(site: Site, tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    download_cnr_ext(tmp_path, archives=site.archives())
    path = tmp_path / "CNRPark+EXT.csv"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=r"CNRPark\+EXT\.csv: changed since its download"):
        download_cnr_ext(tmp_path, archives=site.archives())


def test_an_archive_writes_nothing_outside_its_folder(site: Site, tmp_path: Path) -> None:
    site.files["/f.tar"] = tar_of({"../outside.txt": b"x"})
    with pytest.raises(InputError, match="cannot be unpacked"):
        download_cnr_ext(tmp_path / "in", ("frames",), archives=site.archives())
    assert not (tmp_path / "outside.txt").exists()


def test_no_room_is_said_before_the_download(site: Site, tmp_path: Path) -> None:
    huge = {"frames": Archive("frames.tar", f"{site.address}/f.tar", 10**18)}
    with pytest.raises(InputError, match="make room"):
        download_cnr_ext(tmp_path, ("frames",), archives=huge)
    assert site.requests == []


def test_unknown_part(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="part 'patches': unknown; choose among frames, slots, labels"):
        download_cnr_ext(tmp_path, ("patches",))


def test_the_table_points_to_the_official_release() -> None:
    assert {archive.url.rpartition("/")[0] for archive in CNR_EXT.values()} == {
        "https://github.com/fabiocarrara/deep-parking/releases/download/archive"
    }
