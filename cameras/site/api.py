"""Where the node's page, JSON API and metrics listen, and who may read them."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotwise.cameras.site.secret import Secret


class ApiSettings(BaseModel):
    """The node's HTTP server: operators' page, JSON API, health checks, metrics."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    enabled: Annotated[bool, Field(description="Whether the node listens at all.")] = True
    host: Annotated[
        str,
        Field(
            min_length=1,
            max_length=255,
            description="Address to listen on; 0.0.0.0 for all. Anything but loopback needs a token.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="TCP port to listen on; 0 for any that is free.")] = 8770
    token: Annotated[
        Secret | None,
        Field(
            description="Token that every route but /healthz asks for: as a bearer token, or as the password in "
            "a browser with any user name; at least 16 characters."
        ),
    ] = None
    certificate: Annotated[
        Path | None,
        Field(description="TLS certificate with its chain (PEM), relative to the site file; needs key."),
    ] = None
    key: Annotated[
        Path | None, Field(description="Private key of the certificate (PEM), relative to the site file.")
    ] = None
    public_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s@]+$",
            description="Address under which people open the page, such as that of a reverse proxy; Home Assistant "
            "links to it. Made from host and port where it is not given.",
        ),
    ] = None

    @model_validator(mode="after")
    def _guarded(self) -> ApiSettings:
        if self.enabled and self.token is None and not is_loopback(self.host):
            raise ValueError(
                f"host {self.host} can be reached from outside, which needs a token; "
                "give token: {env: NAME} or {file: path} beside it, or listen on 127.0.0.1"
            )
        if (self.certificate is None) != (self.key is None):
            raise ValueError("TLS needs both certificate and key; give the missing one, or neither for plain HTTP")
        return self


def is_loopback(host: str) -> bool:
    """Whether what listens on this address is reached from this machine alone; unknown names count as outside.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "node.lan")]
    [True, True, True, False, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
