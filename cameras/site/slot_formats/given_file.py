"""A slot file as it was given, with what its user says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lotwise.cameras.site.yaml_file import parse_yaml
from lotwise.datasets.errors import InputError
from lotwise.datasets.image_header import Size
from lotwise.datasets.readers.common.xml_file import parse_xml

MAX_BYTES = 64_000_000
"""A larger file is no slot file: a slot takes some hundred bytes, a LabelMe file with a picture in it some millions."""

MAX_YAML_BYTES = 4_000_000
"""YAML is read a hundred times more slowly than JSON; a configuration of a hundred cameras has a tenth of this."""


@dataclass(frozen=True)
class Hints:
    """What a slot file may not say itself.

    Attributes:
        canvas: width and height of the picture as it was shown when the slots were drawn, in whose pixels they are.
        picture: width and height of the camera's picture.
        picture_name: file name of the picture, to find it in a file that lists several.
        camera: whose slots are meant, in a file of several cameras.
        slot: width and height of each slot in pixels, where the file holds corners alone.
    """

    canvas: Size | None = None
    picture: Size | None = None
    picture_name: str | None = None
    camera: str | None = None
    slot: Size | None = None


@dataclass(frozen=True)
class GivenFile:
    """The bytes of a slot file.

    Attributes:
        name: names it in errors.
        path: where it lies, if on this machine: a picture may lie beside it.
    """

    name: str
    data: bytes
    hints: Hints = field(default_factory=Hints)
    path: Path | None = None

    @cached_property
    def start(self) -> bytes:
        """Its first bytes, without byte order mark and white space."""
        return self.data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()

    @cached_property
    def text(self) -> str:
        """Its text; what is no UTF-8 is replaced."""
        return self.data.decode("utf-8-sig", errors="replace")

    @cached_property
    def json(self) -> Any:
        """The value of a JSON file.

        Raises:
            InputError: not JSON.
        """
        try:
            return json.loads(self.data.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{self.name}: not JSON ({error}); expected a slot file") from error

    @cached_property
    def xml(self) -> ElementTree.Element:
        """The root of an XML file.

        Raises:
            InputError: not XML, or it declares entities.
        """
        return parse_xml(self.data, self.name)

    @cached_property
    def yaml(self) -> Any:
        """The value of a YAML file.

        Raises:
            InputError: not YAML, a key that is there twice, or aliases that stand for too much.
        """
        if len(self.data) > MAX_YAML_BYTES:
            raise InputError(
                f"{self.name}: {len(self.data) // 1_000_000} MB of YAML are no slot file; give another file"
            )
        return parse_yaml(self.data, Path(self.name)).content

    @cached_property
    def parsed_json(self) -> Any:
        """As :attr:`json`; None where it is no JSON."""
        if not self.start.startswith((b"[", b"{")):
            return None
        try:
            return self.json
        except InputError:
            return None

    @property
    def root_tag(self) -> str:
        """Name of an XML file's outermost element; "" of other files."""
        return self.xml.tag if self.start.startswith(b"<") else ""
