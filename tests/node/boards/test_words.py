from pathlib import Path

import yaml

from lotwise.cameras.site.reading import read_site
from lotwise.node.check import check_site, describe_site
from tests.cameras.detection.boards.divided import two_modules
from tests.node.sites import write_site


def site(folder: Path, boards: list[dict[str, object]]) -> Path:
    path = write_site(folder, cameras=2)
    two_modules(folder / "divided")
    content = yaml.safe_load(path.read_text())
    content["cameras"]["C1"]["bundles"] = "divided"
    content["detector"]["boards"] = boards
    path.write_text(yaml.safe_dump(content))
    return path


def test_check_says_what_boards_run_and_what_the_node_runs_itself(tmp_path: Path) -> None:
    path = site(tmp_path, [{"url": "here"}, {"url": "http://127.0.0.1:8775"}])
    said = describe_site(read_site(path))
    assert "boards: here, http://127.0.0.1:8775; they read C1, each frame within 1 s" in said
    assert "boards: this node reads C2 itself, whose bundles are whole models" in said
    assert check_site(path) == []


def test_check_tells_too_few_boards_and_tokens_that_are_not_there(tmp_path: Path) -> None:
    path = site(tmp_path, [{"url": "http://127.0.0.1:8775", "token": {"env": "NO_SUCH_TOKEN"}}])
    problems = "\n".join(check_site(path))
    assert "detector.boards: names 1, but the bundle of camera C1 has 2 modules" in problems
    assert "detector.boards.0.token: environment variable NO_SUCH_TOKEN: not set" in problems
