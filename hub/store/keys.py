"""What things are called in a store: by node, camera and content."""

from __future__ import annotations

from dataclasses import dataclass

FRAMES, BUNDLES = "frames", "bundles"
"""Begin the names of all frames, and of all files of bundles."""


@dataclass(frozen=True)
class StoredFrame:
    """A frame as its name in the store tells it.

    Attributes:
        node: fingerprint.
        camera: its id.
        sha256: of the file.
    """

    node: str
    camera: str
    sha256: str


def frame_key(node: str, camera: str, sha256: str) -> str:
    """Name of a frame.

    >>> frame_key("ab12", "C1", "0f")
    'frames/ab12/C1/0f.jpg'
    """
    return f"{FRAMES}/{node}/{camera}/{sha256}.jpg"


def frame_of_key(key: str) -> StoredFrame | None:
    """The frame that a name is of; None where it is of something else.

    >>> frame_of_key("frames/ab12/C1/0f.jpg")
    StoredFrame(node='ab12', camera='C1', sha256='0f')
    """
    parts = key.split("/")
    if len(parts) != 4 or parts[0] != FRAMES or not parts[3].endswith(".jpg"):
        return None
    return StoredFrame(parts[1], parts[2], parts[3].removesuffix(".jpg"))


def bundle_key(node: str, camera: str, identity: str, file: str) -> str:
    """Name of a file of a bundle.

    >>> bundle_key("ab12", "C1", "0f", "manifest.json")
    'bundles/ab12/C1/0f/manifest.json'
    """
    return f"{BUNDLES}/{node}/{camera}/{identity}/{file}"
