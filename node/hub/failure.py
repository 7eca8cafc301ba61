"""What is raised where the hub does not do what it is asked."""

from __future__ import annotations


class HubFailed(Exception):
    """The hub did not do what it was asked; the text is one line for the log.

    Attributes:
        status: of its answer; 0 where it gave none, or none of a hub.
        retry_s: seconds after which it wants to be asked again; None where it does not say.
    """

    def __init__(self, why: str, status: int = 0, retry_s: float | None = None) -> None:
        super().__init__(why)
        self.status, self.retry_s = status, retry_s
