"""Offers a node what has passed the hub's gate: signed file by file, and never what the gate refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from lotwise.cameras.detection.bundle import MANIFEST, Manifest, read_manifest, sha256
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
    files = _files(folder, manifest)
    how: How = "shadow" if camera.live else "live"
    known = offer_of(session, camera.node, camera.camera, identity)
    if known is not None and known.state == "live":
        session.delete(known)  # the node ran it, and has left it since for another
        session.flush()
    elif known is not None:
        if known.state == "withdrawn":
            change_offer(known, "offered", now)
        return known
    row = _offer(keys, camera, manifest, how, files, why, now)
    made = make_offer(session, row)
    details = {"bundle": identity, "how": how, "role": manifest.role}
    audit.note(session, "hub", "offer", f"{camera.node[:12]} {camera.camera}", details, now)
    return made


def offer_back(session: Session, keys: Keys, camera: CameraRow, folder: Path, why: str) -> OfferRow:
    """Let a node go back to a bundle that was live there before, in place of what is live or in the shadow now.

    Args:
        session: to write with.
        keys: the hub's.
        camera: as its node told last.
        folder: of that bundle, in the hub's registry.
        why: one line.

    Raises:
        InputError: the bundle is not here, or not whole.
    """
    return _anew(session, keys, camera, folder, "back", why)


def offer_promotion(session: Session, keys: Keys, camera: CameraRow, folder: Path, why: str) -> OfferRow:
    """Let a node put a bundle live that it has not decided of, or has refused; arguments as of :func:`offer_back`.

    The hub's gate has passed it, or it would never have been offered. The node loads it as ever, and compares it with
    the one before in its first minutes.

    Raises:
        InputError: the bundle is not here, or not whole.
    """
    return _anew(session, keys, camera, folder, "promote", why)


def offer_again(session: Session, keys: Keys, camera: CameraRow, folder: Path, why: str) -> OfferRow:
    """Let a node judge a bundle itself that was to go live at once; arguments as of :func:`offer_back`.

    Raises:
        InputError: the bundle is not here, or not whole.
    """
    return _anew(session, keys, camera, folder, "shadow" if camera.live else "live", why)


def _anew(session: Session, keys: Keys, camera: CameraRow, folder: Path, how: How, why: str) -> OfferRow:
    manifest, now = read_manifest(folder), datetime.now(UTC)
    known = offer_of(session, camera.node, camera.camera, manifest.identity)
    if known is not None:
        session.delete(known)  # it says how it was offered first, and is signed with that
        session.flush()
    return make_offer(session, _offer(keys, camera, manifest, how, _files(folder, manifest), why, now))


def _files(folder: Path, manifest: Manifest) -> tuple[OfferedFile, ...]:
    return tuple(
        OfferedFile(name=name, bytes=(folder / name).stat().st_size, sha256=sha256(folder / name))
        for name in (*manifest.files, MANIFEST)
    )


def _offer(
    keys: Keys,
    camera: CameraRow,
    manifest: Manifest,
    how: How,
    files: tuple[OfferedFile, ...],
    why: str,
    now: datetime,
) -> OfferRow:
    text = offer_text(camera.camera, manifest.identity, manifest.role, how, files)
    return OfferRow(
        node=camera.node,
        camera=camera.camera,
        identity=manifest.identity,
        role=manifest.role,
        how=how,
        why=" ".join(why.split())[:MAX_WHY],
        files=[one.model_dump(mode="json") for one in files],
        signature=keys.sign(text),
        state="offered",
        offered=now,
        changed=now,
    )
