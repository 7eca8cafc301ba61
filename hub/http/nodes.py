"""Routes by which nodes enrol and report."""

from __future__ import annotations

from fastapi import FastAPI, Request

from lotwise.datasets.errors import InputError
from lotwise.hub.enrolment import WrongCode, enrol
from lotwise.hub.http.authentication import asked_path, authenticated, token_of, what_to_do
from lotwise.hub.http.bodies import message_of, read_body
from lotwise.hub.http.refusals import refusal
from lotwise.hub.hub import Hub
from lotwise.hub.orders import answer
from lotwise.hub.threads import in_thread
from lotwise.node.hub.messages import Enrol, Enrolled, Orders, Report
from lotwise.node.hub.signing import WrongToken, check_token, claimed_body, fingerprint, issuer

MAX_ENROL_BYTES = 8_000
MAX_REPORT_BYTES = 4_000_000
"""A report of a thousand cameras has half of it; cards of a hundred cameras with a hundred slots each as well."""


def add_nodes(app: FastAPI, hub: Hub) -> None:
    """Add the routes."""

    @app.post("/v1/enrol")
    async def asks(request: Request) -> Enrolled:
        """Ask to take part, or how that stands."""
        address = request.client.host if request.client else ""
        if wait := hub.stranger_limit.wait_s(address):
            raise refusal(429, "too many ask from this address", wait)
        token = token_of(request)
        try:
            body_sha256 = claimed_body(token)
            asked = message_of(await read_body(request, MAX_ENROL_BYTES, body_sha256), Enrol)
            check_token(token, asked.key, request.method, asked_path(request), body_sha256)
            if issuer(token) != fingerprint(asked.key):
                raise WrongToken("the token names another node than the key is of")
        except WrongToken as error:
            raise refusal(401, str(error), authenticate=True) from error
        try:
            node = await in_thread(enrol, hub, asked)
        except WrongCode as error:
            raise refusal(403, "the enrolment code is none of this hub's; ask its operators for one") from error
        except InputError as error:
            raise refusal(503 if "wait already" in str(error) else 422, str(error), 600) from error
        return Enrolled(state=node.state, what_to_do=what_to_do(node), hub_key=hub.keys.public)

    @app.post("/v1/report")
    async def reports(request: Request) -> Orders:
        """Say how the cameras are, and hear what the hub wants."""
        who = await authenticated(hub, request)
        report = message_of(await read_body(request, MAX_REPORT_BYTES, who.body_sha256), Report)
        return await in_thread(answer, hub, who.node, report)
