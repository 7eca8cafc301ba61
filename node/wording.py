"""States in words that people at a car park read: what is wrong with a camera, why a slot is unknown, how long ago."""

from __future__ import annotations

from lotwise.cameras.view.report import Verdict
from lotwise.node.state import CameraNow
from lotwise.node.time_words import local_time
from lotwise.node.trust_now import TrustNow

VERDICT_WORDS: dict[Verdict, str] = {
    "good": "good view",
    "black": "the picture is black",
    "overexposed": "the picture is too bright to see anything",
    "frozen": "the picture stands still",
    "blurred": "the picture is blurred",
    "blocked": "something blocks the view",
    "torn": "the picture is damaged",
    "moved": "the camera has moved",
    "unverified": "somebody has to look whether the camera has moved",
}
REASON_WORDS = {
    "hidden": "hidden behind a vehicle",
    "unread": "the board that looks at it does not answer",
    "masked": "under a privacy mask",
    "starting": "not looked at yet",
    "stale": "no new picture",
    "down": "no connection to the camera",
    "ended": "the recording was read to its end",
    "off hours": "outside of the camera's hours",
    "no bundle": "no detector that can be run",
    "disputed": "its cameras contradict each other, and none is surer",
    "error": "an error in the node, which its log tells",
}


def problem(now: CameraNow) -> str:
    """What is wrong with a camera, in a few words; empty where source and view are well."""
    since = local_time(now.source.since)
    if now.source.state == "down":
        return f"camera down since {since}"
    if now.source.state == "stale":
        return f"no new picture since {since}"
    return "" if now.view.verdict == "good" else VERDICT_WORDS[now.view.verdict]


def cause(now: CameraNow) -> str:
    """What is wrong with a camera, with what is known of why; empty where source and view are well."""
    wrong = problem(now)
    why = now.view.why if now.source.state == "live" else now.source.why
    return f"{wrong}: {why}" if wrong and why else wrong


def reason(why: str) -> str:
    """Why a slot is unknown, in words."""
    views = {str(verdict): words for verdict, words in VERDICT_WORDS.items()}
    return (views | REASON_WORDS).get(why, why)


def trust_words(trust: TrustNow | None) -> str:
    """The verdict on a camera with its estimate, in a few words; empty before the first sample."""
    if trust is None:
        return ""
    found = trust.verdict
    if found.accuracy is None:
        return found.word
    between = f"{found.low:.0%} to {found.high:.0%}"
    return f"{found.word}, about {found.accuracy:.0%} of {found.measured} read rightly ({between})"


def trust_doubt(trust: TrustNow | None) -> str:
    """Why a camera is not good, and since when; empty where it is."""
    if trust is None or trust.verdict.word == "good":
        return ""
    return "; ".join(filter(None, (*trust.verdict.reasons, trust.drift)))
