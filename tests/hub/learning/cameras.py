"""A camera of an accepted node with a card and frames, as a hub's tables and folders hold it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from lotwise.hub.database.cameras import known_camera
from lotwise.hub.database.database import Database
from lotwise.hub.database.frames import add_frame
from lotwise.hub.database.nodes import enrol
from lotwise.hub.folders import HubFolders
from lotwise.node.hub.messages import CameraCard

NODE = "ab" * 16


def add_camera(database: Database, camera: str = "C1", card: CameraCard | None = None) -> None:
    """An accepted node and its camera."""
    card = card or CameraCard()
    with database.writing() as session:
        enrol(session, NODE, "north", "key", group="all")
        row = known_camera(session, NODE, camera)
        row.card, row.card_stamp = card.model_dump(mode="json"), card.stamp


def add_frames(
    database: Database, folders: HubFolders, pictures: Sequence[tuple[bytes, datetime]], camera: str = "C1"
) -> list[str]:
    """Frames with their files, as the server leaves them; their hashes."""
    digests = []
    for jpeg, taken in pictures:
        digest = hashlib.sha256(jpeg).hexdigest()
        path: Path = folders.frame(NODE, camera, digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg)
        with database.writing() as session:
            add_frame(session, NODE, camera, digest, taken, ["new light"], len(jpeg))
        digests.append(digest)
    return digests
