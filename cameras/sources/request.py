"""What the child process of a network camera is told: the address with its password, and how to read it."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never
from urllib.parse import quote, urlsplit

from lotwise.cameras.site.sources import MjpegSettings, NetworkSettings, RtspSettings, SnapshotSettings, UsbSettings
from lotwise.cameras.sources.wire import Message


def password_of(settings: NetworkSettings, base: Path) -> str:
    """The camera's password; empty where it has none.

    Raises:
        InputError: the secret cannot be read.
    """
    if isinstance(settings, UsbSettings) or settings.password is None:
        return ""
    return settings.password.read(base)


def child_request(settings: NetworkSettings, password: str, period_s: float) -> Message:
    """Plain values for the child; they hold the password and are sent through a socket, never shown.

    A ``{username}`` or ``{password}`` in the address is filled in, and then nothing else is sent for the login.
    """
    common: Message = {"timeout_s": settings.restart_s, "period_s": period_s}
    if isinstance(settings, UsbSettings):
        size = {"width": settings.width, "height": settings.height, "rate": settings.rate}
        return common | size | {"device": str(settings.device)}
    username = settings.username or ""
    url = settings.url.replace("{username}", quote(username, safe="")).replace("{password}", quote(password, safe=""))
    if url != settings.url:
        username = ""
    match settings:
        case RtspSettings():
            login = {"username": username, "password": password, "plain_url": url}
            if username:
                parts = urlsplit(url)
                userinfo = f"{quote(username, safe='')}:{quote(password, safe='')}"
                url = parts._replace(netloc=f"{userinfo}@{parts.netloc}").geturl()
            how = {"transport": settings.transport, "keyframes_only": settings.keyframes_only}
            return common | login | how | {"url": url}
        case MjpegSettings() | SnapshotSettings():
            login = {"username": username, "password": password}
            return common | login | {"url": url, "verify": settings.verify, "max_bytes": settings.max_bytes}
        case _:
            assert_never(settings)
