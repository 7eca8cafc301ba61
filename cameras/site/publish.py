"""What a node tells whom: history on its own disk, MQTT and the HTTP API, as they stand in the site file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lotwise.cameras.site.api import ApiSettings
from lotwise.cameras.site.secret import Secret
from lotwise.cameras.site.webhook import WebhookSettings


def _topic(text: str) -> str:
    if not text.strip("/") or set(text) & set("+#\0") or text.startswith(("/", "$")) or text.endswith("/"):
        raise ValueError("must be a plain MQTT topic such as lotwise or city/lotwise: no + or #, no / at its ends")
    return text


def _host(text: str) -> str:
    """A name or address alone, as the port and TLS have settings of their own."""
    address = text.split("://", 1)[-1]
    name, _, port = address.rpartition(":")
    if "://" not in text and (text.count(":") != 1 or not port.isdigit()) and "/" not in text and "[" not in text:
        return text
    tls = " and tls: true" if text.lower().startswith(("mqtts:", "ssl:", "wss:")) else ""
    with_port = f" and port: {port}" if name and port.isdigit() and name.count(":") == 0 else " and port: 1883"
    raise ValueError(f"give the broker's name or address alone, such as host: broker{with_port}{tls}")


Topic = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_topic)]


class HistorySettings(BaseModel):
    """The history on the node's own disk, which is also the buffer for subscribers that are away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: Annotated[float, Field(gt=0, le=36500, description="Days for which events are kept.")] = 90
    max_mb: Annotated[
        float, Field(ge=1, le=1_000_000, description="Size in MB above which the oldest events are dropped.")
    ] = 512
    buffer_events: Annotated[
        int,
        Field(
            ge=1,
            le=100_000_000,
            description="Newest events that are kept for a subscriber that is away, whatever their age and size.",
        ),
    ] = 1_000_000
    memory_events: Annotated[
        int,
        Field(
            ge=1,
            le=1_000_000,
            description="Events held in memory while the disk cannot be written; the oldest beyond it are lost.",
        ),
    ] = 10_000


class MqttSettings(BaseModel):
    """The MQTT broker that events and states are published to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[
        str, Field(min_length=1, max_length=255, description="Name or address of the broker."), AfterValidator(_host)
    ]
    port: Annotated[
        int | None, Field(ge=1, le=65535, description="Port of the broker; by default 1883, with TLS 8883.")
    ] = None
    tls: Annotated[bool, Field(description="Encrypted connection; the broker's certificate is always checked.")] = False
    ca_file: Annotated[
        Path | None,
        Field(description="Certificates to trust (PEM) instead of the system's; relative to the site file."),
    ] = None
    username: Annotated[str | None, Field(min_length=1, description="User name at the broker.")] = None
    password: Annotated[Secret | None, Field(description="Password at the broker, from the environment or a file.")] = (
        None
    )
    protocol: Annotated[
        Literal["5", "3.1.1"],
        Field(description="MQTT version; with 3.1.1 a broker cannot tell that it refuses a topic."),
    ] = "5"
    prefix: Annotated[Topic, Field(description="First part of every topic.")] = "lotwise"
    client_id: Annotated[
        str | None,
        Field(
            min_length=1, max_length=200, description="Client id at the broker; by default made from the site's name."
        ),
    ] = None
    keepalive_s: Annotated[
        int,
        Field(ge=2, le=3600, description="Seconds of silence after which the connection is tested and then given up."),
    ] = 15
    home_assistant: Annotated[
        bool, Field(description="Announce slots and counts to Home Assistant (MQTT discovery).")
    ] = False
    pictures: Annotated[
        bool,
        Field(
            description="Send Home Assistant a picture of each camera with its slots when one of them has changed; "
            "the broker keeps the last one."
        ),
    ] = True
    discovery_prefix: Annotated[Topic, Field(description="Home Assistant's discovery prefix.")] = "homeassistant"

    @model_validator(mode="after")
    def _complete(self) -> MqttSettings:
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a user name; add username")
        if self.ca_file is not None and not self.tls:
            raise ValueError("ca_file is used with TLS only; add tls: true, or leave ca_file out")
        return self


class PublishSettings(BaseModel):
    """Everything a node tells the outside."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mqtt: Annotated[MqttSettings | None, Field(description="MQTT broker; none by default.")] = None
    api: ApiSettings = Field(
        default_factory=lambda: ApiSettings.model_validate({}), description="HTTP API, metrics and status page."
    )
    webhooks: Annotated[
        tuple[WebhookSettings, ...], Field(description="Web addresses that events are posted to, signed and in order.")
    ] = ()
    history: HistorySettings = Field(default_factory=HistorySettings, description="History on the node's own disk.")

    @model_validator(mode="after")
    def _webhooks_differ(self) -> PublishSettings:
        names = [webhook.name for webhook in self.webhooks]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two webhooks are called {name}; give each its own name")
        return self
