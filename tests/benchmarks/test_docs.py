"""What docs/benchmarks.md says of the scripts."""

from tests.conftest import ROOT


def test_every_script_is_named() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    scripts = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "benchmarks").rglob("*.py"))
        if '__name__ == "__main__"' in path.read_text()
    ]
    assert len(scripts) > 10
    assert [script for script in scripts if f"`{script}`" not in text] == []
