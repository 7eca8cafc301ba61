"""The route by which nodes fetch what they are offered."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse
from sqlalchemy import select

from lotwise.hub.bundle_files import bundle_folder
from lotwise.hub.database.offers import STANDING, change_offer
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.http.authentication import authenticated
from lotwise.hub.http.refusals import refusal
from lotwise.hub.hub import Hub
from lotwise.hub.store.bundles import kept_bundle_file
from lotwise.hub.threads import in_thread

log = logging.getLogger(__name__)


def add_bundles(app: FastAPI, hub: Hub) -> None:
    """Add the route."""

    @app.get("/v1/bundles/{identity}/{file}")
    async def bundle_file(request: Request, identity: str, file: str) -> FileResponse:
        """A file of a bundle that was offered to this node, or the part of it that ``Range`` asks for."""
        who = await authenticated(hub, request)
        path = await in_thread(_offered_file, hub, who.node, identity, file)
        if path is None:
            raise refusal(404, f"no file {file} of a bundle {identity} is offered to this node")
        # Read and sent in parts of 64 kB, whatever its size.
        return FileResponse(path, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


def _offered_file(hub: Hub, node: str, identity: str, file: str) -> Path | None:
    with hub.database.writing() as session:
        asked = select(OfferRow).where(OfferRow.node == node, OfferRow.identity == identity)
        for offer in session.scalars(asked):
            if offer.state not in (*STANDING, "live") or all(one["name"] != file for one in offer.files):
                continue
            folder = bundle_folder(hub.folders, node, offer.camera, identity)
            path = folder / file if (folder / file).is_file() else _kept(hub, offer, file)
            if path is None:
                log.error("%s: an offered bundle is not here any more; it is withdrawn", folder)
                change_offer(offer, "withdrawn", datetime.now(UTC))
                continue
            if offer.state == "offered":
                change_offer(offer, "fetched", datetime.now(UTC))
            return path
    return None


def _kept(hub: Hub, offer: OfferRow, file: str) -> Path | None:
    """The file from the store, where this machine has lost it."""
    try:
        return kept_bundle_file(hub.store, offer.node, offer.camera, offer.identity, file, offer.files)
    except OSError as error:
        raise refusal(503, "the hub's store cannot be reached now", 60) from error
