"""Posts events to a web address: signed, in order, and each again until the address takes it, over restarts too."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from lotwise.cameras.site.secret import masked_url
from lotwise.cameras.site.sources import BackoffSettings
from lotwise.cameras.site.webhook import WebhookSettings
from lotwise.cameras.sources.backoff import Backoff
from lotwise.datasets.errors import InputError
from lotwise.node.journal.journal import Journal
from lotwise.node.state import Event
from lotwise.node.version import software_version

log = logging.getLogger(__name__)

SIGNATURE, TIMESTAMP = "X-Lotwise-Signature", "X-Lotwise-Timestamp"
MIN_SECRET_CHARACTERS = 16
"""As for the token of the HTTP API."""
CLOSE_TIMEOUT_S = 3.0
"""Seconds for which the end waits for a message under way; what is left goes out in the next run."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What stands in the header: HMAC SHA-256 of the time, a dot and the body, so that none can be replayed later.

    >>> signature("a secret of a node", "1700000000", b"[]")[:15]
    'sha256=f392442e'
    """
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def event_json(event: Event, site: str) -> dict[str, object]:
    """An event as it is posted; ``number`` is its identity for an address that may see it twice."""
    return {
        "number": event.number,
        "site": site,
        "time": event.time.isoformat(),
        "subject": event.subject,
        "camera": event.camera,
        "name": event.name,
        "before": event.before,
        "after": event.after,
        "details": dict(event.details),
    }


class WebhookPublisher:
    """Meets :class:`lotwise.node.publisher.Publisher` for one address.

    Args:
        settings: address, secret and what is sent.
        site: its name.
        journal: from which events come.
        base: folder of the site file, which secrets are relative to.
        backoff: how long to wait before an address that does not answer is tried again.

    Raises:
        InputError: the secret cannot be read or is too short.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        site: str,
        journal: Journal,
        base: Path = Path(),
        backoff: BackoffSettings | None = None,
    ) -> None:
        self._settings, self._site, self._journal, self._base = settings, site, journal, base
        self._reader = f"webhook:{settings.name}"
        self._backoff = Backoff(backoff or BackoffSettings(first_s=1, cap_s=60))
        self._secret()  # what cannot be read is told at the start, not from the thread
        self._news, self._stop = threading.Event(), threading.Event()
        self._delivered, self._failures, self._why = 0, 0, ""
        self._opener = build_opener(_NoRedirects)
        self._thread = threading.Thread(target=self._run, name=f"webhook-{settings.name}", daemon=True)
        journal.attach(self._reader)

    def start(self) -> None:
        """Begin to post; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Something new is recorded."""
        self._news.set()

    def close(self) -> None:
        """Post what is left, if the address takes it at once, and end."""
        self._stop.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_TIMEOUT_S)

    def metrics(self) -> Mapping[str, float]:
        """How far this address has got."""
        health = self._journal.health()
        name = self._settings.name.replace("-", "_")
        return {
            f"lotwise_webhook_{name}_delivered_events_total": float(self._delivered),
            f"lotwise_webhook_{name}_undelivered_events": float(health.behind[self._reader]),
            f"lotwise_webhook_{name}_failures_total": float(self._failures),
        }

    def _secret(self) -> str | None:
        if self._settings.secret is None:
            return None
        secret = self._settings.secret.read(self._base)
        if len(secret) < MIN_SECRET_CHARACTERS:
            raise InputError(
                f"webhook {self._settings.name}: its secret needs at least {MIN_SECRET_CHARACTERS} characters; "
                "make one with: openssl rand -hex 16"
            )
        return secret

    def _run(self) -> None:
        while True:
            self._news.clear()
            last = self._stop.is_set()  # looked at before the journal is read, so that the last events go out too
            began = time.monotonic()
            try:
                events = self._journal.undelivered(self._reader, self._settings.batch)
                sent = not events or self._post([one for one in events if one.subject in self._settings.events])
            except Exception as error:  # whatever goes wrong in telling must not end the telling
                self._failed(f"{type(error).__name__}: {error}")
                events, sent = [], False
            if events and sent:
                self._journal.delivered(self._reader, events[-1].number)
                self._delivered += len(events)
                self._why = ""
            elif last:
                return
            elif sent:
                self._news.wait()
            else:
                self._stop.wait(self._backoff.pause(time.monotonic() - began, False))

    def _post(self, events: Sequence[Event]) -> bool:
        """Whether the address took these events."""
        if not events:
            return True
        body = json.dumps([event_json(event, self._site) for event in events], ensure_ascii=False).encode(
            errors="replace"
        )
        headers = {"Content-Type": "application/json", "User-Agent": f"lotwise/{software_version()}"}
        if (secret := self._secret()) is not None:
            headers[TIMESTAMP] = str(int(time.time()))
            headers[SIGNATURE] = signature(secret, headers[TIMESTAMP], body)
        try:
            with self._opener.open(Request(self._settings.url, body, headers), timeout=self._settings.timeout_s):  # noqa: S310
                return True
        except HTTPError as error:
            self._failed(f"it answered {error.code}")
        except (OSError, http.client.HTTPException) as error:
            self._failed(str(error))
        return False

    def _failed(self, why: str) -> None:
        self._failures += 1
        if why != self._why:
            log.warning("webhook %s: %s: %s; tried again", self._settings.name, masked_url(self._settings.url), why)
        self._why = why


class Webhooks:
    """Several addresses as one publisher; each goes at its own pace."""

    def __init__(self, publishers: Sequence[WebhookPublisher]) -> None:
        self._publishers = publishers

    def start(self) -> None:
        """Begin with all."""
        for publisher in self._publishers:
            publisher.start()

    def wake(self) -> None:
        """Tell all."""
        for publisher in self._publishers:
            publisher.wake()

    def close(self) -> None:
        """End all."""
        for publisher in self._publishers:
            publisher.close()

    def metrics(self) -> Mapping[str, float]:
        """Of all."""
        return {name: value for publisher in self._publishers for name, value in publisher.metrics().items()}


class _NoRedirects(HTTPRedirectHandler):
    """A message goes to the address that the site file names, or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
