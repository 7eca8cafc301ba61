"""Health and metrics, for operators and their tools."""

from __future__ import annotations

from collections.abc import Iterator
from hmac import compare_digest

from fastapi import FastAPI, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text

from lotwise.cameras.site.api import is_loopback
from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.tables import CameraRow, FrameRow, NodeRow, OfferRow
from lotwise.hub.http.refusals import refusal
from lotwise.hub.hub import Hub
from lotwise.hub.threads import in_thread
from lotwise.node.http.metrics import exposition


def add_operations(app: FastAPI, hub: Hub, metrics_token: str | None) -> None:
    """Add the routes."""
    registry = CollectorRegistry()
    registry.register(HubCollector(hub))
    ProcessCollector(registry=registry)

    @app.get("/healthz")
    async def healthz() -> dict[str, bool]:
        """Whether the hub answers and its database does."""
        await in_thread(_ask_database, hub)
        return {"ok": True}

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:
        """For Prometheus."""
        if metrics_token is None:
            # Behind a proxy everybody seems to be on this machine.
            address = request.client.host if request.client else ""
            if not is_loopback(address) or hub.file.settings.listen.behind_proxy:
                raise refusal(403, "only this machine may read the metrics; set listen.metrics_token for others")
        elif not _carries(request, metrics_token):
            raise refusal(401, "the metrics need the hub's token: Authorization: Bearer <token>", authenticate=True)
        content, kind = await in_thread(exposition, registry, request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": kind})


class HubCollector(Collector):
    """Counts of the hub's tables at each scrape; labels are states, never nodes."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def describe(self) -> Iterator[Metric]:
        """Nothing in advance: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The figures at this moment."""
        with self._hub.database.reading() as session:
            for name, what, column in (
                ("lotwise_hub_nodes", "Nodes that have asked to take part", NodeRow.state),
                ("lotwise_hub_frames", "Frames that nodes have sent", FrameRow.state),
                ("lotwise_hub_offers", "Bundles that were offered", OfferRow.state),
                ("lotwise_hub_jobs", "Jobs of all cameras, those that have ended too", JobRow.state),
                ("lotwise_hub_cameras", "Cameras of nodes, by the verdict on them", CameraRow.verdict),
            ):
                label = "verdict" if name == "lotwise_hub_cameras" else "state"
                family = GaugeMetricFamily(name, what, labels=[label])
                for state, count in session.execute(select(column, func.count()).group_by(column)):
                    family.add_metric([state or "none"], count)
                yield family
            size = session.scalar(select(func.coalesce(func.sum(FrameRow.bytes), 0))) or 0
        yield GaugeMetricFamily("lotwise_hub_frame_bytes", "Room that frames take", value=int(size))


def _ask_database(hub: Hub) -> None:
    with hub.database.reading() as session:
        session.execute(text("SELECT 1"))


def _carries(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())
