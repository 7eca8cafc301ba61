"""The one small file of a registry that says which bundle is live; changed by one process at a time, whole or not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError
from lotwise.datasets.file_lock import lock
from lotwise.datasets.whole_file import write_whole

STATE_FILE = "registry.json"
LOCK = ".lock"
LOCK_TIMEOUT_S = 10.0
"""Seconds that a change waits for another process; a change itself takes milliseconds."""
MAX_REFUSALS = 100
"""Refusals that are remembered; the oldest are forgotten, as a camera may be trained anew each night for years."""

Identity = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class RegistryInUse(InputError):
    """Another process is changing a registry, and takes long."""


class RegistryState(BaseModel):
    """Which of a camera's bundles run, by identity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    live: Annotated[Identity | None, Field(description="The bundle whose detections are published.")] = None
    before: Annotated[
        Identity | None, Field(description="The bundle that was live before, which a rollback brings back.")
    ] = None
    shadow: Annotated[
        Identity | None,
        Field(
            description="The bundle that runs beside the live one on a share of the frames, without being published."
        ),
    ] = None
    on_probation: Annotated[
        bool,
        Field(
            description="Whether the live bundle is in its first minutes, in which the one before is compared with it."
        ),
    ] = False
    refused: Annotated[
        dict[Identity, str], Field(description="Bundles that are not compared by themselves again, and why.")
    ] = {}

    def promoted(self, identity: str, probation: bool) -> RegistryState:
        """The state with this bundle live, even if it was refused before."""
        shadow, refused = self._shadow_unless(identity), _without(self.refused, identity)
        if identity == self.live:
            return self.model_copy(update={"shadow": shadow, "refused": refused})
        on_probation = probation and self.live is not None
        return RegistryState(live=identity, before=self.live, shadow=shadow, on_probation=on_probation, refused=refused)

    def with_shadow(self, identity: str) -> RegistryState:
        """The state with this bundle in the shadow of the live one."""
        return self.model_copy(update={"shadow": identity, "refused": _without(self.refused, identity)})

    def with_refusal(self, identity: str, why: str) -> RegistryState:
        """The state with this bundle refused and out of its shadow."""
        refused = _with(self.refused, identity, why)
        return self.model_copy(update={"shadow": self._shadow_unless(identity), "refused": refused})

    def rolled_back(self, why: str) -> RegistryState:
        """The state with the bundle live again that was live before; there must be one."""
        assert self.live is not None and self.before is not None
        refused = _with(_without(self.refused, self.before), self.live, why)
        return RegistryState(live=self.before, shadow=self._shadow_unless(self.before), refused=refused)

    def _shadow_unless(self, identity: str) -> str | None:
        return None if self.shadow == identity else self.shadow


def read_state(folder: Path) -> RegistryState:
    """What runs of the bundles of a registry's folder; nothing where no file says so.

    Raises:
        InputError: the file does not say what it should.
    """
    path = folder / STATE_FILE
    try:
        return RegistryState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return RegistryState()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); mend its rights or its disk") from error
    except ValidationError as error:
        why = mistake_line(error, RegistryState)
        raise InputError(
            f"{path}: {why}; update lotwise if a newer version has written it, else delete the file and promote a "
            "bundle again"
        ) from error


def change_state(folder: Path, step: Callable[[RegistryState], RegistryState]) -> RegistryState:
    """Read, change and write what runs while nobody else does; a kill leaves the file before or the one after.

    Args:
        folder: of the registry.
        step: from what is there to what shall be; whatever it raises leaves everything as it was.

    Raises:
        InputError: the file is broken or cannot be written.
        RegistryInUse: another process does not let go of it.
    """
    with locked(folder):
        before = read_state(folder)
        after = step(before)
        if after != before:
            path = folder / STATE_FILE
            try:
                write_whole(path, after.model_dump_json(exclude_defaults=True).encode() + b"\n")
                sync(folder)
            except OSError as error:
                raise InputError(
                    f"{path}: cannot be written ({error.strerror}); make room or mend its rights"
                ) from error
        return after


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """No other process or thread changes the registry meanwhile; a process that dies lets go."""
    path = folder / LOCK
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except FileNotFoundError as error:
        raise InputError(f"{folder}: no such folder; give one that holds bundles") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); mend its rights or its disk") from error
    try:
        if not lock(handle, LOCK_TIMEOUT_S):
            raise RegistryInUse(f"{path}: another process is changing this registry; try again once it is done")
        yield
    finally:
        os.close(handle)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _without(refused: dict[str, str], identity: str) -> dict[str, str]:
    return {other: why for other, why in refused.items() if other != identity}


def _with(refused: dict[str, str], identity: str, why: str) -> dict[str, str]:
    known = [*_without(refused, identity).items(), (identity, " ".join(why.split()))]
    return dict(known[-MAX_REFUSALS:])
