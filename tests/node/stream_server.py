"""RTSP cameras that play H.264 files without end; run by the system's Python, which has GStreamer.

Takes NAME=FILE for each camera, prints its port, and serves rtsp://127.0.0.1:PORT/NAME until it is killed. A file holds
access units with delimiters; where it changes its resolution, the stream does so too.
"""

import argparse
import sys
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

DELIMITER = b"\x00\x00\x00\x01\x09"
PARAMETERS = b"\x00\x00\x01\x67"
"""Sequence parameters, which stand before each key frame and nowhere else."""
LAUNCH = (
    "( appsrc name=source is-live=true format=time do-timestamp=true max-bytes=4000000 "
    "caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! "
    "rtph264pay name=pay0 config-interval=-1 )"
)


class Camera(GstRtspServer.RTSPMediaFactory):
    """Plays one file; where it is does not depend on who watches."""

    def __init__(self, file: Path, rate: float) -> None:
        super().__init__()
        self._units = [DELIMITER + unit for unit in file.read_bytes().split(DELIMITER)[1:]]
        self._keys = [place for place, unit in enumerate(self._units) if PARAMETERS in unit]
        self._rate = rate
        self.set_shared(True)
        self.set_launch(LAUNCH)

    def do_media_configure(self, media: GstRtspServer.RTSPMedia) -> None:
        source = media.get_element().get_child_by_name("source")
        wall = int(time.monotonic() * self._rate) % len(self._units)
        place = max(key for key in self._keys if key <= wall)

        def push() -> bool:
            nonlocal place
            source.emit("push-buffer", Gst.Buffer.new_wrapped(self._units[place]))
            place = (place + 1) % len(self._units)
            return True

        push()
        clock = GLib.timeout_add(round(1000 / self._rate), push)
        media.connect("unprepared", lambda _: GLib.source_remove(clock))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cameras", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--port", default="0")
    parser.add_argument("--rate", type=float, default=4)
    arguments = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(arguments.port)
    for name, _, file in (camera.partition("=") for camera in arguments.cameras):
        server.get_mount_points().add_factory(f"/{name}", Camera(Path(file), arguments.rate))
    if not server.attach(None):
        sys.exit("cannot listen")
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
