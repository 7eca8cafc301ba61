"""All words of the pages, by key: a file in ``texts/`` for each language, so that another language is another file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEFAULT_LANGUAGE = "en"
_FOLDER = Path(__file__).with_name("texts")


class Texts:
    """The words of one language.

    Args:
        language: its code, as a browser names it.
        entries: a text for each key, with values in braces; or one text for ``one`` and one for ``other`` numbers.
    """

    def __init__(self, language: str, entries: Mapping[str, str | Mapping[str, str]]) -> None:
        self.language, self.entries = language, entries

    def __call__(self, key: str, **values: Any) -> str:
        """A text with its values.

        Args:
            key: which; those of one page begin with its name.
            values: what stands in braces; ``count`` chooses between one and several.
        """
        entry = self.entries[key]
        if isinstance(entry, str):
            return entry.format(**values)
        return entry["one" if values["count"] == 1 else "other"].format(**values)

    def word(self, group: str, code: str) -> str:
        """What people call a state, a verdict or an action; the code itself where the file does not know it."""
        return self(f"{group}.{code}") if f"{group}.{code}" in self.entries else code


@cache
def languages() -> dict[str, Texts]:
    """All languages by code."""
    return {file.stem: read_texts(file) for file in sorted(_FOLDER.glob("*.yaml"))}


def read_texts(file: Path) -> Texts:
    """The words of a file."""
    found: dict[str, str | Mapping[str, str]] = {}
    for page, entries in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        found |= {f"{page}.{key}": entry for key, entry in entries.items()}
    return Texts(file.stem, found)


def texts_for(accepted: str) -> Texts:
    """The words in the first language that a browser accepts and that there is.

    Args:
        accepted: its ``Accept-Language``.
    """
    for part in accepted.split(","):
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in languages():
            return languages()[code]
    return languages()[DEFAULT_LANGUAGE]
