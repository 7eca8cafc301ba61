"""XML as bytes, and read without entities, with which some hundred bytes can stand for gigabytes or another file."""

from __future__ import annotations

from typing import Any, NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

from lotwise.datasets.errors import InputError


def parse_xml(data: bytes, origin: str) -> ElementTree.Element:
    """The root of an XML document.

    Args:
        data: the whole file.
        origin: names it in errors.

    Raises:
        InputError: no XML, or it declares entities.
    """
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data

    def refuse(*_: Any) -> NoReturn:
        raise InputError(f"{origin}: declares XML entities, which are not read; write out what they stand for")

    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, LookupError, ValueError) as error:  # an encoding that is not known is a LookupError
        raise InputError(f"{origin}: not readable as XML ({error}); copy the file again or delete it") from error


def xml_bytes(root: ElementTree.Element) -> bytes:
    """A document as the bytes of a file, indented."""
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
