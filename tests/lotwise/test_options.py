"""Options that are declared once and asked for by several verbs."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, get_args, get_type_hints

import pytest
import typer
from typer.testing import CliRunner

from lotwise.datasets.readers.open import KINDS
from lotwise.eval.protocols import PROTOCOLS
from lotwise.options import JOB_OPTIONS, with_options_of
from lotwise.students.pipeline.job import Job
from tests.lotwise.running import run


@dataclass(frozen=True)
class Bundle:
    """Options as a field each."""

    place: Annotated[Path | None, typer.Argument()] = None
    size: Annotated[int, typer.Option(min=1, help="Pixels.")] = 640


def test_a_verb_gets_its_options_as_one_value() -> None:
    seen: list[tuple[Bundle, int]] = []
    app = typer.Typer()

    @app.command()
    @with_options_of(Bundle)
    def verb(count: Annotated[int, typer.Option()], asked: Bundle) -> None:
        seen.append((asked, count))

    assert CliRunner().invoke(app, ["--count", "2"]).exit_code == 0
    assert CliRunner().invoke(app, ["here", "--size", "32", "--count", "3"]).exit_code == 0
    assert seen == [(Bundle(), 2), (Bundle(Path("here"), 32), 3)]
    assert CliRunner().invoke(app, ["--count", "2", "--size", "0"]).exit_code == 2
    assert CliRunner().invoke(app, []).exit_code == 2  # an option of the verb itself is still required


def test_adapt_and_label_ask_for_the_same_job(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # on a narrow screen long names are cut short
    options = []
    for verb in ("adapt", "label"):
        assert run(verb, "--help") == 0
        options.append({word for word in capsys.readouterr().out.split() if word.startswith("--")})
    assert {"--protocol", "--json", "--html"} <= options[0] - options[1]
    assert options[1] - options[0] == {"--confidence"}


def test_every_field_of_a_job_is_asked_for() -> None:
    hints = get_type_hints(Job)
    assert list(JOB_OPTIONS) == [field.name for field in fields(Job)]
    assert {name: get_args(option)[0] for name, option in JOB_OPTIONS.items()} == hints


def test_help_names_every_protocol_and_every_kind_of_dataset(capsys) -> None:
    assert run("report", "--help") == 0
    said = capsys.readouterr().out
    assert all(protocol.name in said for protocol in PROTOCOLS)
    assert all(kind in said for kind in KINDS)
