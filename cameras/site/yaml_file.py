"""A YAML file read strictly: no key twice, mistakes told by line and column, and never quoted.

A line of the file may hold a password, so no message repeats what is written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lotwise.datasets.errors import InputError

# In `{host: a, password:b}` the key is `password:b`, as the space is missing.
_KEY_WITH_SECRET = re.compile(r"(?is)^(\w*(?:pass|pwd|token|secret|url)\w*)[^\w].*")


_MAX_NODES = 100_000
"""Entries of a file with every alias written out: a thousand cameras with a hundred settings each. Nine lines of
aliases of aliases can stand for thousands of millions, which would take all memory."""


@dataclass(frozen=True)
class YamlFile:
    """What a YAML file says, and where it says it.

    Attributes:
        content: None where the file is empty.
    """

    path: Path
    content: Any
    root: yaml.Node | None

    def line(self, place: Sequence[str | int]) -> int | None:
        """Line (from 1) of a place such as ``("cameras", "entrance", "source")``, or of the nearest that is written."""
        node, line = self.root, None
        for part in place:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == str(part)), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
            else:
                break
        return line


def read_yaml(path: Path, what: str) -> YamlFile:
    """Read a YAML file.

    Args:
        path: the file.
        what: what it should be, for the error of a missing one: ``site file``.

    Raises:
        InputError: no such file, not UTF-8, no YAML, or a key that is there twice.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a {what}") from error
    return parse_yaml(data, path)


def parse_yaml(data: bytes, path: Path) -> YamlFile:
    """As :func:`read_yaml`, of the bytes of a file; ``path`` names it in errors."""
    try:
        # The constructor would take the last of two equal keys and say nothing, so the tree is looked at first.
        text = data.decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if _count_entries(root, {}) > _MAX_NODES:
            raise InputError(
                f"{path}: its aliases (*name) repeat more than {_MAX_NODES} entries; write out what is meant"
            )
        for first, again, place in _doubled(root, (), set()):
            raise InputError(
                f"{path}:{again.start_mark.line + 1}: {shown(place)}: is there twice (first in line "
                f"{first.start_mark.line + 1}); rename or remove one"
            )
        return YamlFile(path, yaml.safe_load(text), root)
    except UnicodeDecodeError:
        raise InputError(f"{path}: not YAML (not UTF-8 text); save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}{_explained(error)}") from None
    except (ValueError, RecursionError):  # a date such as 2026-13-45, a tag that does not fit, brackets without end
        raise InputError(f"{path}: not YAML (a word that cannot be understood); put texts into quotes") from None


def shown(place: Sequence[str | int]) -> str:
    """A place as one word, such as ``cameras.entrance.source``; a key that swallowed a secret only up to there.

    >>> shown(("publish", "mqtt", "password:hunter2"))
    'publish.mqtt.password…'
    """
    return ".".join(_KEY_WITH_SECRET.sub(r"\1…", str(part)) for part in place)


def _count_entries(node: yaml.Node | None, known: dict[int, int]) -> int:
    """Number of entries below a node with every alias written out; one that leads back to itself counts once."""
    if node is None:
        return 0
    if id(node) not in known:
        known[id(node)] = 1
        below: Iterable[yaml.Node] = ()
        if isinstance(node, yaml.SequenceNode):
            below = node.value
        elif isinstance(node, yaml.MappingNode):
            below = [each for pair in node.value for each in pair]
        known[id(node)] = 1 + sum(_count_entries(each, known) for each in below)
    return known[id(node)]


def _doubled(
    node: yaml.Node | None, place: tuple[str, ...], seen: set[int]
) -> Iterator[tuple[yaml.Node, yaml.Node, tuple[str, ...]]]:
    """Each key that is there twice in one mapping: first and later node, and its place."""
    if node is None or id(node) in seen:  # an anchor may lead back to itself
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _doubled(item, (*place, str(number)), seen)
    if isinstance(node, yaml.MappingNode):
        keys: dict[object, yaml.Node] = {}
        for key, value in node.value:
            inner = (*place, str(key.value))
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in keys:
                    yield keys[key.tag, key.value], key, inner
                keys[key.tag, key.value] = key
            yield from _doubled(value, inner, seen)


def _explained(error: yaml.YAMLError) -> str:
    """Line, column and reason of a mistake, in words that repeat nothing of the file."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be understood")
    if "'\\t'" in problem:
        return f"{where}: not YAML (a tab); indent with spaces"
    if "alias" in problem or "anchor" in problem or "tag" in problem:
        return f"{where}: not YAML (a word starts with *, & or !); put it into quotes"
    if "value" in problem and "not allowed" in problem:
        return f"{where}: not YAML (a colon where none may be); put a text that holds ': ' into quotes"
    if "cannot start any token" in problem:
        return f"{where}: not YAML (a word may not start so); put it into quotes"
    problem = re.sub(r"'[^'\s<]{3,}'", "it", " ".join(problem.split()))
    return f"{where}: not YAML ({problem}); mend this line or the one before"
