"""The published schema and the reference are what the code says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.schema import site_schema
from lotwise.cameras.site.settings import Site

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_published_schema_is_what_the_code_says() -> None:
    published = json.loads((DOCS / "site.schema.json").read_text())
    assert published == site_schema(), "run python -m lotwise.cameras.site.schema > docs/site.schema.json"


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, model in {"Site": schema, **schema["$defs"]}.items():
        for field, said in model.get("properties", {}).items():
            yield f"{name}.{field}", said


def test_every_field_is_described() -> None:
    bare = [name for name, said in _fields(site_schema()) if not said.get("description") and "const" not in said]
    assert bare == []


def test_unknown_keys_are_refused_by_the_schema_too() -> None:
    schema = site_schema()
    models = {"Site": schema, **schema["$defs"]}
    assert [name for name, model in models.items() if model.get("additionalProperties") is not False] == []


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (DOCS / "site.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("text", examples())
def test_the_examples_of_the_reference_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "site.yaml").write_text(text)
    assert read_site(tmp_path / "site.yaml").cameras


def test_the_complete_example_shows_every_section_and_its_schema(tmp_path: Path) -> None:
    text = max(examples(), key=len)
    assert text.startswith("# yaml-language-server: $schema=site.schema.json\n")
    (tmp_path / "site.yaml").write_text(text)
    assert read_site(tmp_path / "site.yaml").model_fields_set == set(Site.model_fields)


def test_the_reference_names_every_section() -> None:
    text = (DOCS / "site.md").read_text()
    assert [name for name in Site.model_fields if f"| `{name}`" not in text] == []
