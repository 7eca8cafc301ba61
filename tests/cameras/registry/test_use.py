"""A registry is in use as long as somebody marks it."""

import subprocess
import sys
from pathlib import Path

from lotwise.cameras.registry.use import RegistriesInUse, in_use


def test_in_use_until_closed(tmp_path: Path) -> None:
    assert not in_use(tmp_path)
    first, second = RegistriesInUse([tmp_path]), RegistriesInUse([tmp_path])
    assert in_use(tmp_path)
    first.close()
    assert in_use(tmp_path)
    second.close()
    assert not in_use(tmp_path)


def test_a_registry_that_comes_later_is_marked_later(tmp_path: Path) -> None:
    used = RegistriesInUse([tmp_path / "later"])
    assert not in_use(tmp_path / "later")
    (tmp_path / "later").mkdir()
    used.mark()
    assert in_use(tmp_path / "later")
    used.close()


def test_a_process_that_is_killed_lets_go(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from lotwise.cameras.registry.use import RegistriesInUse; "
        "used = RegistriesInUse([pathlib.Path(sys.argv[1])]); print('held', flush=True); sys.stdin.read()"
    )
    held = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert held.stdout is not None
    assert held.stdout.readline() == "held\n"
    assert in_use(tmp_path)
    held.kill()
    held.communicate()
    assert not in_use(tmp_path)
