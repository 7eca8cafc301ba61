"""The reference set: public, unlabelled pictures, the same in order and content on every camera of a federation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.view.edges import Edges, edges
from lotwise.cameras.view.thumbnail import thumbnail
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.images import content_key, image_size, read_image
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.whole_file import write_whole

MANIFEST = "reference.json"
FORMAT = 1
SAME_VIEW = 0.1
"""Agreement of edges from which two pictures are of one view. Of 79 frames of 11 real cameras (CNR-EXT, PKLot) two of
one camera agree by 0.13 at least, two of different cameras by 0.06 at most."""


@dataclass(frozen=True)
class ReferenceSet:
    """Pictures about which cameras tell each other what they see.

    Attributes:
        folder: in which the files lie.
        files: in the order of all messages.
        digests: SHA-256 of each file.
        input: (width, height) of the networks' input to which each picture is fitted.
        origin: who allows that these pictures are looked at everywhere.
    """

    folder: Path
    files: tuple[str, ...]
    digests: tuple[str, ...]
    input: tuple[int, int]
    origin: str

    def __len__(self) -> int:
        return len(self.files)

    @cached_property
    def identity(self) -> str:
        """16 hex digits that are the same wherever content, order and input size are the same."""
        told = "\n".join((*self.digests, f"{self.input[0]}x{self.input[1]}"))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @cached_property
    def pictures(self) -> tuple[Image, ...]:
        """Each picture fitted to the input, (height, width, 3) BGR."""
        return tuple(self._fitted(read_image(self.folder / file)) for file in self.files)

    def drawn(self, count: int, turn: int, seed: int = 0) -> tuple[Image, ...]:
        """``count`` pictures, others each turn and the same everywhere; 0 for all of them, in order."""
        if not 0 < count < len(self):
            return self.pictures
        places = np.random.default_rng([seed, turn]).permutation(len(self))[:count]
        return tuple(self.pictures[place] for place in sorted(places))

    def _fitted(self, image: Image) -> Image:
        return Letterbox((image.shape[1], image.shape[0]), self.input).image(image)


def write_reference_set(folder: Path, files: Sequence[Path], size: int, origin: str) -> ReferenceSet:
    """Make a reference set of pictures that lie below ``folder``, and write its manifest there.

    Args:
        folder: gets ``reference.json``; it is copied to every camera as a whole.
        files: pictures below it, in the order that all messages will have.
        size: longer side of the networks' input in pixels; the shape is that of the first picture.
        origin: who allows that these pictures are looked at everywhere; stands in the manifest.

    Raises:
        InputError: no picture, one that cannot be read or lies elsewhere, or the same twice.
    """
    if not files:
        raise InputError(f"{folder}: no pictures for a reference set; give unlabelled frames that anybody may see")
    names = tuple(_below(folder, path) for path in files)
    digests = tuple(_digest(folder / name) for name in names)
    if len(set(digests)) < len(digests):
        double = next(name for name, one in zip(names, digests, strict=True) if digests.count(one) > 1)
        raise InputError(f"{folder / double}: stands twice in the reference set; give each picture once")
    made = ReferenceSet(folder, names, digests, Letterbox.around(image_size(folder / names[0]), size).input, origin)
    frames = [{"file": name, "sha256": digest} for name, digest in zip(names, digests, strict=True)]
    content = {
        "format": FORMAT,
        "identity": made.identity,
        "origin": origin,
        "input": list(made.input),
        "frames": frames,
    }
    write_whole(folder / MANIFEST, (json.dumps(content, indent=1) + "\n").encode())
    return made


def read_reference_set(manifest: Path) -> ReferenceSet:
    """A reference set whose files are all there, unchanged.

    Args:
        manifest: ``reference.json``, or the folder that holds it.

    Raises:
        InputError: no manifest, or a picture is missing or is another one than the manifest says.
    """
    path = manifest / MANIFEST if manifest.is_dir() else manifest
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: no manifest of a reference set ({error.strerror}); copy the whole folder") from error
    except ValueError as error:
        raise InputError(f"{path}: not a manifest of a reference set ({error}); copy it again") from error
    found = _parsed(path, told)
    for name, digest in zip(found.files, found.digests, strict=True):
        if _digest(path.parent / name) != digest:
            raise InputError(
                f"{path.parent / name}: another picture than {path.name} says; copy the whole folder again, so that "
                "all cameras speak of the same pictures"
            )
    return found


def refuse_private(reference: ReferenceSet, frames: Iterable[Frame], read: LoadFrame = load) -> None:
    """Refuse a reference set that shows a camera's own view; to be called on the camera, which shows nobody its frames.

    A reference picture is private where it is one of the frames, pixel for pixel, or where its edges are those of the
    camera's view: another frame of the same camera, or the same one saved anew.

    Args:
        reference: what the federation is about to talk about.
        frames: of one camera.
        read: gives the pixels of a frame.

    Raises:
        InputError: names the picture and the camera.
    """
    public = [read_image(reference.folder / file) for file in reference.files]
    keys = {content_key(image): file for image, file in zip(public, reference.files, strict=True)}
    fields = [edges(thumbnail(image)) for image in public]
    for frame in frames:
        image = read(frame)
        own = edges(thumbnail(image))
        alike = (
            file for field, file in zip(fields, reference.files, strict=True) if view_likeness(own, field) >= SAME_VIEW
        )
        private = keys.get(content_key(image)) or next(alike, None)
        if private is not None:
            raise InputError(
                f"{reference.folder / private}: shows the view of camera {frame.camera}, whose frames are private; "
                "make the reference set of another lot's pictures"
            )


def view_likeness(a: Edges, b: Edges) -> float:
    """How well the edges of two whole views agree, -1..1: cosine of their directions, strong edges first."""
    both = float((a.real * b.real + a.imag * b.imag).sum())
    return both / max(float(np.sqrt((np.abs(a) ** 2).sum() * (np.abs(b) ** 2).sum())), 1e-6)


def _parsed(path: Path, told: Any) -> ReferenceSet:
    try:
        if told["format"] != FORMAT:
            raise InputError(f"{path}: format {told['format']}, this program reads {FORMAT}; update the older side")
        files = tuple(str(frame["file"]) for frame in told["frames"])
        digests = tuple(str(frame["sha256"]) for frame in told["frames"])
        width, height = (int(side) for side in told["input"])
        found = ReferenceSet(path.parent, files, digests, (width, height), str(told["origin"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not a manifest of a reference set ({error!r}); copy it again") from error
    outside = [file for file in files if PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts]
    if not files or outside:
        raise InputError(
            f"{path}: {outside[0] if outside else 'no picture'}: give pictures below the manifest's folder"
        )
    if found.identity != told["identity"]:
        raise InputError(f"{path}: its identity does not fit its list of pictures; make it anew, or copy it again")
    return found


def _below(folder: Path, path: Path) -> str:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError as error:
        raise InputError(f"{path}: lies outside {folder}; copy the pictures of a reference set into it") from error


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: missing from the reference set ({error.strerror}); copy the whole folder") from error
