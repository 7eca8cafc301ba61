"""ONVIF cameras of the local network, found by WS-Discovery: what they say of themselves without a login."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lotwise.datasets.errors import InputError

LIMIT_S = 4.0
"""Seconds in which cameras may answer. WS-Discovery sends its question several times within the first one."""
_NAMESPACE, _TYPE = "http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"
_SCOPE = "onvif://www.onvif.org/"


@dataclass(frozen=True)
class OnvifCamera:
    """A camera that answered.

    Attributes:
        host: its address or name in the network.
        name: as it calls itself; may be empty, as may be its hardware.
        service: address of its ONVIF service, which tells the addresses of its streams after a login.
    """

    host: str
    name: str
    hardware: str
    service: str


def discover(limit_s: float = LIMIT_S) -> list[OnvifCamera]:
    """Ask the local network for ONVIF cameras; those beyond a router do not hear it.

    Args:
        limit_s: seconds in which they may answer.

    Raises:
        InputError: the library for it is not installed, or there is no network.
    """
    try:
        from wsdiscovery import QName
        from wsdiscovery.discovery import ThreadedWSDiscovery
    except ModuleNotFoundError:
        raise InputError("--discover needs WSDiscovery, which is not installed: pip install 'lotwise[onvif]'") from None
    logging.getLogger("threading").setLevel(logging.CRITICAL)  # it tells of every interface without multicast
    asking = ThreadedWSDiscovery()
    try:
        asking.start()
        found = asking.searchServices(types=[QName(_NAMESPACE, _TYPE)], timeout=limit_s)
        told = [(service.getXAddrs(), [scope.getValue() for scope in service.getScopes()]) for service in found]
    except OSError as error:
        raise InputError(f"--discover: the network cannot be asked ({error.strerror}); give addresses") from error
    finally:
        asking.stop()
    cameras = [camera for addresses, scopes in told if (camera := _camera(addresses, scopes)) is not None]
    return sorted(set(cameras), key=lambda camera: (camera.host, camera.service))


def _camera(addresses: Sequence[str], scopes: Sequence[str]) -> OnvifCamera | None:
    """One camera by its service addresses and scopes; None where no address is one."""
    hosts = [(address, urlsplit(address).hostname) for address in addresses if address.startswith("http")]
    # Of several addresses an IPv4 one is what people write down.
    hosts.sort(key=lambda one: ":" in (one[1] or ""))
    if not hosts or not hosts[0][1]:
        return None
    said = {
        kind: value
        for scope in scopes
        if scope.startswith(_SCOPE)
        for kind, _, value in [scope.removeprefix(_SCOPE).partition("/")]
    }
    return OnvifCamera(hosts[0][1], _plain(said.get("name")), _plain(said.get("hardware")), hosts[0][0])


def _plain(text: str | None) -> str:
    """What a stranger says, in one line of printable characters."""
    return "".join(character for character in unquote(text or "") if character.isprintable())[:80].strip()
