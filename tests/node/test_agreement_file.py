"""How cameras agree is kept now and then, and a file that cannot be read stops nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lotwise.cameras.slots.shared.agreement import Agreement
from lotwise.node.agreement_file import PERIOD_S, AgreementFile, KeptAgreement, read_agreement

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def kept() -> KeptAgreement:
    known = Agreement()
    known.count("7", {"gate": "free", "roof": "occupied"}, "free", NOON)
    return KeptAgreement(known, {"7": NOON})


def test_it_is_written_now_and_then_and_at_the_end(tmp_path: Path) -> None:
    seconds = [0.0]
    file = AgreementFile(tmp_path / "a.json", lambda: seconds[0])
    file.keep(kept)
    assert not (tmp_path / "a.json").exists()
    seconds[0] = PERIOD_S
    file.keep(kept)
    again = read_agreement(tmp_path / "a.json")
    assert again.told == {"7": NOON} and again.agreement.of_camera("roof").differed == 1
    (tmp_path / "a.json").unlink()
    file.keep(kept, at_once=True)
    assert (tmp_path / "a.json").exists()


def test_no_file_is_nothing_known(tmp_path: Path, caplog) -> None:
    assert read_agreement(tmp_path / "a.json").told == {} and not caplog.records


@pytest.mark.parametrize("content", ["", "{", "[]", '{"slots": [], "hours": {}, "told": {"7": "2026-03-04T12:00:00"}}'])
def test_a_file_that_cannot_be_read_is_told_and_counted_anew(tmp_path: Path, caplog, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert read_agreement(tmp_path / "a.json").agreement.slots == {}
    assert "it is counted anew" in caplog.text
