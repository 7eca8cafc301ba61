"""The list of everything that tells the outside what a node knows. Another publisher is one more line here."""

from __future__ import annotations

from collections.abc import Callable

from lotwise.node.http.server import ApiServer, page_url
from lotwise.node.mqtt.publisher import MqttPublisher
from lotwise.node.publisher import Publisher, Surroundings
from lotwise.node.slot_editing.on_node import NodeSlots
from lotwise.node.stays.overstay_watch import OverstayWatch
from lotwise.node.trust.watch import TrustWatch
from lotwise.node.webhook import WebhookPublisher, Webhooks

MakePublisher = Callable[[Surroundings], Publisher | None]
"""Makes a publisher, or None where the site file asks for none; InputError where its settings cannot be used."""


def _http(around: Surroundings) -> Publisher | None:
    settings = around.site.publish.api
    if not settings.enabled:
        return None
    slots = NodeSlots(around.site, around.node)
    serving = None
    if around.site.serve_detection is not None:
        from lotwise.node.serving.serving import open_serving  # which no other node needs

        serving = open_serving(around.site, around.site.serve_detection, around.folder)
    return ApiServer(around.node, settings, around.folder, slots, around.site, cameras_first=True, serving=serving)


def _mqtt(around: Surroundings) -> Publisher | None:
    settings = around.site.publish.mqtt
    if settings is None:
        return None
    return MqttPublisher(
        settings,
        around.site.name,
        around.journal,
        around.node.now,
        around.folder,
        picture=around.node.picture if settings.pictures else None,
        page_url=page_url(around.site.publish.api),
    )


def _webhooks(around: Surroundings) -> Publisher | None:
    settings = around.site.publish.webhooks
    made = [WebhookPublisher(one, around.site.name, around.journal, around.folder) for one in settings]
    return Webhooks(made) if made else None


def _overstays(around: Surroundings) -> Publisher | None:
    return OverstayWatch(around.site, around.node, around.journal)


def _trust(around: Surroundings) -> Publisher | None:
    if not around.site.trust.enabled:
        return None
    return TrustWatch(around.site, around.folder, around.node, reservoirs=around.reservoirs)


def _hub(around: Surroundings) -> Publisher | None:
    if around.site.hub is None:
        return None
    from lotwise.node.hub.link import HubLink  # brings cryptography, which no other node needs

    slots = NodeSlots(around.site, around.node)
    return HubLink(around.site, around.site.hub, around.folder, around.node, around.reservoirs, slots)


PUBLISHERS: list[MakePublisher] = [_http, _mqtt, _webhooks, _hub]
"""In the order in which they are started; they are closed in the opposite order, after the last frame."""
WATCHERS: list[MakePublisher] = [_overstays, _trust]
"""They make events themselves: they are closed before the node says that it has stopped, so that this comes last."""
