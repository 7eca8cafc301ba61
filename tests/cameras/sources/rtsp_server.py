"""An RTSP camera for tests, run by the system's Python, which has GStreamer: prints its port and serves until killed.

A frame's number is drawn into the top left corner as sixteen black or white squares of 16 pixels, highest bit first.
"""

import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

SQUARE = 16
BITS = 16
CODECS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={keys} bitrate=1000 threads=1 ! "
    "rtph264pay name=pay0 config-interval=-1",
    "h264 out of order": "x264enc speed-preset=ultrafast bframes=3 b-adapt=false rc-lookahead=0 sync-lookahead=0 "
    "key-int-max={keys} threads=1 ! video/x-h264,profile=main ! rtph264pay name=pay0 config-interval=-1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={keys} bitrate=1000 ! h265parse ! "
    "rtph265pay name=pay0 config-interval=-1",
    "jpeg": "jpegenc ! rtpjpegpay name=pay0",
}


class Camera(GstRtspServer.RTSPMediaFactory):
    """Serves grey frames with their number; changes to ``sizes[1]`` after ``change`` frames of a session."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__()
        self._sizes = [tuple(int(side) for side in size.split("x")) for size in arguments.sizes]
        self._rate = arguments.rate
        self._change = arguments.change
        self.set_shared(True)
        codec = CODECS[arguments.codec].format(keys=arguments.keys)
        self.set_launch(
            "( appsrc name=source is-live=true format=time do-timestamp=true ! videoconvert ! "
            f"video/x-raw,format=I420 ! {codec} )"
        )

    def do_media_configure(self, media: GstRtspServer.RTSPMedia) -> None:
        source = media.get_element().get_child_by_name("source")
        number = 0
        shown = None

        def push() -> bool:
            nonlocal number, shown, clock
            size = self._sizes[1] if self._change and number >= self._change else self._sizes[0]
            if size != shown:
                shown = size
                caps = f"video/x-raw,format=GRAY8,width={size[0]},height={size[1]},framerate={self._rate}/1"
                source.set_property("caps", Gst.Caps.from_string(caps))
            number += 1
            source.emit("push-buffer", Gst.Buffer.new_wrapped(picture(number, *size)))
            return True

        clock = GLib.timeout_add(1000 // self._rate, push)
        media.connect("unprepared", lambda _: GLib.source_remove(clock))


def picture(number: int, width: int, height: int) -> bytes:
    """A grey picture that carries its number."""
    bits = [255 if number >> (BITS - 1 - bit) & 1 else 0 for bit in range(BITS)]
    marked = b"".join(bytes([value]) * SQUARE for value in bits) + bytes([number * 8 % 256]) * (width - BITS * SQUARE)
    plain = bytes([128]) * width
    return marked * SQUARE + plain * (height - SQUARE)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--sizes", nargs="+", default=["320x240"])
    parser.add_argument("--change", type=int, default=0)
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--keys", type=int, default=10)
    parser.add_argument("--codec", choices=CODECS, default="h264")
    parser.add_argument("--user")
    arguments = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(arguments.port)
    camera = Camera(arguments)
    if arguments.user:
        name, password = arguments.user.split(":", 1)
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_digest(name, password, token)
        server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        camera.set_permissions(permissions)
    server.get_mount_points().add_factory("/cam", camera)
    if not server.attach(None):
        sys.exit("cannot listen")
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
