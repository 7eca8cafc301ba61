"""A WS-Discovery responder in a process of its own: says that it is an ONVIF camera until its standard input closes."""

import sys

from wsdiscovery import QName, Scope, threaded
from wsdiscovery.publishing import ThreadedWSPublishing


def no_ipv6(observer: object) -> None:
    """The library answers a question over IPv6 through its IPv4 thread, which ends by that."""
    raise OSError("off")


if __name__ == "__main__":
    threaded.NetworkingThreadIPv6 = no_ipv6  # type: ignore[misc, assignment]
    name, service = sys.argv[1:]
    publishing = ThreadedWSPublishing()
    publishing.start()
    publishing.publishService(
        types=[QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")],
        scopes=[Scope(f"onvif://www.onvif.org/name/{name}"), Scope("onvif://www.onvif.org/hardware/M-3045")],
        xAddrs=[service],
    )
    print("ready", flush=True)
    sys.stdin.read()
