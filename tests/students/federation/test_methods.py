"""Methods by their names, with settings as a command line has them."""

import tomllib
from dataclasses import fields

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.federation.methods import METHODS, make_method, method_class, needs
from lotwise.students.federation.settings import FederationSettings
from tests.conftest import ROOT


@pytest.mark.parametrize("name", METHODS)
def test_every_name_is_a_class_with_work_and_exchanges(name: str) -> None:
    names = {one.name for one in fields(method_class(name))}  # type: ignore[arg-type]
    assert {"work", "exchanges"} <= names


def test_settings_of_the_method_and_of_its_work_are_told_apart() -> None:
    made = make_method("fedprox", {"mu": "0.5", "steps": "7", "rate": "0.001", "batch_norm": "shared"})
    assert (made.mu, made.work.steps, made.work.rate, made.work.optimizer) == (0.5, 7, 0.001, "adamw")
    assert made.batch_norm == "shared"
    assert make_method("fedshuffle", {}).work.epochs == 1


def test_what_methods_need() -> None:
    assert needs("fedavg") == frozenset()
    assert needs("fedmd") == {"reference"}
    assert needs("distributed") == {"reference", "graph"}


@pytest.mark.parametrize(
    ("name", "settings", "why"),
    [
        ("nothing", {}, "--method nothing: give one of alone"),
        (
            "fedavg",
            {"mu": "1"},
            "--set mu: fedavg has no such setting; it has batch_norm, epochs",
        ),
        ("fedavg", {"exchanges": "2"}, "--set exchanges: fedavg has no such setting"),
        ("fedmd", {"reference": "x"}, "--set reference: fedmd has no such setting"),
        ("fedprox", {"mu": "much"}, "--set mu=much: input should be a valid number"),
        ("fedavg", {"steps": "1.5"}, r"--set steps=1\.5: input should be a valid integer"),
        ("scaffold", {"optimizer": "adamw"}, "--method scaffold: Scaffold does arithmetic"),
    ],
)
def test_what_does_not_fit_is_one_line(name: str, settings: dict, why: str) -> None:
    with pytest.raises(InputError, match=why):
        make_method(name, settings)


def test_the_docs_name_every_method() -> None:
    text = (ROOT / "docs" / "federation.md").read_text(encoding="utf-8")
    assert [name for name in METHODS if f"`{name}`" not in text] == []


def test_the_app_of_a_deployment_asks_for_what_the_command_does() -> None:

    told = tomllib.loads((ROOT / "deploy" / "federation" / "pyproject.toml").read_text())["tool"]["flwr"]["app"][
        "config"
    ]

    names = set(FederationSettings.model_fields) - {"students", "seed"}
    assert names <= set(told)
    same = ("method", "rounds", "timeout", "patience", "topology", "degree")
    default = FederationSettings()
    assert {name: told[name] for name in same} == {name: getattr(default, name) for name in same}
