"""The slot editor's page and the files that it loads.

The script is split into static modules. The policy still names what may run and nothing else, as the operators' page
does: a number that is new with each answer stands in the page's own script element, and a browser lets a module load
others only in its name. So neither a text from the site file nor another answer of this server can ever run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import quote

from markupsafe import Markup

from lotwise.node.http.page import TEMPLATES, THEME, digest

_STATIC = Path(__file__).parents[1] / "static" / "slots"
STYLE = THEME + (_STATIC / "slots.css").read_text(encoding="utf-8")
MODULES = {file.name: file.read_bytes() for file in sorted(_STATIC.glob("*.js"))}
"""The script's modules by name; small, so that they are kept in memory."""


def slots_address(camera: str) -> str:
    """Address of a camera's editor, relative to the server's root.

    >>> slots_address("roof east")
    'cameras/roof%20east/slots'
    """
    return f"cameras/{quote(camera, safe='')}/slots"


def editor_page(
    camera: str, cameras: Sequence[str], site: str, alone: bool, home: str = "../../", form_token: str = ""
) -> tuple[str, str]:
    """The page, and the content security policy that is to be sent with it.

    Args:
        camera: its id.
        cameras: ids of all, to go to another one.
        site: its name.
        alone: there is no page to go back to.
        home: address of that page.
        form_token: sent back with whatever the page asks to be changed; "" where nobody asks for one.
    """
    nonce = token_urlsafe(16)
    html = TEMPLATES.get_template("slots.html").render(
        camera=camera,
        cameras=cameras,
        site=site,
        alone=alone,
        home=home,
        form_token=form_token,
        nonce=nonce,
        style=Markup(STYLE),  # noqa: S704 a file of ours
    )
    policy = (
        f"default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src {digest(STYLE)}; "
        f"script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy
