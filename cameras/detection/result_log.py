"""Results of a long detection, kept one by one beside the file they go into, so that a killed run goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO

from lotwise.cameras.detection.frame_result import FrameResult
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole


class ResultLog:
    """``<output>.part``: what was asked for, then one result a line. Use as a context."""

    def __init__(self, output: Path, identity: str) -> None:
        """Open the log for an output.

        Args:
            output: the file that :meth:`finish` writes.
            identity: of models, thresholds and slots; results of another one are not taken up again.

        Raises:
            InputError: it cannot be written.
        """
        self._output = output
        self._part = output.with_name(f"{output.name}.part")
        self.done: dict[str, FrameResult] = {}
        """Results that an earlier run has left, by file."""
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            self.done, whole = _finished(self._part, identity)
            self._file: IO[str] = self._part.open("a", encoding="utf-8")
            self._file.truncate(whole)
            if not whole:
                self._write(json.dumps({"identity": identity}))
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> ResultLog:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, result: FrameResult) -> None:
        """Keep a result.

        Raises:
            InputError: it cannot be written.
        """
        try:
            self._write(json.dumps(result.to_json()))
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, results: Iterable[FrameResult]) -> None:
        """Write the output, whole or not at all, and keep the log, which a later run goes on from.

        Raises:
            InputError: it cannot be written.
        """
        try:
            text = json.dumps([result.to_json() for result in results], indent=1)
            write_whole(self._output, text.encode() + b"\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def finish(self, results: Iterable[FrameResult]) -> None:
        """Write the output and drop the log.

        Raises:
            InputError: it cannot be written.
        """
        self.write(results)
        self._file.close()
        self._part.unlink()

    def _write(self, line: str) -> None:
        self._file.write(f"{line}\n")
        self._file.flush()

    def _unwritable(self, error: OSError) -> InputError:
        return InputError(f"{self._output}: cannot be written ({error.strerror}); mend that and run again")


def _finished(part: Path, identity: str) -> tuple[dict[str, FrameResult], int]:
    """What a killed run of the same kind had done, and how many bytes of the file say so; a torn line is dropped."""
    if not part.is_file():
        return {}, 0
    lines = part.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    if not lines or lines[0] != json.dumps({"identity": identity}).encode() + b"\n":
        return {}, 0
    try:
        results = [FrameResult.from_json(json.loads(line)) for line in lines[1:]]
    except (ValueError, TypeError, KeyError, IndexError):
        return {}, 0
    return {result.file: result for result in results}, sum(map(len, lines))
