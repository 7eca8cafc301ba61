"""Every method by its name; only the one that is asked for is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from importlib import import_module
from typing import Any, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError

from lotwise.datasets.errors import InputError
from lotwise.students.federation.method import Method

METHODS: Mapping[str, str] = {
    "alone": "lotwise.students.federation.alone:Alone",
    "fedavg": "lotwise.students.federation.weights.fedavg:FedAvg",
    "fedprox": "lotwise.students.federation.weights.fedprox:FedProx",
    "scaffold": "lotwise.students.federation.weights.scaffold:Scaffold",
    "fednova": "lotwise.students.federation.weights.fednova:FedNova",
    "fedshuffle": "lotwise.students.federation.weights.fedshuffle:FedShuffle",
    "fedlin": "lotwise.students.federation.weights.fedlin:FedLin",
    "mimelite": "lotwise.students.federation.weights.mime:MimeLite",
    "mime": "lotwise.students.federation.weights.mime:Mime",
    "fedmd": "lotwise.students.federation.predictions.fedmd:FedMD",
    "one-shot": "lotwise.students.federation.predictions.one_shot:OneShot",
    "distributed": "lotwise.students.federation.predictions.distributed_distillation:DistributedDistillation",
    "multi-headed": "lotwise.students.federation.predictions.multi_headed:MultiHeaded",
    "latent": "lotwise.students.federation.latents.latent_distillation:LatentDistillation",
}
GIVEN = ("reference", "graph", "exchanges")
"""Fields that are no settings: what the engine gives, and what the method says of itself."""


def method_class(name: str) -> type[Method]:
    """The class of a method.

    Raises:
        InputError: there is none of that name.
    """
    if name not in METHODS:
        raise InputError(f"--method {name}: give one of {', '.join(METHODS)}")
    module, _, kind = METHODS[name].partition(":")
    return cast(type[Method], getattr(import_module(module), kind))


def needs(name: str) -> frozenset[str]:
    """Which of ``reference`` and ``graph`` a method has to be given."""
    return frozenset(one.name for one in fields(cast(Any, method_class(name)))) & {"reference", "graph"}


def make_method(name: str, settings: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> Method:
    """A method with its settings.

    Args:
        name: of the method.
        settings: fields of the method, and of its ``work``; numbers may be texts, as a command line has them.
        given: ``reference`` and ``graph``, where the method needs them.

    Raises:
        InputError: no such method or setting, or a value that does not fit.

    >>> make_method("fedprox", {"mu": "0.5", "steps": 7}).mu
    0.5
    """
    kind = method_class(name)
    own = {one.name: one for one in fields(cast(Any, kind)) if one.name not in (*GIVEN, "work")}
    hints = get_type_hints(kind)
    work = {one.name: one for one in fields(hints["work"])}
    unknown = sorted(set(settings) - set(own) - set(work))
    if unknown:
        raise InputError(f"--set {unknown[0]}: {name} has no such setting; it has {', '.join(sorted({*own, *work}))}")
    values: dict[str, Any] = {one: _fitted(one, hints[one], settings[one]) for one in settings if one in own}
    asked = {one: _fitted(one, get_type_hints(hints["work"])[one], settings[one]) for one in settings if one in work}
    default = next(one.default for one in fields(cast(Any, kind)) if one.name == "work")
    values["work"] = replace(cast(Any, default), **asked)
    try:
        return kind(**values, **(given or {}))
    except ValueError as error:
        raise InputError(f"--method {name}: {error}") from error


def _fitted(name: str, hint: Any, value: Any) -> Any:
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise InputError(f"--set {name}={value}: {why[0].lower()}{why[1:]}") from error
