"""Passwords and tokens: named in a site file, kept elsewhere, and struck out of every text that is shown."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, quote_plus, unquote

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotwise.datasets.errors import InputError

MASK = "***"
HOW_TO_KEEP = "give {env: NAME} (an environment variable) or {file: path}"

# Greedy to the last @: of a password with an unescaped @, / or # nothing may stay, even if a host name goes with it.
_USERINFO = re.compile(r"(?<=://)(?:[^/?#\s@]*:\S*@|[^/?#\s]*@)")
_PORT = re.compile(r"://[^/?#\s]*:(?!\d+(?:[/?#]|$))[^/?#\]]*(?:[/?#]|$)")
# Camera makers write passwords into queries and into paths, under many names: pwd, psw, loginpas, userpwd, passwd, …
# Names are bounded, for long texts are searched too: without a bound the time grows with the square of the length.
# A name reaches back to what can stand before one; of user=admin_password=secret it is what follows the underscore.
_NAMED = (
    r"(?i)((?<![a-z0-9])(?:[a-z0-9-]{{0,64}}(?:pass(?:w|phrase|code|key)|pswd|paswd|psw|pwd|kennwort)[a-z0-9-]{{0,64}}"
    r"|(?:user|usr|login|admin|cam)?(?:pass?|pw|pin)|(?:access[_-]?|pin[_-]?)?code"
    r"|[a-z0-9_-]{{0,64}}(?:token|secret|jwt|cred(?:s|entials?)?|auth(?!or|type|mode|method)[a-z0-9]{{0,64}}{more}))=)"
)
_WRITTEN = re.compile(_NAMED.format(more="") + r"(?!\{)[^&#;/\s'\"]")
_MASKED = re.compile(_NAMED.format(more="|key|sig") + r"(?!\{)[^&#;/\s'\"]+")
# User and password joined by a colon, as a part of the path or as a value: /admin:secret/, ?login=admin:secret.
# Left alone: numbers and times (1:1, 12:30:00), addresses (00:1a:…, 10.0.0.4:554), tracks (trackID:1), URLs (x://…).
_PAIR = re.compile(
    r"(?i)(?<!://)(?<=[/=&?;#])"
    r"(?!(?:\d{1,2}(?::\d{1,2}){1,2}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,}|[\w-]+(?:\.[\w-]+)+:\d{1,5}|[a-z_]+:\d{1,2}"
    r"|\d{4}-?\d\d-?\d\d[t_ ]?\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?)(?:[/&;#?\s'\"]|$))"
    r"[^/=&?;#:\s'\"]+:(?![{/])[^/=&?;#\s'\"]+"
)
_URL = re.compile(r"(?<![^\s'\"])[^\s'\"]*://[^\s'\"]*")
_MAX_UNQUOTED = 3
"""Times that a URL is unescaped at most: one that is handed on inside another URL is escaped twice."""


class Secret(BaseModel):
    """Where a password or token is kept: in an environment variable or in a file. The value itself is never held."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"oneOf": [{"required": ["env"]}, {"required": ["file"]}]},
    )

    env: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Environment variable that holds the password or token."
        ),
    ] = None
    file: Annotated[
        Path | None, Field(description="File that holds the password or token; relative to the site file.")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _named_not_written(cls, given: Any) -> Any:
        # Neither the value nor a key is quoted: of `password: {hunter2}` the key is the password.
        if isinstance(given, Secret):
            return given
        if not isinstance(given, dict):
            raise ValueError(f"a secret is not written into the site file; {HOW_TO_KEEP}")
        if set(given) not in ({"env"}, {"file"}) or None in given.values():
            raise ValueError(f"a secret is kept in exactly one place; {HOW_TO_KEEP}")
        return given

    def read(self, base: Path) -> str:
        """The secret.

        Args:
            base: folder of the site file, which ``file`` is relative to.

        Raises:
            InputError: the variable is not set, the file cannot be read, or either is empty.
        """
        if self.env is not None:
            value = os.environ.get(self.env, "")
            if not value:
                raise InputError(
                    f"environment variable {self.env}: not set or empty; set it before the start "
                    "(in a unit file: EnvironmentFile=)"
                )
            return value
        path = base / (self.file or "")
        try:
            value = path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise InputError(
                f"{path}: the secret cannot be read ({error.strerror}); write it into this file and "
                "let the user the node runs as read it"
            ) from error
        except UnicodeDecodeError:
            raise InputError(f"{path}: the secret is not UTF-8 text; write it as text") from None
        if not value:
            raise InputError(f"{path}: the secret is empty; write it into this file")
        return value


def masked_url(url: str) -> str:
    """A URL, or a text with URLs, without user, password and tokens in them.

    >>> masked_url("rtsp://admin:hunter2@10.0.0.4/stream")
    'rtsp://***@10.0.0.4/stream'
    >>> masked_url("http://10.0.0.4/snap.jpg?user=a&pwd=hunter2")
    'http://10.0.0.4/snap.jpg?user=a&pwd=***'
    """
    text = _MASKED.sub(rf"\g<1>{MASK}", _USERINFO.sub(f"{MASK}@", url))
    return _URL.sub(lambda found: _masked_one(found[0]), text)


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without the known secrets, as written or as escaped for a URL, and without credentials in its URLs."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return masked_url(text)


def url_without_credentials(url: str) -> str:
    """The URL itself; for use as a validator of settings.

    Raises:
        ValueError: a user or password is written into it; the message does not quote it.
    """
    if _USERINFO.search("".join(url.split())):
        raise ValueError(
            "a URL here carries no user:password@; give `username` and `password: {env: NAME}` or "
            "`password: {file: path}` beside it (an @ of the path is written %40)"
        )
    plain = _unquoted(url)
    if any(_WRITTEN.search(form) or _PAIR.search(form) for form in (url, plain)):
        raise ValueError(
            "a password is written into the URL; write {password} in its place and give `username` and "
            "`password: {env: NAME}` or `password: {file: path}` beside it"
        )
    if _PORT.search(url):
        raise ValueError("what follows the colon after the host is no port number; write host or host:554")
    return url


def _masked_one(url: str) -> str:
    """One URL without passwords; unescaped where only so a password shows."""
    shown = _PAIR.sub(MASK, url)
    plain = _unquoted(shown)
    hidden = _PAIR.sub(MASK, _MASKED.sub(rf"\g<1>{MASK}", plain))
    return shown if hidden == plain else hidden


def _unquoted(url: str) -> str:
    for _ in range(_MAX_UNQUOTED):
        url = unquote(url)
    return url
