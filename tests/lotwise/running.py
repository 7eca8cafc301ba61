"""The command line as its user calls it."""

from pathlib import Path

import pytest

from lotwise import command_line


def run(*arguments: object) -> int:
    """Exit code of the command line."""
    with pytest.raises(SystemExit) as end:
        command_line.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def refused(capsys, *arguments: object) -> str:
    """The one line that a command is refused with."""
    capsys.readouterr()
    assert run(*arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    # Stages that were finished before are told too, and what was skipped.
    stages = ("cameras: ", "label: ", "note: ", "train ", "export: ", "report: ")
    errors = [line for line in lines if not line.startswith(stages)]
    assert len(errors) == 1, lines
    assert errors[0].startswith("error: ")
    return errors[0]


def label_options(frames: Path, weights, folder: Path) -> list[object]:
    return [
        "label", "--dataset", "folder", "--root", frames, "--teacher", weights.teacher, "--student", weights.student,
        "--size", 64, "--scales", 64, "--out", folder,
    ]  # fmt: skip
