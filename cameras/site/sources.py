"""Settings of a camera's source, one class for each kind of source."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lotwise.cameras.site.secret import Secret, url_without_credentials
from lotwise.datasets.image_files import VIDEO_SUFFIXES

Pace = Literal["fast", "own"]
_SCHEME_AND_HOST = re.compile(r"^([a-z][a-z0-9+.-]*)://[^/?#\s]+", re.IGNORECASE)

_PICTURES = (".jpg", ".jpeg", ".png")
# `rtsp:/host` and `user:password@host` would else be folders, which messages name.
_HALF_URL = re.compile(r"(?i)(?:rtsps?|https?):(?!//)|[^/]*:(?!//)[^/]*@")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def _url_of(*schemes: str) -> AfterValidator:
    def checked(url: str) -> str:
        found = _SCHEME_AND_HOST.match(url_without_credentials(url))
        if not found or found.group(1).lower() not in schemes:
            raise ValueError(f"expected an address that starts with {' or '.join(f'{name}://' for name in schemes)}")
        return url

    return AfterValidator(checked)


class BackoffSettings(BaseModel):
    """How long to wait before a lost camera is tried again; each failure doubles it, up to a cap."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_s: Annotated[float, Field(gt=0, le=3600, description="Seconds before the first new attempt to connect.")] = (
        1.0
    )
    cap_s: Annotated[float, Field(gt=0, le=3600, description="Most seconds between two attempts to connect.")] = 60.0

    @model_validator(mode="after")
    def _rising(self) -> BackoffSettings:
        if self.cap_s < self.first_s:
            raise ValueError(f"cap_s ({self.cap_s:g}) is below first_s ({self.first_s:g}); give at least first_s")
        return self


class _Watched(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    stale_s: Annotated[
        float,
        Field(
            gt=0,
            le=86400,
            description="Seconds without a frame that was due after which the source counts as stale and its "
            "slots become unknown.",
        ),
    ] = 10.0


class _Network(_Watched):
    """What all sources in a child process share."""

    restart_s: Annotated[
        float,
        Field(
            gt=0,
            le=86400,
            description="Seconds without a frame that was due after which the connection is given up and made anew.",
        ),
    ] = 20.0
    backoff: Annotated[BackoffSettings, Field(description="Pauses between attempts to connect to a lost camera.")] = (
        BackoffSettings()
    )

    @model_validator(mode="after")
    def _stale_before_restart(self) -> _Network:
        if self.restart_s < self.stale_s:
            raise ValueError(f"restart_s ({self.restart_s:g}) is below stale_s ({self.stale_s:g}); give at least that")
        return self


class _Account(_Network):
    username: Annotated[str | None, Field(min_length=1, description="User name at the camera.")] = None
    password: Annotated[
        Secret | None,
        Field(
            description="Where the password is kept; {username} and {password} written in the address are "
            "replaced by user name and password."
        ),
    ] = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> _Account:
        if self.password is not None and self.username is None:
            raise ValueError("there is a password without a username; give both")
        return self


class _Stored(_Watched):
    """What all sources of stored frames share."""

    path: Annotated[Path, Field(description="Folder of images, or video file; relative to the site file.")]
    pace: Annotated[
        Pace,
        Field(
            description="fast gives frames as quickly as the node can process them; own plays a video at its frame "
            "rate, and gives one image of a folder every period of the camera."
        ),
    ] = "own"
    repeat: Annotated[bool, Field(description="Whether to start again after the last frame.")] = False


class FolderSettings(_Stored):
    """A folder of images, also one that a camera uploads to."""

    kind: Literal["folder"]
    follow: Annotated[
        bool,
        Field(
            description="Whether to wait for new images and give only the newest one, for a camera that uploads "
            "into the folder."
        ),
    ] = False

    @model_validator(mode="after")
    def _one_way(self) -> FolderSettings:
        if self.repeat and self.follow:
            raise ValueError("a folder is either repeated or followed; give one of the two")
        return self


class VideoSettings(_Stored):
    """A video file."""

    kind: Literal["video"]


class RtspSettings(_Account):
    """An RTSP camera."""

    kind: Literal["rtsp"]
    url: Annotated[
        str,
        _url_of("rtsp", "rtsps"),
        Field(description="Address of the stream, rtsp:// or rtsps://, without user and password."),
    ]
    transport: Annotated[
        Literal["tcp", "udp"],
        Field(description="How packets are sent: tcp loses nothing, udp is for cameras that know nothing else."),
    ] = "tcp"
    keyframes_only: Annotated[
        bool,
        Field(
            description="Whether to decode key frames only, which is much cheaper and gives a frame every one to "
            "ten seconds."
        ),
    ] = False


class _Http(_Account):
    url: Annotated[
        str,
        _url_of("http", "https"),
        Field(description="Address of the pictures, http:// or https://, without user and password."),
    ]
    verify: Annotated[
        bool, Field(description="Whether an https camera whose certificate is not trusted is refused.")
    ] = True
    max_bytes: Annotated[
        int, Field(ge=1024, le=1 << 28, description="Size in bytes above which a picture is refused.")
    ] = 16 << 20


class MjpegSettings(_Http):
    """A camera that sends JPEG pictures over HTTP without end (``multipart/x-mixed-replace``)."""

    kind: Literal["mjpeg"]


class SnapshotSettings(_Http):
    """A camera that gives one picture for each HTTP GET, asked once every period of the camera."""

    kind: Literal["snapshot"]


class UsbSettings(_Network):
    """A USB camera (Video4Linux)."""

    kind: Literal["usb"]
    device: Annotated[Path, Field(description="Device file such as /dev/video0, or a link in /dev/v4l/by-id.")]
    width: Annotated[
        int | None,
        Field(ge=16, le=16384, description="Width in pixels that the device is asked for; by default its own choice."),
    ] = None
    height: Annotated[
        int | None,
        Field(ge=16, le=16384, description="Height in pixels that the device is asked for; by default its own choice."),
    ] = None
    rate: Annotated[
        float | None,
        Field(gt=0, le=1000, description="Frames a second that the device is asked for; by default its own choice."),
    ] = None

    @model_validator(mode="after")
    def _whole_size(self) -> UsbSettings:
        if (self.width is None) != (self.height is None):
            raise ValueError("a size needs both width and height; give both or neither")
        return self


SourceSettings = Annotated[
    FolderSettings | VideoSettings | RtspSettings | MjpegSettings | UsbSettings | SnapshotSettings,
    Field(discriminator="kind"),
]
NetworkSettings = RtspSettings | MjpegSettings | UsbSettings | SnapshotSettings


def source_from_text(text: str) -> dict[str, Any]:
    """What kind of source a path or URL is, as :data:`SourceSettings` are written out.

    >>> source_from_text("rtsp://10.0.0.4/stream")
    {'kind': 'rtsp', 'url': 'rtsp://10.0.0.4/stream'}
    >>> source_from_text("frames/entrance")
    {'kind': 'folder', 'path': 'frames/entrance'}

    Raises:
        ValueError: empty, half a URL, or a URL of another scheme than rtsp, rtsps, http and https.
    """
    if not text:
        raise ValueError("is empty; give a folder, video, URL or /dev/video0")
    if _HALF_URL.match(text):
        raise ValueError("a URL starts with rtsp://, rtsps://, http:// or https://, and holds no user:password@")
    scheme = _SCHEME.match(text)
    if scheme is not None:
        match scheme.group(1).lower():
            case "rtsp" | "rtsps":
                return {"kind": "rtsp", "url": text}
            case "http" | "https":
                return {"kind": "snapshot" if _is_snapshot(text) else "mjpeg", "url": text}
        raise ValueError("no such scheme; give rtsp://, rtsps://, http:// or https://, a folder, video or /dev/video0")
    if text.startswith(("/dev/video", "/dev/v4l/")):
        return {"kind": "usb", "device": text}
    return {"kind": "video" if text.lower().endswith(VIDEO_SUFFIXES) else "folder", "path": text}


def _is_snapshot(url: str) -> bool:
    # Not split before the scheme is cut off: a broken host is for the URL's own validator to tell.
    path = PurePosixPath(url.split("://", 1)[1].split("?")[0])
    return path.suffix.lower() in _PICTURES or "snapshot" in url.lower()
