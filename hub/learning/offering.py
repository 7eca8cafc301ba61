"""Offers a node what has passed the hub's gate: signed file by file, and never what the gate refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from lotwise.cameras.detection.bundle import MANIFEST, read_manifest, sha256
from lotwise.hub.database import audit
from lotwise.hub.database.offers import change_offer, make_offer, offer_of
from lotwise.hub.database.tables import CameraRow, OfferRow
from lotwise.node.hub.messages import How, OfferedFile, offer_text
from lotwise.node.hub.signing import Keys

MAX_WHY = 500
"""Characters of the reason."""


def offer_bundle(session: Session, keys: Keys, camera: CameraRow, folder: Path, why: str) -> OfferRow | None:
    """Offer a bundle that the hub's gate has promoted; None where the node runs it already, or has refused it.

    Args:
        session: to write with.
        keys: the hub's.
        camera: as its node told last.
        folder: of the bundle, in the hub's registry.
        why: one line: what it was made from and how it came through the gate.

    Raises:
        InputError: the bundle is not whole.
    """
    manifest = read_manifest(folder)
    identity, now = manifest.identity, datetime.now(UTC)
    refused = (camera.report or {}).get("refused") or {}
    if identity == camera.live or identity in refused:
        return None
    files = tuple(
        OfferedFile(name=name, bytes=(folder / name).stat().st_size, sha256=sha256(folder / name))
        for name in (*manifest.files, MANIFEST)
    )
    how: How = "shadow" if camera.live else "live"
    known = offer_of(session, camera.node, camera.camera, identity)
    if known is not None:
        if known.state == "withdrawn":
            change_offer(known, "offered", now)
        return known
    text = offer_text(camera.camera, identity, manifest.role, how, files)
    row = OfferRow(
        node=camera.node,
        camera=camera.camera,
        identity=identity,
        role=manifest.role,
        how=how,
        why=" ".join(why.split())[:MAX_WHY],
        files=[one.model_dump(mode="json") for one in files],
        signature=keys.sign(text),
        state="offered",
        offered=now,
        changed=now,
    )
    made = make_offer(session, row)
    details = {"bundle": identity, "how": how, "role": manifest.role}
    audit.note(session, "hub", "offer", f"{camera.node[:12]} {camera.camera}", details, now)
    return made
