"""Addresses of other machines that a node calls: encrypted, and without credentials."""

from __future__ import annotations

from urllib.parse import urlsplit

from lotwise.cameras.site.api import is_loopback
from lotwise.cameras.site.secret import url_without_credentials


def service_address(url: str, whose: str, example: str, what: str) -> str:
    """The address without a slash at its end; for use as a validator of settings.

    Args:
        url: as it stands in the site file.
        whose: such as ``the hub``.
        example: of such an address.
        what: that would travel unencrypted over plain HTTP.

    Raises:
        ValueError: it is none, carries credentials or a query, or is plain HTTP to another machine.
    """
    parts = urlsplit(url_without_credentials(url))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected {whose}'s address, such as {example}")
    if parts.query or parts.fragment:
        raise ValueError("ends with the path; leave out what follows ? or #")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{what} would travel unencrypted; give https:// (http:// only to this machine)")
    return url.rstrip("/")
