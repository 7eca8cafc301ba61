"""How a node proves that a request is its own: an Ed25519 key, and a short-lived token over method, path and body.

The token is a JSON Web Token (RFC 7519, EdDSA of RFC 8037) in the manner of DPoP (RFC 9449): it names the method and
the path it is for, when it was made, an identity of its own, and the SHA-256 of the body. Stolen from a log it is good
for the same request only, for as long as clocks may differ, and each request may come twice without harm.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from lotwise.datasets.errors import InputError

SCHEME = "Lotwise"
"""Of the Authorization header: ``Lotwise <token>``."""
CLOCKS_DIFFER_S = 300.0
"""Most that the clocks of node and hub may differ; a token is good for as long on either side of its time."""
ALGORITHM = "EdDSA"


class WrongToken(Exception):
    """A token that does not prove what it should; its text may be shown to the other side."""


@dataclass(frozen=True)
class Keys:
    """A key pair of a node or a hub."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """The public key: 32 bytes as 43 characters of base64url."""
        return _text(self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, content: bytes) -> str:
        """Signature of some bytes, 86 characters of base64url."""
        return _text(self.private.sign(content))

    def token(self, method: str, path: str, body_sha256: str, now: float | None = None) -> str:
        """Token of one request.

        Args:
            method: such as ``PUT``.
            path: with its query, as it is sent.
            body_sha256: hex digest of the body; of no bytes where there is none.
            now: seconds since 1970; the clock's by default.
        """
        claims = {
            "iss": fingerprint(self.public),
            "iat": time.time() if now is None else now,
            "jti": uuid.uuid4().hex,
            "htm": method,
            "htu": path,
            "body": body_sha256,
        }
        return jwt.encode(claims, self.private, ALGORITHM)


def own_keys(path: Path) -> Keys:
    """The keys in a PEM file that its owner alone may read; made where there is none.

    Raises:
        InputError: the file holds no Ed25519 key, or it can be neither read nor written.
    """
    try:
        if path.is_symlink():
            raise InputError(f"{path}: is a link to another file; put the key itself here, or remove it")
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            partial = path.with_name(f".{path.name}.{os.getpid()}.part")
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(made)
                os.fsync(file.fileno())
            partial.replace(path)
        private = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise InputError(f"{path}: the key cannot be kept ({error.strerror}); mend the folder's rights") from error
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{path}: holds no Ed25519 key in PEM; remove it and enrol anew, or copy the key back"
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise InputError(f"{path}: holds a key of another kind; an Ed25519 key is expected")
    return Keys(private)


def fingerprint(key: str) -> str:
    """What a public key is called: 32 hex digits of its SHA-256. People compare it on both sides."""
    return hashlib.sha256(_bytes(key)).hexdigest()[:32]


def check_signature(key: str, content: bytes, signature: str) -> bool:
    """Whether a signature is of these bytes, by the owner of this public key."""
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(key)).verify(_bytes(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def issuer(token: str) -> str:
    """Whose token this claims to be, a fingerprint, before it is checked.

    Raises:
        WrongToken: it is no token of this kind.
    """
    said = _unchecked(token).get("iss")
    if not isinstance(said, str) or len(said) != 32:
        raise WrongToken("the token names no node")
    return said


def claimed_body(token: str) -> str:
    """SHA-256 of the body that this token claims to be for, hex, before either is checked.

    With it a token can be checked before the body is read: nobody else's body is worth room or time.

    Raises:
        WrongToken: it is no token of this kind.
    """
    said = _unchecked(token).get("body")
    if not isinstance(said, str):
        raise WrongToken("the token names no body")
    return said


def _unchecked(token: str) -> dict[str, object]:
    try:
        claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise WrongToken("no token of a node; update lotwise on the node") from error
    return claims


def check_token(token: str, key: str, method: str, path: str, body_sha256: str, now: float | None = None) -> str:
    """Find a request to be its node's own.

    Args:
        token: of the Authorization header.
        key: the node's public key.
        method, path, body_sha256, now: as of :meth:`Keys.token`, as the hub sees them.

    Returns:
        The token's own identity, to tell a token that comes twice.

    Raises:
        WrongToken: it is somebody else's, of another request, or its time is not now.
    """
    try:
        public = Ed25519PublicKey.from_public_bytes(_bytes(key))
        # Times are looked at below: what is wrong with a clock is said in seconds.
        claims = jwt.decode(token, public, [ALGORITHM], options={"require": ["iss", "iat", "jti"], "verify_iat": False})
    except (jwt.PyJWTError, ValueError) as error:
        raise WrongToken("the signature is not of the key that this node enrolled with") from error
    made, identity = claims["iat"], claims["jti"]
    if not isinstance(made, int | float) or not isinstance(identity, str) or len(identity) > 64:
        raise WrongToken("the token does not say when it was made")
    ahead = made - (time.time() if now is None else now)
    if not -CLOCKS_DIFFER_S <= ahead <= CLOCKS_DIFFER_S:
        side = "ahead of" if ahead > 0 else "behind"
        raise WrongToken(f"the node's clock is {abs(ahead):.0f} s {side} the hub's; set it (NTP)")
    if (claims.get("htm"), claims.get("htu"), claims.get("body")) != (method, path, body_sha256):
        raise WrongToken("the token is of another request")
    return identity


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
