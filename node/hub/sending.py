"""Sends frames worth learning from: those the hub asks for, of cameras that may, within the day's budget, each once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, zip_longest
from threading import Event
from urllib.parse import quote

from lotwise.cameras.site.hub import HubFrames
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.new_frames import FOLDER, WHY, NewFrame, new_frames
from lotwise.datasets.file_stamp import file_stamp
from lotwise.node.hub import messages
from lotwise.node.hub.client import HubClient
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.ledger import Ledger, OutgoingFrame
from lotwise.node.hub.messages import FrameList, FrameTaken
from lotwise.node.hub.outgoing import outgoing_jpeg
from lotwise.node.hub.telling import Telling

BATCH = 8
"""Frames of which the hub is asked at once whether it knows them; so many are in memory at once."""
NOT_TAKEN = (400, 413, 415, 422)
"""Statuses by which a hub says that it will never take this frame."""
OF_THE_NODE = (0, 401, 403)
"""Statuses that concern more than this frame: the hub is away, or does not know this node."""
PACE_S = 0.2
"""Seconds between two frames. Chosen: half of the requests that a hub takes of a node, so that it refuses none."""
HOLD_S = 300.0
"""Seconds without frames after the hub would not take one now and did not say for how long."""


@dataclass(frozen=True)
class _Ready:
    """A frame and its bytes."""

    frame: OutgoingFrame
    data: bytes


class Sending:
    """Used by one thread.

    Args:
        site: with absolute paths.
        settings: which frames may leave.
        client: asks the hub.
        ledger: of what has left.
        telling: where it is said.
        today: the day whose budget is used; that of the site's time zone by default.

    Raises:
        InputError: privacy masks that cannot be read.
    """

    def __init__(
        self,
        site: Site,
        settings: HubFrames,
        client: HubClient,
        ledger: Ledger,
        telling: Telling,
        today: Callable[[], date] | None = None,
    ) -> None:
        self._folder, self._settings = site.state / FOLDER, settings
        self._client, self._ledger, self._telling = client, ledger, telling
        zone = site.schedule.zone
        self.today = today or (lambda: datetime.now(zone).date())
        self._masks = {name: privacy_masks(one, f"cameras.{name}.privacy_masks") for name, one in site.cameras.items()}
        self._waiting: dict[str, tuple[object, list[NewFrame]]] = {}
        self._held_until = 0.0
        self.sent = self.sent_bytes = 0
        """Since the start of the node."""

    def allowed(self, camera: str) -> bool:
        """Whether frames of a camera may leave."""
        cameras = self._settings.cameras
        return self._settings.allow and (cameras == "all" or camera in cameras)

    def bytes_left(self) -> int:
        """What is left of today's budget."""
        return max(0, int(self._settings.mb_a_day * 1e6) - self._ledger.sent_bytes(self.today()))

    def waiting(self, camera: str) -> int:
        """How many kept frames of a camera may leave and have not."""
        return len(self._of_camera(camera)) if self.allowed(camera) else 0

    def send(self, wanted: Mapping[str, int], until: float, stop: Event) -> bool:
        """Send what is asked for, as far as it is there and may leave.

        Args:
            wanted: frames that the hub can use, by camera.
            until: moment (``time.monotonic``) from which no further frame is begun.
            stop: ends it after the frame that is under way.

        Returns:
            Whether frames are left that could be sent at once.

        Raises:
            HubFailed: the hub is away, or does not know this node any more.
        """
        if time.monotonic() < self._held_until:
            return False
        asked = [self._of_camera(name)[:count] for name, count in wanted.items() if self.allowed(name)]
        in_turn = [one for one in chain.from_iterable(zip_longest(*asked)) if one is not None]
        before = self.sent, self.sent_bytes
        try:
            for begin in range(0, len(in_turn), BATCH):
                if not self._send_some(in_turn[begin : begin + BATCH], until, stop):
                    return time.monotonic() >= until
        finally:
            if self.sent > before[0]:
                count, size = self.sent - before[0], (self.sent_bytes - before[1]) / 1e6
                left, most = self.bytes_left() / 1e6, self._settings.mb_a_day
                self._telling.over("frames")  # said each time: its numbers are what matters
                self._telling.note(
                    "frames",
                    f"{count} frame{'s' * (count != 1)} sent ({size:.1f} MB); {left:.1f} of today's {most:g} MB left",
                )
        return False

    def _send_some(self, frames: list[tuple[str, NewFrame]], until: float, stop: Event) -> bool:
        """Whether to go on with the next ones."""
        ready = [one for camera, frame in frames if (one := self._ready(camera, frame)) is not None]
        if not ready:
            return True
        asked = FrameList(frames=tuple(one.frame.sha256 for one in ready))
        known = set(self._client.ask("POST", "/v1/frames/known", FrameList, asked).frames)
        for one in ready:
            if one.frame.sha256 in known:
                self._ledger.known(one.frame, self.today())
                self._forget(one.frame.camera)
            elif stop.wait(PACE_S) or time.monotonic() >= until or not self._send_one(one):
                return False
        return True

    def _send_one(self, ready: _Ready) -> bool:
        """Whether to go on with the next one."""
        frame, day = ready.frame, self.today()
        if frame.bytes > self._settings.mb_a_day * 1e6:
            self._give_up(frame, f"larger than the {self._settings.mb_a_day:g} MB of a whole day")
            return True
        if frame.bytes > self.bytes_left():
            self._telling.warn("budget", f"today's {self._settings.mb_a_day:g} MB of frames are used up; more tomorrow")
            return False
        self._telling.over("budget")
        path = f"/v1/frames/{quote(frame.camera, safe='')}/{frame.sha256}"
        headers = {
            "Content-Type": "image/jpeg",
            messages.TAKEN: frame.taken.isoformat(),
            messages.WHY: ",".join(frame.why),
        }
        number = self._ledger.begin(frame, day)
        try:
            self._client.ask("PUT", path, FrameTaken, ready.data, headers)
        except HubFailed as error:
            return self._failed(number, frame, error)
        self._ledger.end(number, "sent")
        self._forget(frame.camera)
        self.sent += 1
        self.sent_bytes += frame.bytes
        self._telling.over("hold")
        return True

    def _failed(self, number: int, frame: OutgoingFrame, error: HubFailed) -> bool:
        if error.status in NOT_TAKEN:
            self._ledger.end(number, "failed", str(error))
            self._told_failed(frame, str(error))
            return True
        self._ledger.end(number, "cut", str(error))
        self._forget(frame.camera)  # one that broke off comes after the others
        if error.status in OF_THE_NODE:
            raise error
        wait_s = HOLD_S if error.retry_s is None else error.retry_s
        self._held_until = time.monotonic() + wait_s
        self._telling.warn("hold", f"takes no frame for now ({error}); the next in {wait_s:.0f} s")
        return False

    def _ready(self, camera: str, new: NewFrame) -> _Ready | None:
        """A frame as it is to be sent; None where it is not sent."""
        try:
            data = outgoing_jpeg(new, self._masks.get(camera, ()), self._settings)
        except FileNotFoundError:
            data = None  # it has given way to a better one since
            if not new.file.exists():
                return None
        except OSError as error:
            self._telling.warn("unread", f"{new.file}: cannot be read ({error.strerror}); mend its rights or its disk")
            return None
        sha256 = hashlib.sha256(data or b"").hexdigest()
        taken = new.taken if new.taken.tzinfo is not None else new.taken.astimezone()
        frame = OutgoingFrame(camera, new.file.name, taken, new.why, sha256, len(data or b""))
        if data is None:
            self._give_up(frame, "no whole picture")
            return None
        if self._ledger.done(camera, frame.file, sha256):
            self._forget(camera)
            return None
        return _Ready(frame, data)

    def _give_up(self, frame: OutgoingFrame, why: str) -> None:
        self._ledger.refuse(frame, self.today(), why)
        self._told_failed(frame, why)

    def _told_failed(self, frame: OutgoingFrame, why: str) -> None:
        self._forget(frame.camera)
        self._telling.warn("failed", f"camera {frame.camera}: {frame.file} is not sent, now or later: {why}")

    def _of_camera(self, camera: str) -> list[tuple[str, NewFrame]]:
        """Kept frames that have not left: those in which most is new first, of these the newest; those that broke off
        before come last."""
        stamp = file_stamp(self._folder / camera / WHY)
        kept = self._waiting.get(camera)
        if kept is None or kept[0] != stamp:
            left = [one for one in new_frames(self._folder, camera) if not self._ledger.done(camera, one.file.name)]
            cuts = {one.file: self._ledger.cuts(camera, one.file.name) for one in left}
            left.sort(key=lambda one: (cuts[one.file], -len(one.why), -one.taken.timestamp()))
            kept = self._waiting[camera] = (stamp, left)
        return [(camera, one) for one in kept[1]]

    def _forget(self, camera: str) -> None:
        self._waiting.pop(camera, None)
