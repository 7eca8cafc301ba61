"""Log-in at a camera: which of the offered ways is taken, and the header that it needs (RFC 7616, RFC 7617).

Our own rather than ``urllib.request``'s handlers, which know no SHA-256, take Basic where it is listed first and repeat
a wrong password six times, for which cameras lock the account; other HTTP libraries would cost every decoder process
more memory than its pictures.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import urllib.request
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from lotwise.cameras.sources.decoder_process.failure import Failure

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)(?:\s+(.*))?", re.DOTALL)
_PARAMETER = re.compile(r"([A-Za-z0-9._-]+)\s*=\s*(.*)", re.DOTALL)
# The strongest first: RFC 7616 has a client take the first of the offered ones that it knows.
_HASHES = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}


@dataclass(frozen=True)
class Challenge:
    """One way in which a camera accepts a log-in.

    Attributes:
        scheme: in lower case, such as ``digest``.
        parameters: by name in lower case, without quotes.
    """

    scheme: str
    parameters: dict[str, str]


def challenges(headers: Sequence[str]) -> list[Challenge]:
    """All challenges of the ``WWW-Authenticate`` headers of an answer, several in one header too.

    >>> [one.scheme for one in challenges(['Negotiate, Basic realm="a, b"', 'Digest realm="c", nonce="1", qop="auth"'])]
    ['negotiate', 'basic', 'digest']
    """
    found: list[Challenge] = []
    for header in headers:
        for item in urllib.request.parse_http_list(header):
            parameter = _PARAMETER.fullmatch(item)
            scheme = _SCHEME.fullmatch(item)
            if parameter is None and scheme is not None:
                found.append(Challenge(scheme.group(1).lower(), {}))
                parameter = _PARAMETER.fullmatch(scheme.group(2) or "")
            if parameter is not None and found:
                found[-1].parameters[parameter.group(1).lower()] = parameter.group(2).strip().strip('"')
    return found


def authorization(
    headers: Sequence[str], username: str, password: str, target: str, method: str = "GET", count: int = 1
) -> str:
    """The ``Authorization`` header for a request, by Digest wherever it is offered, else by Basic.

    Args:
        headers: values of ``WWW-Authenticate``.
        username, password: as the user gave them.
        target: path and query of the address (HTTP) or the whole address (RTSP), as in the request.
        method: verb of the request, such as GET or DESCRIBE.
        count: of requests with the same nonce, this one included.

    Raises:
        Failure: the camera offers neither.
    """
    offered = challenges(headers)
    digests = {_algorithm(one): one for one in reversed(offered) if one.scheme == "digest"}
    for name in _HASHES:
        if name in digests:
            return _digest(digests[name].parameters, _HASHES[name], username, password, target, method, count)
    if any(one.scheme == "basic" for one in offered):
        return "Basic " + b64encode(f"{username}:{password}".encode()).decode()
    ways = ", ".join(dict.fromkeys(one.scheme for one in offered)) or "no way that it names"
    raise Failure(f"the camera accepts a log-in by {ways} only; set it to Digest or Basic", refused=True)


def _algorithm(challenge: Challenge) -> str:
    return challenge.parameters.get("algorithm", "MD5").upper().removesuffix("-SESS")


def _digest(
    asked: dict[str, str], kind: str, username: str, password: str, target: str, method: str, number: int
) -> str:
    def digest(text: str) -> str:
        return hashlib.new(kind, text.encode(), usedforsecurity=False).hexdigest()

    realm, nonce, client = asked.get("realm", ""), asked.get("nonce", ""), secrets.token_hex(8)
    ways = [way.strip().lower() for way in asked.get("qop", "").split(",") if way.strip()]
    quality = "auth" if "auth" in ways else next(iter(ways), "")
    secret = digest(f"{username}:{realm}:{password}")
    if asked.get("algorithm", "").upper().endswith("-SESS"):
        secret = digest(f"{secret}:{nonce}:{client}")
    request = digest(f"{method}:{target}:{digest('')}" if quality == "auth-int" else f"{method}:{target}")
    count = f"{number:08x}"
    middle = f"{nonce}:{count}:{client}:{quality}" if quality else nonce
    fields = {
        "username": username, "realm": realm, "nonce": nonce, "uri": target,
        "response": digest(f"{secret}:{middle}:{request}"),
    }  # fmt: skip
    if "opaque" in asked:
        fields["opaque"] = asked["opaque"]
    if quality:
        fields["cnonce"] = client
    quoted = [f'{name}="{_escaped(value)}"' for name, value in fields.items()]
    plain = [f"algorithm={asked['algorithm']}"] if "algorithm" in asked else []
    plain += [f"qop={quality}", f"nc={count}"] if quality else []
    return "Digest " + ", ".join(quoted + plain)


def _escaped(value: str) -> str:
    # Header lines are Latin-1; a user name in UTF-8 goes over as its bytes.
    return value.replace("\\", "\\\\").replace('"', '\\"').encode().decode("latin-1")
