"""A request is its node's own, or it is refused with the reason."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.node.hub.signing import (
    CLOCKS_DIFFER_S,
    Keys,
    WrongToken,
    check_signature,
    check_token,
    fingerprint,
    issuer,
    own_keys,
)

BODY = hashlib.sha256(b"{}").hexdigest()
NOW = 1_800_000_000.0


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return own_keys(tmp_path / "node.pem")


def test_a_token_proves_its_request(keys: Keys) -> None:
    token = keys.token("POST", "/v1/report", BODY, NOW)
    assert issuer(token) == fingerprint(keys.public)
    assert check_token(token, keys.public, "POST", "/v1/report", BODY, NOW + 60)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/report", BODY),
        ("POST", "/v1/enrol", BODY),
        ("POST", "/v1/report", hashlib.sha256(b"[]").hexdigest()),
    ],
)
def test_a_token_is_of_one_request(keys: Keys, method: str, path: str, body: str) -> None:
    token = keys.token("POST", "/v1/report", BODY, NOW)
    with pytest.raises(WrongToken, match="another request"):
        check_token(token, keys.public, method, path, body, NOW)


def test_a_token_of_another_key_is_refused(keys: Keys, tmp_path: Path) -> None:
    other = own_keys(tmp_path / "other.pem")
    with pytest.raises(WrongToken, match="not of the key"):
        check_token(other.token("GET", "/", BODY, NOW), keys.public, "GET", "/", BODY, NOW)


@pytest.mark.parametrize(("ahead", "said"), [(1000.0, "1000 s ahead of"), (-1000.0, "1000 s behind")])
def test_a_wrong_clock_is_told_in_seconds(keys: Keys, ahead: float, said: str) -> None:
    token = keys.token("GET", "/", BODY, NOW + ahead)
    with pytest.raises(WrongToken, match=said):
        check_token(token, keys.public, "GET", "/", BODY, NOW)


def test_a_token_without_signature_is_none(keys: Keys) -> None:
    header, claims, _ = keys.token("GET", "/", BODY, NOW).split(".")
    with pytest.raises(WrongToken):
        check_token(f"{header}.{claims}.", keys.public, "GET", "/", BODY, NOW)
    with pytest.raises(WrongToken):
        issuer("no token")


def test_clocks_may_differ_a_little(keys: Keys) -> None:
    token = keys.token("GET", "/", BODY, NOW - CLOCKS_DIFFER_S + 1)
    assert check_token(token, keys.public, "GET", "/", BODY, NOW)


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "node.pem"
    first = own_keys(path)
    assert own_keys(path).public == first.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_broken_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "node.pem"
    path.write_text("no key")
    with pytest.raises(InputError, match=r"node\.pem: holds no Ed25519 key"):
        own_keys(path)


def test_a_signature_is_of_its_bytes(keys: Keys) -> None:
    signature = keys.sign(b"a bundle")
    assert check_signature(keys.public, b"a bundle", signature)
    assert not check_signature(keys.public, b"a bundlf", signature)
    assert not check_signature(keys.public, b"a bundle", "A" * 86)
