"""XML without entities: what is read, and what is refused before it grows."""

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.common.xml_file import parse_xml, xml_bytes

BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><a>&a9;</a>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_what_was_written_is_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?><a b="é&amp;"><c>ü</c>rest</a>'
    root = parse_xml(text.encode(encoding), "a.xml")
    assert (root.tag, root.get("b"), root.findtext("c"), root[0].tail) == ("a", "é&", "ü", "rest")
    assert parse_xml(xml_bytes(root), "again").get("b") == "é&"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB, "declares XML entities, which are not read; write out"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>', "declares XML entities"),
        ('<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1/x">%b;]><a/>', "declares XML entities"),
        ("", "not readable as XML"),
        ("<a>", "not readable as XML"),
        ("<a>&unknown;</a>", "not readable as XML"),
        ('<?xml version="1.0" encoding="nonsense"?><a/>', "not readable as XML"),
    ],
)
def test_what_is_refused(data: str, why: str) -> None:
    with pytest.raises(InputError, match=f"a.xml: {why}"):
        parse_xml(data.encode(), "a.xml")


def test_a_document_type_without_entities_is_read() -> None:
    assert parse_xml(b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', "a.xml").tag == "a"


def test_deep_nesting_ends_nothing() -> None:
    depth = 100_000
    root = parse_xml(b"<a>" * depth + b"</a>" * depth, "a.xml")
    assert sum(1 for _ in root.iter()) == depth
