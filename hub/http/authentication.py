"""Whose request it is: checked by its signature before anything of its body is read."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from lotwise.hub.database.tables import NodeRow
from lotwise.hub.http.refusals import refusal
from lotwise.hub.hub import Hub
from lotwise.hub.threads import in_thread
from lotwise.node.hub.signing import SCHEME, WrongToken, check_token, claimed_body, issuer

SHOWN_DIGITS = 12
"""Digits of a fingerprint that people are shown: enough to tell nodes apart, few enough to type."""


@dataclass(frozen=True)
class Authenticated:
    """A request whose token is its node's own.

    Attributes:
        node: fingerprint of the node.
        body_sha256: what its body must be; hex.
    """

    node: str
    body_sha256: str


def token_of(request: Request) -> str:
    """The token of a request.

    Raises:
        HTTPException: it carries none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != SCHEME.lower() or not token:
        raise refusal(401, f"the request must be signed: Authorization: {SCHEME} <token>", authenticate=True)
    return token.strip()


def asked_path(request: Request) -> str:
    """Path and query as they were sent, which is what the token is for."""
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"]
    return str((raw + (b"?" + query if query else b"")).decode("latin-1"))


async def authenticated(hub: Hub, request: Request) -> Authenticated:
    """Find a request to be one of an accepted node.

    Raises:
        HTTPException: it is not signed, or by nobody who may ask; each says what to do.
    """
    token = token_of(request)
    try:
        who, body = issuer(token), claimed_body(token)
    except WrongToken as error:
        raise refusal(401, str(error), authenticate=True) from error
    node = await in_thread(hub.node, who)
    if node is None:
        raise refusal(401, f"this hub knows no node {who[:SHOWN_DIGITS]}; enrol first", authenticate=True)
    try:
        check_token(token, node.key, request.method, asked_path(request), body)
    except WrongToken as error:
        raise refusal(401, str(error), authenticate=True) from error
    if wait := hub.node_limit.wait_s(who):
        raise refusal(429, "this node asks too often", wait)
    if node.state != "accepted":
        raise refusal(403, what_to_do(node))
    return Authenticated(who, body)


def what_to_do(node: NodeRow) -> str:
    """One line for the log of a node that may not take part yet; empty where it may."""
    where = f"on the hub's page, or on its machine by: lotwise hub accept {node.fingerprint[:SHOWN_DIGITS]}"
    if node.state == "pending":
        return f"waits to be accepted: {where}"
    if node.state == "rejected":
        return f"was rejected by the hub's operators; if that was wrong, accept it {where}"
    return ""
