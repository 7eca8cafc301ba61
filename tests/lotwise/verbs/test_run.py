"""The node's verb: what it would run, and what is wrong."""

from pathlib import Path

from tests.lotwise.running import refused, run
from tests.node.sites import write_site


def test_check_says_what_will_run_and_all_that_is_wrong(tmp_path: Path, capsys) -> None:
    site = write_site(tmp_path)
    assert run("run", site, "--check") == 0
    said = capsys.readouterr().out
    assert "site lot: 2 cameras" in said and said.splitlines()[-1].startswith("nothing wrong was found")
    assert not (tmp_path / "state").exists()
    site.write_text(site.read_text().replace("frames1", "nowhere").replace("frames2", "gone"))
    assert "gone: no such folder" in refused(capsys, "run", site, "--check")
    run("run", site, "--check")
    assert "nowhere: no such folder" in capsys.readouterr().out
