"""How fast tokens may be tried: who gives wrong ones waits for each answer, and the log tells of it."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_ATTEMPTS = 10
"""Wrong tokens from one address before answers to it are slowed: a person's typing errors cost nothing."""
WINDOW_S = 60.0
"""Seconds without a wrong token after which an address is forgotten."""
DELAY_S = 2.0
"""Seconds by which the answer to a wrong token is held back then."""
MAX_WAITING = 4
"""Answers to one address that are held back at once. With the delay it bounds the tokens that an address can try to two
a second; the shortest token allowed would take longer than the age of the universe."""
MAX_ADDRESSES = 256
"""Addresses that are remembered; the oldest is forgotten first."""

log = logging.getLogger(__name__)


@dataclass
class _Address:
    wrong: int = 0
    waiting: int = 0
    last: float = 0.0
    told: float = 0.0
    told_wrong: int = 0


class TokenAttempts:
    """Wrong tokens by the address they came from; used by one thread.

    Args:
        clock: seconds; monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._addresses: OrderedDict[str, _Address] = OrderedDict()

    def may_try(self, address: str) -> bool:
        """Whether a token from this address is looked at now; not while too many answers to it are held back."""
        known = self._addresses.get(_network(address))
        return known is None or known.waiting < MAX_WAITING

    def wrong(self, address: str) -> float:
        """Note a wrong token; gives the seconds for which its answer is to be held back.

        Where that is above 0, :meth:`answered` must follow.
        """
        now, name = self._clock(), _network(address)
        known = self._addresses.pop(name, None)
        if known is None or (now - known.last > WINDOW_S and not known.waiting):
            known = _Address()
        self._addresses[name] = known
        if len(self._addresses) > MAX_ADDRESSES:
            self._addresses.popitem(last=False)
        known.wrong, known.last = known.wrong + 1, now
        if known.wrong <= FREE_ATTEMPTS:
            return 0.0
        if not known.told or now - known.told > WINDOW_S:
            log.warning(
                "HTTP: %d requests with a wrong token from %s; answers to it are slowed",
                known.wrong - known.told_wrong, address,
            )  # fmt: skip
            known.told, known.told_wrong = now, known.wrong
        known.waiting += 1
        return DELAY_S

    def answered(self, address: str) -> None:
        """An answer that was held back was given."""
        if (known := self._addresses.get(_network(address))) is not None:
            known.waiting = max(0, known.waiting - 1)


def _network(address: str) -> str:
    """The address; of IPv6 its network of 64 bits, all of which one client has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
