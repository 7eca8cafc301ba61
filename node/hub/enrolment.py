"""Enrols the node with its hub, and holds the hub to the key by which the node knows it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from lotwise.cameras.site.hub import HubSettings
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.node.hub.client import HubClient
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.messages import Enrol, Enrolled, Message
from lotwise.node.hub.signing import Keys, fingerprint
from lotwise.node.version import software_version

PINNED = "hub.json"
"""File in the node's hub folder: the hub's key."""


class PinnedHub(Message):
    """The hub that a node knows."""

    url: str
    key: str
    since: datetime


class Enrolment:
    """Asks to be taken in.

    Args:
        settings: of the hub.
        site: name of the site.
        folder: the node's hub folder, where the hub's key is kept.
        base: folder of the site file, which secrets are relative to.
        client: asks the hub.
        keys: of the node.

    Raises:
        InputError: the preauthorisation code or the kept key cannot be read.
    """

    def __init__(
        self, settings: HubSettings, site: str, folder: Path, base: Path, client: HubClient, keys: Keys
    ) -> None:
        self._settings, self._client, self._keys = settings, client, keys
        self._file = folder / PINNED
        self._code = "" if settings.code is None else settings.code.read(base)
        self.name = settings.name or site
        self._pinned = self._read()

    @property
    def hub_key(self) -> str:
        """The one key whose bundles are taken; "" before the hub was asked for the first time."""
        if self._settings.key is not None:
            return self._settings.key
        return self._pinned.key if self._pinned is not None else ""

    def ask(self) -> Enrolled:
        """Ask to be taken in, or how that stands.

        Raises:
            HubFailed: no answer, or another hub answers than the one that is known.
            OSError: the hub's key cannot be kept.
        """
        asked = Enrol(name=self.name, key=self._keys.public, software=software_version(), code=self._code)
        answer = self._client.ask("POST", "/v1/enrol", Enrolled, asked)
        self._check(answer.hub_key)
        return answer

    def _check(self, key: str) -> None:
        known = self.hub_key
        if not known:
            self._pinned = PinnedHub(url=self._client.url, key=key, since=datetime.now(UTC).replace(microsecond=0))
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, self._pinned.model_dump_json(indent=1).encode() + b"\n")
        elif key != known:
            said = f"another hub answers there: its key is {key} ({fingerprint(key)})"
            if self._settings.key is not None:
                raise HubFailed(f"{said}, and not hub.key of the site file; correct hub.key or hub.url")
            since = f" since {self._pinned.since:%Y-%m-%d}" if self._pinned is not None else ""
            raise HubFailed(
                f"{said}, and this node has known {known}{since}; if the hub was set up anew, delete {self._file} and "
                "start the node again"
            )

    def _read(self) -> PinnedHub | None:
        try:
            found = PinnedHub.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            why = error.strerror if isinstance(error, OSError) else "not as it was written"
            raise InputError(
                f"{self._file}: the hub's key cannot be read ({why}); give the file back, or delete it and the next "
                "hub that answers is trusted"
            ) from None
        # With another address the owner means another hub, whose first key is kept in turn.
        return found if found.url == self._client.url else None
