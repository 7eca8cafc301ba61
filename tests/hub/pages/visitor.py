"""A browser as far as a server sees one: it keeps cookies, says where it comes from, and sends forms."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.hub.pages.cast import PASSWORD

Fields = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """An answer."""

    status: int
    headers: dict[str, str]
    text: str
    content: bytes

    @property
    def form_token(self) -> str:
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.text)
        assert found is not None, self.text
        return found[1]

    @property
    def location(self) -> str:
        return self.headers["location"]


@dataclass
class Visitor:
    """Somebody with a browser."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    form_token: str = ""

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Page:
        given = {"Accept": "text/html"}
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, given | dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read()
            found = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        if "set-cookie" in found:
            name, _, value = found["set-cookie"].partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return Page(answer.status, found, content.decode("utf-8", "replace"), content)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        return self.ask("GET", path, headers=headers)

    def post(
        self, path: str, fields: Fields, headers: Mapping[str, str] | None = None, origin: str | None = ""
    ) -> Page:
        """Send a form from the hub's own page, or from ``origin``; None says nothing of where it comes from."""
        given = {"Content-Type": "application/x-www-form-urlencoded"}
        if origin is not None:
            given["Origin"] = origin or f"http://127.0.0.1:{self.port}"
        return self.ask("POST", path, urlencode(fields).encode(), given | dict(headers or {}))

    def sign_in(self, name: str, password: str = PASSWORD) -> Page:
        answer = self.post("/sign-in", {"name": name, "password": password, "next": "/"})
        if answer.status == 303:
            self.form_token = self.get("/").form_token
        return answer

    def do(self, action: str, *targets: str, token: str | None = None) -> Page:
        """Press the button of the page that asks once."""
        fields = [("form_token", self.form_token if token is None else token), ("action", action)]
        return self.post("/do", [*fields, *(("target", one) for one in targets)])
