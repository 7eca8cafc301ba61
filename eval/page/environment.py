"""How templates of pages are read: everything is escaped, and a name that nobody gave is an error."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent


def page_environment() -> Environment:
    """An environment for the templates of this folder."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    environment.filters["sentence"] = lambda words: words[0].upper() + words[1:]
    return environment
