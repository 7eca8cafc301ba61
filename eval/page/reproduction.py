"""The published table made anew, as one HTML page: no other file, no script, no network."""

from __future__ import annotations

import base64
import hashlib

from markupsafe import Markup

from lotwise.eval.page.environment import FOLDER, page_environment
from lotwise.eval.reproduction.published import published
from lotwise.eval.reproduction.reproduce import Reproduction
from lotwise.eval.reproduction.table import own_against_shared
from lotwise.eval.reproduction.text import HEADINGS, figures_of

ROLE_MEANINGS = {
    "teacher": "the large model that all students learn from",
    "baseline": "the untouched nano: the small model as it was downloaded",
    "student": "the same small model after it learned one camera's frames from the teacher",
    "one for all": "the same small model after it learned the frames of all cameras",
    "supervised": "the same small model after it learned one camera's frames from labels; a benchmark, no product",
}


def reproduction_page(found: Reproduction) -> str:
    """The whole page."""
    style = (FOLDER / "static" / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    roles = dict.fromkeys(row.role for table in found.tables for row in table.rows)
    return page_environment().get_template("reproduction.html").render(
        found=found,
        published=published(),
        headings=HEADINGS,
        figures=figures_of,
        verdict=own_against_shared,
        meanings={role: ROLE_MEANINGS[role] for role in roles},
        style=Markup(style),  # noqa: S704  the style sheet is a file of ours
        policy=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )  # fmt: skip
