"""What is told over one connection to a broker: all states as they are, and every event, in order.

Ours and not a library's, because no MQTT client promises both that we need: each event once acknowledged, in the order
of its number, across restarts of node and broker; and of retained states the newest only, with those cleared that are
wanted no longer.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lotwise.node.journal.journal import Journal
from lotwise.node.mqtt.broker import Ack, BrokerConnection
from lotwise.node.mqtt.topics import event_message
from lotwise.node.state import Event

READER_NAME = "mqtt"
"""Under which the journal remembers how far the broker has got."""
STATES_PERIOD_S = 0.5
"""Seconds between two comparisons of all states with what was sent: a burst of changes is one message a topic."""
MAX_WAIT_S = 1.0
"""Seconds after which news is looked for also where nobody wakes the session."""
REFUSED_RETRY_S = 10.0
"""Seconds before an event that the broker refused is sent again."""
_BATCH = 256
"""Events read from the journal at once."""


@dataclass
class _Sent:
    message: int
    number: int
    answer: Ack | None = None


class Session:
    """Tells states and events over a connection; a new connection begins anew.

    States: whatever differs from what this connection has told, the newest only. A topic that is wanted no longer is
    cleared at the broker, also if an earlier run told it. Events: strictly in order of their numbers, a window in
    flight; the journal learns only what the broker acknowledged, and all before it.

    Args:
        states: all that is to be retained at the broker now, by topic.
        root: topic below which events are told.
    """

    def __init__(
        self, broker: BrokerConnection, journal: Journal, root: str, states: Callable[[], Mapping[str, bytes]]
    ) -> None:
        self._broker, self._journal, self._root, self._states = broker, journal, root, states
        # Of what an earlier connection told, only the topics are known.
        self._published: dict[str, bytes | None] = dict.fromkeys(journal.topics(READER_NAME))
        self._topics_on_disk = frozenset(self._published)
        self._unsent_states: deque[tuple[str, bytes]] = deque()
        self._states_sent: dict[int, str] = {}
        self._looked = 0.0
        self._number = journal.attach(READER_NAME)
        self._ready: deque[Event] = deque()
        self._sent: deque[_Sent] = deque()
        self._held_until = 0.0
        self._rewind = False
        self.delivered = 0
        self._refused: dict[str, str] = {}

    @property
    def refused(self) -> str:
        """One line on what the broker refuses, if it does."""
        topic, why = next(iter(self._refused.items()), ("", ""))
        return f"the broker refuses {topic} ({why}); allow this user to write below {self._root}" if topic else ""

    @property
    def idle(self) -> bool:
        """Whether everything was sent and acknowledged."""
        return (
            not (self._unsent_states or self._states_sent or self._sent or self._ready)
            and self._number >= self._journal.last
        )

    def step(self, most_s: float = MAX_WAIT_S) -> None:
        """Send what may be sent, and wait for answers or news, ``most_s`` seconds at most.

        Raises:
            Disconnected: the connection ended; what was not acknowledged is told over the next one.
        """
        if time.monotonic() - self._looked >= STATES_PERIOD_S:
            self._look()
        self._send_states()
        self._send_events()
        for ack in self._broker.wait(min(most_s, self._patience_s())):
            self._answered(ack)
        self._advance()

    def look_again(self) -> None:
        """Compare the states at the next step, however short ago they were compared."""
        self._looked = 0.0

    def _look(self) -> None:
        self._looked = time.monotonic()
        self._broker.woken = False
        wanted = self._states()
        if not self._topics_on_disk.issuperset(wanted):
            # Before it is told: a run that dies in between leaves no topic that nobody will ever clear.
            self._keep(self._topics_on_disk.union(wanted))
        self._unsent_states = deque(
            (topic, payload) for topic, payload in wanted.items() if self._published.get(topic) != payload
        )
        self._unsent_states.extend((topic, b"") for topic in self._published if topic not in wanted)

    def _keep(self, topics: frozenset[str]) -> None:
        self._journal.keep_topics(READER_NAME, topics)
        self._topics_on_disk = topics

    def _send_states(self) -> None:
        while self._unsent_states and self._broker.room > 0:
            topic, payload = self._unsent_states.popleft()
            self._states_sent[self._broker.send(topic, payload, retain=True)] = topic
            if payload:
                self._published[topic] = payload
            else:
                del self._published[topic]
        if not self._unsent_states and not self._states_sent and self._topics_on_disk != self._published.keys():
            self._keep(frozenset(self._published))

    def _send_events(self) -> None:
        if self._rewind or time.monotonic() < self._held_until:
            return
        while self._broker.room > 0:
            if not self._ready:
                self._ready.extend(self._journal.undelivered(READER_NAME, _BATCH, after=self._number))
            if not self._ready:
                return
            event = self._ready.popleft()
            message = self._broker.send(*event_message(event, self._root), retain=False)
            self._sent.append(_Sent(message, event.number))
            self._number = event.number

    def _patience_s(self) -> float:
        if self._broker.woken:
            return max(0.0, self._looked + STATES_PERIOD_S - time.monotonic())
        return MAX_WAIT_S

    def _answered(self, ack: Ack) -> None:
        if (topic := self._states_sent.pop(ack.message, None)) is not None:
            self._note(topic, ack.refusal)
            return
        for sent in self._sent:
            if sent.message == ack.message:
                sent.answer = ack
                return

    def _note(self, topic: str, refusal: str) -> None:
        self._refused.pop(topic, None)
        if refusal:
            self._refused[topic] = refusal

    def _advance(self) -> None:
        reached = 0
        while self._sent and (answer := self._sent[0].answer) is not None:
            number = self._sent.popleft().number
            if answer.refusal and not self._rewind:
                self._rewind = True
                self._note(f"{self._root}/events", answer.refusal)
            if not self._rewind:
                reached = number
                self.delivered += 1
        if reached:
            self._note(f"{self._root}/events", "")
            self._journal.delivered(READER_NAME, reached)
        if self._rewind and not self._sent:
            # Those behind the refused one may have been taken: told again after it, they are in order again.
            self._rewind = False
            self._held_until = time.monotonic() + REFUSED_RETRY_S
            self._number = self._journal.attach(READER_NAME)
            self._ready.clear()
