"""A publisher of your own: every event of a node as JSON to a web address, in order, and none lost.

To run it in your node, name it in node/publisher_list.py:

    PUBLISHERS.append(lambda around: WebhookPublisher(around, "https://example.org/parking"))
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from urllib.request import Request, urlopen

from lotwise.node.publisher import Surroundings
from lotwise.node.state import Event

READER = "webhook"
"""Under which the journal remembers how far the address has got, also through restarts."""
BATCH = 100
RETRY_S = 5.0
TIMEOUT_S = 10.0

log = logging.getLogger("lotwise.webhook")


class WebhookPublisher:
    """Meets ``lotwise.node.publisher.Publisher``. A subscriber may see events twice; ``number`` tells them apart."""

    def __init__(self, around: Surroundings, url: str, retry_s: float = RETRY_S) -> None:
        self._journal, self._url, self._retry_s = around.journal, url, retry_s
        self._news, self._stop = threading.Event(), threading.Event()
        self._delivered = 0
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._journal.attach(READER)  # from now on events are kept until they are delivered

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._news.set()

    def close(self) -> None:
        self._stop.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_S)

    def metrics(self) -> Mapping[str, float]:
        return {"lotwise_webhook_delivered_events_total": float(self._delivered)}

    def _run(self) -> None:
        while True:
            self._news.clear()
            last = self._stop.is_set()  # looked at before the journal is read, so that the last events go out too
            events = self._journal.undelivered(READER, BATCH)
            if events and self._post(events):
                self._journal.delivered(READER, events[-1].number)
                self._delivered += len(events)
            elif last:
                return
            elif events:
                self._stop.wait(self._retry_s)
            else:
                self._news.wait()

    def _post(self, events: Sequence[Event]) -> bool:
        content = [
            {
                "number": event.number,
                "time": event.time.isoformat(),
                "subject": event.subject,
                "camera": event.camera,
                "name": event.name,
                "before": event.before,
                "after": event.after,
            }
            for event in events
        ]
        request = Request(self._url, json.dumps(content).encode(), {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
                return True
        except OSError as error:
            log.warning("%s: %s; again in %g s", self._url, error, self._retry_s)
            return False
