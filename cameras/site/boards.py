"""The boards of a node: small machines that each run one module of a divided student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lotwise.cameras.site.api import is_loopback
from lotwise.cameras.site.secret import Secret, url_without_credentials

MAX_BOARDS = 16
"""Boards of one node, and modules of one student. Chosen: more than a pole carries."""
HERE = "here"
"""In place of an address: the node runs this module itself."""


def _address(url: str) -> str:
    if url == HERE:
        return url
    parts = urlsplit(url_without_credentials(url))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected a board's address, such as https://10.0.0.7:8775, or {HERE}")
    if parts.query or parts.fragment or parts.path.rstrip("/"):
        raise ValueError("ends with the host and its port; leave out what follows")
    return url.rstrip("/")


class BoardSettings(BaseModel):
    """One board; the first of the list runs module 1, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[
        str,
        Field(max_length=500, description="Address of lotwise board, or here: the node runs this module itself."),
        AfterValidator(_address),
    ]
    token: Annotated[
        Secret | None, Field(description="Token that the board asks for; one that listens on loopback needs none.")
    ] = None
    ca: Annotated[
        Path | None,
        Field(description="Certificates (PEM) to trust instead of the system's; relative to the site file."),
    ] = None
    unencrypted: Annotated[
        bool, Field(description="Whether frames may travel to it over http://, on a cable that nobody else is on.")
    ] = False

    @model_validator(mode="after")
    def _kept_private(self) -> BoardSettings:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not self.unencrypted and not is_loopback(parts.hostname or ""):
            raise ValueError(
                "frames would travel unencrypted; give https://, or unencrypted: true on a cable that nobody else is on"
            )
        return self
