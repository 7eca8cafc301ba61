"""The page that says who gained from a federation."""

from __future__ import annotations

import base64
import hashlib
import html

from lotwise.eval.page.gains import gains_page
from lotwise.students.federation.gains import Gain
from lotwise.students.federation.server_side import Progressed

FOUND = (
    Gain("C1", 0.5, 0.6, 0.7, "gained", "the better went live: <so>", 10_400_000, 2_000, 2),
    Gain("C2", None, None, None, "cannot tell", "not exported", 0, 0, 0),
)
PAGE = gains_page(
    "Two <cameras>", FOUND, Progressed(4, 12.5, {}, ("exchange 2: C2 is <asleep>",)), {"method": "fedavg"}
)


def test_the_page_says_what_happened_and_escapes_it() -> None:
    for said in (
        "C1 gained; C2 cannot be told",
        "0.700",
        "10.4 MB",
        "2.0 kB",
        "&lt;asleep&gt;",
        "fedavg",
        "&lt;so&gt;",
    ):
        assert said in PAGE
    for never in ("<cameras>", "<asleep>", "<so>", "<script", " src=", " href="):
        assert never not in PAGE


def test_the_policy_allows_the_style_of_the_page_and_nothing_else() -> None:
    style = PAGE.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = html.unescape(PAGE.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0])
    assert policy.split("; ")[:3] == ["default-src 'none'", "img-src data:", f"style-src 'sha256-{digest}'"]
