"""How long is waited for the last one."""

import pytest

pytest.importorskip("flwr", reason="Flower is not installed")

from lotwise.students.federation.flower import patience
from lotwise.students.federation.flower.patience import PatientGrid


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Metadata:
    def __init__(self, identity: str) -> None:
        self.reply_to_message_id = identity


class Reply:
    def __init__(self, identity: str) -> None:
        self.metadata = Metadata(identity)


class SlowGrid:
    """Each message is answered after as many seconds as it says."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def push_messages(self, messages):
        return [str(seconds) for seconds in messages]

    def pull_messages(self, identities):
        return [Reply(one) for one in identities if float(one) <= self.clock.now]

    def get_node_ids(self):
        return [1, 2]


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(patience, "time", clock)
    return clock


@pytest.mark.parametrize(
    ("seconds", "replies", "until"),
    [
        ([1, 2, 3], 3, 3),  # all come
        ([10, 11, 900], 2, 11 + 33),  # the last one has three times as long as the others took
        ([1, 2, 900], 2, 2 + 20),  # but the least at any rate
        ([1, 2, 20], 3, 20),
        ([10, 900], 1, 10 + 30),  # one of two is half
        ([900, 901, 902, 5], 1, 100),  # too few to know what is usual: the time limit
    ],
)
def test_until_when_is_waited(seconds, replies: int, until: float, clock: Clock) -> None:
    found = PatientGrid(SlowGrid(clock), 3.0).send_and_receive(seconds, timeout=100)
    assert len(list(found)) == replies
    assert clock.now == pytest.approx(until, abs=1)


def test_nothing_is_sent_where_there_is_nothing_to_send(clock: Clock) -> None:
    assert list(PatientGrid(SlowGrid(clock), 3.0).send_and_receive([], timeout=100)) == []
    assert PatientGrid(SlowGrid(clock), 3.0).get_node_ids() == [1, 2]
