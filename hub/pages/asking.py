"""Who asks for a page, and whether what a form sends was sent from the hub's own page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from lotwise.hub.database.user_tables import Role
from lotwise.hub.hub import Hub
from lotwise.hub.threads import in_thread
from lotwise.hub.users.accounts import may
from lotwise.hub.users.person import Person, user_of_sign_in

MAX_FORM_BYTES, MAX_FIELDS = 100_000, 1_000
TOKEN_FIELD = "form_token"  # noqa: S105 the name of a field
"""Field that every form carries."""
TOKEN_HEADER = "Lotwise-Form"  # noqa: S105 the name of a header
"""Header that whatever a script sends carries in its place."""


class PageFailed(Exception):
    """A page that says what is wrong.

    Args:
        status: 400 or more.
        key: of its text.
        values: of its text.
    """

    def __init__(self, status: int, key: str, **values: object) -> None:
        super().__init__(key)
        self.status, self.key, self.values = status, key, values


class NotSignedIn(Exception):
    """Whoever asks must sign in first."""


@dataclass(frozen=True)
class Form:
    """What a form has sent.

    Attributes:
        fields: all values of each field.
    """

    fields: Mapping[str, list[str]]

    def one(self, name: str) -> str:
        """The value of a field; "" where there is none."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return self.fields.get(name, [])


def is_secure(hub: Hub) -> bool:
    """Whether browsers reach the hub over TLS."""
    listen = hub.file.settings.listen
    return listen.certificate is not None or listen.behind_proxy


def cookie_name(hub: Hub) -> str:
    """Name of the cookie; with ``__Host-`` no other host and no plain connection can set it."""
    return "__Host-lotwise" if is_secure(hub) else "lotwise"


async def person_of(hub: Hub, request: Request, needed: Role = "viewer") -> Person:
    """Who asks for a page.

    Args:
        hub: the hub.
        request: from a browser.
        needed: role that is asked for.

    Raises:
        NotSignedIn: nobody who is signed in.
        PageFailed: somebody whose role is not enough.
    """
    token = request.cookies.get(cookie_name(hub), "")
    person = await in_thread(user_of_sign_in, hub.database, token) if token else None
    if person is None:
        raise NotSignedIn
    if not may(person.role, needed):
        raise PageFailed(403, "error.not_allowed", role=person.role, needed=needed)
    return person


async def form_of(request: Request, person: Person | None) -> Form:
    """What a form of the hub's own page has sent.

    Args:
        request: that sends it.
        person: whose sign-in the form must be of; None for the form that signs in.

    Raises:
        PageFailed: it comes from another site, is of another sign-in, or is no form.
    """
    if comes_from_elsewhere(request):
        raise PageFailed(403, "error.elsewhere")
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise PageFailed(415, "error.no_form")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            raise PageFailed(413, "error.no_form")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise PageFailed(400, "error.no_form") from error
    form = Form(fields)
    if person is not None and not compare_digest(form.one(TOKEN_FIELD).encode(), person.form_token.encode()):
        raise PageFailed(403, "error.old_form")
    return form


def sent_by_page(request: Request, person: Person) -> None:
    """Find what a script of the hub's own pages has sent to be sent by it.

    Raises:
        PageFailed: it comes from another site, or of another sign-in.
    """
    if comes_from_elsewhere(request):
        raise PageFailed(403, "error.elsewhere")
    if not compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), person.form_token.encode()):
        raise PageFailed(403, "error.old_form")


def comes_from_elsewhere(request: Request) -> bool:
    """Whether a request was not sent by a page of this host: browsers say with every form where it comes from."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc != request.headers.get("host")
    except ValueError:
        return True


def to_sign_in(request: Request) -> Response:
    """To the page that asks for a password, and from there back to what was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = "" if request.method != "GET" or asked == "/" else f"?next={quote(asked, safe='/')}"
    return RedirectResponse(f"/sign-in{back}", 303)


def own_path(path: str) -> str:
    """An address of this hub to go on to; "/" in place of any that leads elsewhere.

    >>> [own_path(path) for path in ("/log?q=a", "//evil.example", "/\\\\evil.example", "https://evil.example", "")]
    ['/log?q=a', '/', '/', '/', '/']
    """
    plain = path.isprintable() and path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if plain else "/"
