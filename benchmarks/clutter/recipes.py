"""The rows of the benchmark. A new recipe is one entry of ``RECIPES``.

A recipe says what of a plan (``students/pipeline/plan.py``) is other than by default, in the plan's own words::

    "taught from 0.25": {"distill": {"positive_threshold": 0.25, "ignore_threshold": 0.1}},
    "flips too": {"oracle": {"flip": True}},
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Overrides = Mapping[str, Any]

BEFORE: Overrides = {"distill": {"furniture": "vehicle", "untold": "raised"}, "export": {"tune": False}}
"""As Lotwise was before it knew furniture: what stands in all frames is raised, and boxes are reported from 0.25 up."""
RECIPES: Mapping[str, Overrides] = {
    "default": {},
    "default, teacher looks at mirrored frames too": {"oracle": {"flip": True}},
    "default, mean with mirrored frames": {"oracle": {"flip": "mean"}},
    "before": BEFORE,
    "before, furniture as background": {"distill": {"untold": "raised"}, "export": {"tune": False}},
    "before, furniture in doubt": {"distill": {"furniture": "doubt", "untold": "raised"}, "export": {"tune": False}},
    "before, untold as said": {"distill": {"furniture": "vehicle", "untold": "as said"}, "export": {"tune": False}},
    "before, chosen threshold": {"distill": {"furniture": "vehicle", "untold": "raised"}},
    "before, exponent 1": {
        "distill": {"furniture": "vehicle", "untold": "raised", "score_exponent": 1.0},
        "export": {"tune": False},
    },
    "before, exponent 1, taught from 0.25": {
        "distill": {
            "furniture": "vehicle",
            "untold": "raised",
            "score_exponent": 1.0,
            "positive_threshold": 0.25,
            "ignore_threshold": 0.1,
        },
        "export": {"tune": False},
    },
}
"""Lotwise's own rows: name to what differs from the default plan."""
NANO, TEACHER, PLAIN, BUILTIN = "untouched nano", "teacher", "plain fine-tune", "built-in distillation"
PEERS: Mapping[str, Mapping[str, Any]] = {PLAIN: {}, BUILTIN: {"distill": True}}
"""Ultralytics' own trainings on the teacher's hard boxes; ``distill`` adds its feature distillation."""
UNTRAINED = (NANO, TEACHER)
ROWS = (*UNTRAINED, *PEERS, *RECIPES)


def merged(base: Mapping[str, Any], changes: Overrides) -> dict[str, Any]:
    """``base`` with ``changes``, level by level.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}})
    {'a': {'b': 1, 'c': 3}}
    """
    found = dict(base)
    for key, value in changes.items():
        inner = found.get(key)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            value = merged(inner, value)
        found[key] = value
    return found
