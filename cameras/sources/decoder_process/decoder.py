"""RTSP and USB cameras through PyAV: decodes without end and keeps the newest whole frame."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from fractions import Fraction
from urllib.parse import urlsplit

import av
import av.error
from av.codec.context import Flags

from lotwise.cameras.sources.decoder_process.failure import Failure, status_failure
from lotwise.cameras.sources.decoder_process.feed import Feed
from lotwise.cameras.sources.decoder_process.rtsp_relay import RtspRelay, needs_relay
from lotwise.cameras.sources.picture_limit import MAX_CAMERA_PIXELS
from lotwise.cameras.sources.wire import Message


def rtsp(request: Message, feed: Feed) -> None:
    """Decode an RTSP camera until it ends.

    Raises:
        Failure: unknown host, or a stream without video.
        av.error.FFmpegError: anything else that goes wrong on the way.
    """
    _resolve(request["url"])
    options = {
        "rtsp_transport": request["transport"],
        "timeout": str(int(request["timeout_s"] * 1e6)),
        # What kind of stream it is the camera has said before the first packet, and the rest is in the key frame.
        # FFmpeg would guess from eight frames by how many they are out of order, which delays the first one by
        # four seconds where a camera sends two a second. Its switch for that, `nobuffer`, drops the first key frame.
        "probesize": "32",
        "fpsprobesize": "0",
        "analyzeduration": "1000000",
        "max_delay": "200000",  # µs that UDP packets out of order are waited for
    }
    try:
        container = av.open(request["url"], options=options, metadata_errors="replace")
    except av.error.HTTPUnauthorizedError:
        url, login = request["plain_url"], (request["username"], request["password"])
        if not request["username"] or not needs_relay(url, request["timeout_s"]):
            raise
        # Pictures come through the relay's own connection, so over TCP whatever was asked for.
        relay = RtspRelay(url, *login, request["timeout_s"])
        try:
            container = av.open(relay.url, options=options | {"rtsp_transport": "tcp"}, metadata_errors="replace")
        except av.error.FFmpegError:
            if relay.refused:
                raise status_failure(401) from None
            raise
    _decode(container, feed, request["keyframes_only"])


def usb(request: Message, feed: Feed) -> None:
    """Decode a Video4Linux device until it ends; errors as of :func:`rtsp`."""
    options = {}
    if request["width"]:
        options["video_size"] = f"{request['width']}x{request['height']}"
    if request["rate"]:
        options["framerate"] = str(Fraction(request["rate"]).limit_denominator(1001))
    _decode(av.open(request["device"], format="v4l2", options=options), feed)


def _resolve(url: str) -> None:
    """FFmpeg calls an unknown host an input/output error."""
    parts = urlsplit(url)
    try:
        socket.getaddrinfo(parts.hostname, parts.port or 554)
    except socket.gaierror:
        raise Failure("unknown host; check the address and the network's name server") from None


def _decode(container: av.container.InputContainer, feed: Feed, keyframes_only: bool = False) -> None:
    if not container.streams.video:
        raise Failure("the camera's stream holds no video")
    stream = container.streams.video[0]
    feed.opened()
    codec = stream.codec_context
    codec.thread_count = 1
    codec.flags |= Flags.low_delay
    # Strict: an error where FFmpeg would paint over what is missing, or where a picture claims to be huge.
    codec.options = {"err_detect": "explode", "max_pixels": str(MAX_CAMERA_PIXELS)}
    if keyframes_only:
        codec.skip_frame = "NONKEY"
    packets = (packet for packet in container.demux(stream) if packet.size)
    if codec.codec.intra_only:
        for packet in packets:
            feed.offer(lambda packet=packet: _single(packet))  # type: ignore[misc]
    else:
        for frame in _whole_frames(packets, feed):
            feed.offer(lambda frame=frame: frame)  # type: ignore[misc]


def _single(packet: av.Packet[av.VideoStream]) -> av.VideoFrame:
    """The frame of a packet that depends on no other one; such packets are decoded only when they are wanted."""
    frames = packet.decode()
    if not frames or frames[0].is_corrupt:
        raise av.error.InvalidDataError(0, "no whole frame")
    return frames[0]


def _whole_frames(packets: Iterator[av.Packet[av.VideoStream]], feed: Feed) -> Iterator[av.VideoFrame]:
    """Frames that are whole: what builds on a broken frame is broken too, so after one the next key frame counts."""
    whole = False
    for packet in packets:
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            whole = False
            feed.error()
            continue
        if packet.is_corrupt:
            whole = False
            feed.error()
        for frame in frames:
            whole = not frame.is_corrupt and (whole or frame.key_frame)
            if whole:
                yield frame
