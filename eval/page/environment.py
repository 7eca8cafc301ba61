"""How templates of pages are read: everything is escaped, a name that nobody gave is an error, all have one style."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

FOLDER = Path(__file__).parent


def page_environment() -> Environment:
    """An environment for the templates of this folder; ``style`` and the ``policy`` that allows it are known in all."""
    style = (FOLDER / "static" / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(style)  # noqa: S704  the style sheet is a file of ours
    environment.globals["policy"] = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    environment.filters["sentence"] = lambda words: words[0].upper() + words[1:]
    return environment
