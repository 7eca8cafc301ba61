"""The versions of one camera's bundle, and which one is live."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from lotwise.cameras.detection.bundle import IDENTITY, MANIFEST, parse_manifest, read_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.registry.state_file import STATE_FILE, RegistryState, change_state, locked, read_state, sync
from lotwise.cameras.registry.versions import Version, damage, read_version
from lotwise.datasets.errors import InputError

_GONE, _COPIED = ".gone-", ".copied-"


@dataclass(frozen=True)
class Registry:
    """A folder of bundles, each in a folder named by its identity, and one small file that names the live one.

    Several processes may use it at once. Whatever changes the live bundle is one rename, so a kill at any moment
    leaves what was or what shall be.

    Attributes:
        folder: ``<folder>/<identity>/`` are the bundles; they are never changed.
        mend: what to do where none is live yet.
    """

    folder: Path
    mend: str = field(default="run lotwise adapt or promote one", compare=False)

    def add(self, bundle: Path) -> str:
        """Move a finished bundle in, read-only from now on, and return its identity. Nothing changes if it is there.

        A bundle that is there but was harmed is replaced.

        Raises:
            InputError: not a whole bundle, or it cannot be moved.
        """
        manifest = read_manifest(bundle)
        target = self.folder / manifest.identity
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for file in (bundle / name for name in (*manifest.files, MANIFEST)):
                file.chmod(file.stat().st_mode & ~0o222)
                sync(file)
            sync(bundle)
            with locked(self.folder):
                if target.exists():
                    if not damage(target):
                        shutil.rmtree(bundle)
                        return manifest.identity
                    self._away(target)
                self._move(bundle, target)
                sync(self.folder)
        except OSError as error:
            raise InputError(f"{target}: cannot be written ({error.strerror}); make room or mend its rights") from error
        return manifest.identity

    def promote(self, identity: str, probation: bool = True) -> RegistryState:
        """Make a bundle live, and remember the one that was live before.

        Args:
            identity: in whole; :meth:`resolve` finds it.
            probation: the one before is compared with it in its first minutes, and may come back by itself.

        Raises:
            InputError: no such bundle, its files are not what its manifest says, its model cannot be loaded, or it
                is of another camera than the live one.
        """
        load_detector(self._present(identity))

        def step(state: RegistryState) -> RegistryState:
            self._of_this_camera(state, identity)
            return state.promoted(identity, probation)

        return change_state(self.folder, step)

    def start_shadow(self, identity: str, again: bool = False) -> RegistryState:
        """Let a bundle run beside the live one without being published; another one in the shadow gives way.

        Args:
            identity: in whole.
            again: even if it was refused before.

        Raises:
            InputError: as of :meth:`promote`, or nothing is live beside which it could run, or it was refused before.
        """
        load_detector(self._present(identity))

        def step(state: RegistryState) -> RegistryState:
            self._of_this_camera(state, identity)
            if state.live is None:
                raise InputError(f"{self.folder}: no bundle is live that {identity} could run beside; promote it")
            if identity == state.live:
                raise InputError(f"{self.folder}: {identity} is live already")
            if identity in state.refused and not again:
                raise InputError(f"{self.folder}: {identity} was refused before: {state.refused[identity]}")
            return state.with_shadow(identity)

        return change_state(self.folder, step)

    def accept(self, identity: str) -> RegistryState:
        """Make the bundle live that runs in the shadow, and put it on probation.

        Raises:
            InputError: it is not in its shadow any more, because somebody else was quicker, or it was harmed.
        """

        def step(state: RegistryState) -> RegistryState:
            self._require_in_shadow(state, identity)
            self.path(identity)
            return state.promoted(identity, probation=True)

        return change_state(self.folder, step)

    def refuse(self, identity: str, why: str) -> RegistryState:
        """End the shadow run of a bundle, which is not compared by itself again.

        Raises:
            InputError: it is not in its shadow any more.
        """

        def step(state: RegistryState) -> RegistryState:
            self._require_in_shadow(state, identity)
            return state.with_refusal(identity, why)

        return change_state(self.folder, step)

    def end_probation(self, identity: str) -> RegistryState:
        """End the probation of the live bundle, which has passed it; where another is live by now, nothing changes."""

        def step(state: RegistryState) -> RegistryState:
            return state.model_copy(update={"on_probation": False}) if state.live == identity else state

        return change_state(self.folder, step)

    def roll_back(self, why: str, of: str | None = None) -> str:
        """Make the bundle live again that was live before; the present one is not compared by itself again.

        Args:
            why: one line, remembered.
            of: rolls back from this bundle only, so that a late judge does not hit its successor.

        Returns:
            Identity of what is live now.

        Raises:
            InputError: there is none before, it was harmed, or another than ``of`` is live.
        """

        def step(state: RegistryState) -> RegistryState:
            if of is not None and state.live != of:
                raise InputError(f"{self.folder}: {of} is not live any more, {state.live} is; nothing was rolled back")
            if state.live is None or state.before is None:
                raise InputError(f"{self.folder}: no bundle was live before; promote the one that shall be live")
            self.path(state.before)
            return state.rolled_back(why)

        return str(change_state(self.folder, step).live)

    def live(self) -> Path:
        """Folder of the live bundle, once all its files were found to be what its manifest says.

        Raises:
            InputError: none is live yet, or it was harmed.
        """
        identity = self.state().live
        if identity is None:
            raise InputError(f"{self.folder}: no bundle is live here; {self.mend}")
        return self.path(identity)

    def state(self) -> RegistryState:
        """Which bundles are live, before and in the shadow, and which were refused."""
        return read_state(self.folder)

    def stamp(self) -> tuple[int, ...]:
        """Another value once :meth:`state` has changed; so cheap that a node can ask before every frame."""
        try:
            found = os.stat(self.folder / STATE_FILE)
        except FileNotFoundError:
            return ()
        return found.st_mtime_ns, found.st_ino, found.st_size

    def path(self, identity: str) -> Path:
        """Folder of a bundle, once all its files were found to be what its manifest says.

        Raises:
            InputError: no such bundle, or its files are not what its manifest says.
        """
        read_manifest(self._present(identity))
        return self.folder / identity

    @property
    def camera(self) -> str:
        """Id of the camera, as the first readable manifest says; the folder's name where none can be read."""
        return next(filter(None, map(self._made_for, self.identities())), self.folder.name)

    def versions(self) -> list[Version]:
        """All bundles, the newest first."""
        state = self.state()
        found = [read_version(self.folder / identity, state) for identity in self.identities()]
        return sorted(found, key=lambda version: (version.exported, version.identity), reverse=True)

    def resolve(self, prefix: str) -> str:
        """The whole identity of the one bundle whose identity begins so.

        Raises:
            InputError: none does, or several do; names what there is.
        """
        found = [identity for identity in self.identities() if prefix and identity.startswith(prefix.lower())]
        if not found:
            raise InputError(f"{self.folder}: no bundle {prefix!r}; {self._there()}")
        if len(found) > 1:
            raise InputError(f"{self.folder}: {prefix!r} may be {' or '.join(found)}; give more of it")
        return found[0]

    def prune(self, keep: int) -> tuple[str, ...]:
        """Delete all bundles but the newest ``keep``, the live one, the one before it and the one in the shadow.

        Returns:
            Identities of what is gone, oldest last.
        """
        if keep < 0:
            raise InputError(f"{self.folder}: {keep} bundles cannot be kept; give 0 or more")
        try:
            with locked(self.folder):
                old = self.versions()[keep:]
                gone = [one.identity for one in old if not (one.live or one.before or one.shadow)]
                for identity in gone:
                    self._away(self.folder / identity)
                # What a killed process left half done; nobody else is at work while this one holds the lock.
                for left in (*self.folder.glob(f"{_GONE}*"), *self.folder.glob(f"{_COPIED}*")):
                    shutil.rmtree(left)
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be pruned ({error.strerror}); mend its rights") from error
        return tuple(gone)

    def identities(self) -> list[str]:
        """Identities of all bundles, also of those whose files are not what they should be."""
        return sorted(
            path.parent.name for path in self.folder.glob(f"*/{MANIFEST}") if IDENTITY.fullmatch(path.parent.name)
        )

    def _present(self, identity: str) -> Path:
        if not IDENTITY.fullmatch(identity) or not (self.folder / identity).is_dir():
            raise InputError(f"{self.folder}: no bundle {identity}; {self._there()}")
        return self.folder / identity

    def _there(self) -> str:
        there = self.identities()
        return f"there are {', '.join(there)}" if there else "there is none; run lotwise adapt"

    def _made_for(self, identity: str) -> str | None:
        try:
            return parse_manifest(self.folder / identity).camera
        except InputError:
            return None  # versions() says what is wrong with it

    def _require_in_shadow(self, state: RegistryState, identity: str) -> None:
        if state.shadow != identity:
            raise InputError(f"{self.folder}: {identity} is not in its shadow any more; nothing was changed")

    def _of_this_camera(self, state: RegistryState, identity: str) -> None:
        camera = parse_manifest(self._present(identity)).camera
        # A live bundle that was harmed must not stand in the way of the one that mends it.
        ours = self._made_for(state.live) if state.live else None
        if ours not in (None, camera):
            raise InputError(f"{self.folder}: {identity} was made for camera {camera}, but the live one for {ours}")

    def _away(self, target: Path) -> None:
        """Delete a bundle such that a kill leaves all of it or nothing under its name."""
        gone = target.with_name(_GONE + target.name)
        shutil.rmtree(gone, ignore_errors=True)
        os.replace(target, gone)
        shutil.rmtree(gone)

    def _move(self, bundle: Path, target: Path) -> None:
        try:
            os.replace(bundle, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copied = target.with_name(_COPIED + target.name)
            shutil.rmtree(copied, ignore_errors=True)
            shutil.copytree(bundle, copied)
            for file in (copied / name for name in (*read_manifest(copied).files, MANIFEST)):
                sync(file)
            os.replace(copied, target)
            shutil.rmtree(bundle)


def find_registries(path: Path) -> dict[str, Registry]:
    """Registries by camera id in a run folder, in a camera's folder of it, or at the folder itself.

    Raises:
        InputError: there is none.
    """
    for pattern in ("", "bundles", "cameras/*/bundles"):
        folders = sorted(path.glob(pattern)) if pattern else [path]
        registries = [registry for folder in folders if (registry := Registry(folder)).identities()]
        if registries:
            return {one.camera: one for one in registries}
    raise InputError(f"{path}: no bundles here; give a run folder, or the bundles folder of a camera")
