"""From data to a page: templates, style, script and the policy under which they run.

Colours, style and parts of the templates are those of the node's page. Style and script stand in the page itself, so
that it needs no other file, and the policy names each by its hash.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lotwise.hub.hub import Hub
from lotwise.hub.pages.catalogue import Texts, texts_for
from lotwise.hub.pages.times import ago, clock, zone_name
from lotwise.hub.users.accounts import may
from lotwise.hub.users.person import Person
from lotwise.node.http import page as node_page

_HERE = Path(__file__).parent
STYLE = node_page.STYLE + (_HERE / "static" / "hub.css").read_text(encoding="utf-8")
SCRIPT = (_HERE / "static" / "refresh.js").read_text(encoding="utf-8")
POLICY = (
    f"default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src {node_page.digest(STYLE)}; "
    f"script-src {node_page.digest(SCRIPT)}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy under which the pages work: nothing runs in them but their own script."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer of the pages. Browsers leave Origin out where Referrer-Policy is no-referrer."""
_TEMPLATES = Environment(
    loader=FileSystemLoader([_HERE / "templates", Path(node_page.__file__).parent / "templates"]),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
)


def texts_of(request: Request) -> Texts:
    """The words in the language of whoever asks."""
    return texts_for(request.headers.get("accept-language", ""))


def show(
    hub: Hub, request: Request, template: str, person: Person | None, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page.

    Args:
        hub: whose page it is.
        request: that is answered.
        template: name of its file.
        person: who is signed in; None before that.
        status: of the answer.
        values: what the template shows.
    """
    texts = texts_of(request)
    return HTMLResponse(
        _TEMPLATES.get_template(template).render(
            t=texts,
            hub_name=hub.file.settings.name,
            person=person,
            may_decide=person is not None and may(person.role, "operator"),
            may_manage=person is not None and may(person.role, "admin"),
            path=request.url.path,
            clock=clock,
            ago=lambda moment: ago(moment, texts),
            zone=zone_name(),
            address=camera_address,
            # Files of ours, whose hashes stand in the policy: the only text that is not escaped.
            style=Markup(STYLE),  # noqa: S704
            script=Markup(SCRIPT),  # noqa: S704
            **values,
        ),
        status,
    )


def camera_address(node: str, camera: str) -> str:
    """Address of a camera's page.

    >>> camera_address("ab12", "roof east")
    '/cameras/ab12/roof%20east'
    """
    return f"/cameras/{quote(node, safe='')}/{quote(camera, safe='')}"
