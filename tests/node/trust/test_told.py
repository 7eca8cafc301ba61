"""What the node thinks of a camera is told alike by API, page, metrics and MQTT."""

from dataclasses import replace

from lotwise.cameras.trust.verdict import Verdict
from lotwise.node.http.api_models import camera_answer
from lotwise.node.http.metrics import NodeCollector
from lotwise.node.http.page import page
from lotwise.node.mqtt.state_messages import StateMessages
from lotwise.node.mqtt.topics import Topics
from lotwise.node.state import NodeNow
from lotwise.node.trust_now import TrustNow
from lotwise.node.wording import trust_doubt, trust_words
from tests.node.nodes import NOON, FakeNode, camera

FOGGY = TrustNow(
    Verdict("retrain", 0.81, 0.7, 0.9, reasons=("the picture has less contrast",), frames=24),
    NOON,
    "since 2026-03-04 07:20: the picture has less contrast",
    7,
)
SEEN = replace(camera(), trust=FOGGY)


def test_the_api_has_it_all() -> None:
    answer = camera_answer(SEEN).trust
    assert answer is not None
    assert (answer.verdict, answer.accuracy, answer.frames, answer.new_frames) == ("retrain", 0.81, 24, 7)
    assert camera_answer(camera()).trust is None


def test_the_page_says_it_in_words() -> None:
    shown = page(NodeNow("lot", NOON, True, {"C1": SEEN}), (), None)
    assert "Trust: retrain, about 81% of slots read rightly (70% to 90%)" in shown
    assert "since 2026-03-04 07:20" in shown
    assert "Trust:" not in page(NodeNow("lot", NOON, True, {"C1": camera()}), (), None)
    good = replace(FOGGY, verdict=replace(FOGGY.verdict, word="good"))
    assert trust_doubt(good) == "" and trust_words(None) == trust_doubt(None) == ""


def test_the_metrics_have_one_verdict() -> None:
    families = {family.name: family for family in NodeCollector(FakeNode([SEEN])).collect()}  # type: ignore[arg-type]
    words = {one.labels["verdict"]: one.value for one in families["lotwise_camera_trust"].samples}
    assert words == {"good": 0, "watch": 0, "retrain": 1, "cannot tell": 0}
    bounds = {one.labels["bound"]: one.value for one in families["lotwise_camera_trust_accuracy"].samples}
    assert bounds == {"estimate": 0.81, "low": 0.7, "high": 0.9}


def test_mqtt_tells_anew_only_where_the_meaning_changes() -> None:
    messages = StateMessages()

    def told(trust: TrustNow) -> bytes:
        now = NodeNow("lot", NOON, True, {"C1": replace(SEEN, trust=trust)})
        topics = Topics.of(now, "lotwise", "lot")
        return messages.of(now, topics)[f"{topics.camera('C1')}/state"]

    first = told(FOGGY)
    assert b'"verdict":"retrain"' in first
    assert told(replace(FOGGY, verdict=replace(FOGGY.verdict, accuracy=0.82))) == first
    assert told(replace(FOGGY, verdict=replace(FOGGY.verdict, word="watch"))) != first
