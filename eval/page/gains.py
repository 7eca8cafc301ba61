"""Who gained from a federation, as one HTML page: no other file, no script, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lotwise.eval.page.environment import page_environment
from lotwise.students.federation.gains import Gain, readable_bytes, sentence
from lotwise.students.federation.server_side import Progressed


def gains_page(title: str, found: Sequence[Gain], progress: Progressed, about: Mapping[str, str]) -> str:
    """The whole page.

    Args:
        title: shown by the browser and above the headline; plain text.
        found: every camera.
        progress: of the server.
        about: what was asked for, by name, for people.
    """
    return page_environment().get_template("gains.html").render(
        title=title, gains=found, progress=progress, about=about, headline=sentence(found), size=readable_bytes
    )  # fmt: skip
