"""A hub on loopback, and a node's side of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lotwise.node.hub.client import HubClient
from lotwise.node.hub.signing import Keys, own_keys
from tests.node.hub.fake_hub import FakeHub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    made = FakeHub(tmp_path)
    yield made
    made.close()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return own_keys(tmp_path / "node.pem")


@pytest.fixture
def client(hub: FakeHub, keys: Keys) -> HubClient:
    hub.node_key = keys.public
    return HubClient(hub.url, keys, timeout_s=30)
