"""One GET at an HTTP camera: log-in once, redirects within the camera only, no proxy."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import SplitResult, urljoin, urlsplit

from lotwise.cameras.sources.decoder_process.failure import Failure, status_failure
from lotwise.cameras.sources.decoder_process.login import authorization
from lotwise.cameras.sources.wire import Message

_MAX_REDIRECTS = 5
"""Most redirects that are followed in one request. Chosen; two pages may send to each other for ever."""
_REDIRECTS = (301, 302, 303, 307, 308)


def get(request: Message) -> http.client.HTTPResponse:
    """The answer of a camera, with its body still to be read.

    Args:
        request: ``url``, ``username``, ``password``, ``verify``, ``timeout_s`` (see ``request.child_request``).

    Raises:
        Failure: the camera refuses, sends elsewhere, or answers with no HTTP.
        OSError: the camera cannot be reached.
    """
    try:
        return _followed(request)
    except ssl.SSLCertVerificationError:
        raise Failure("the camera's certificate is not trusted; for a self-signed one set verify: false") from None
    except (http.client.HTTPException, ValueError) as error:
        raise Failure(f"the camera's answer is no HTTP ({type(error).__name__})") from None


def _followed(request: Message) -> http.client.HTTPResponse:
    first = url = urlsplit(request["url"])
    for _ in range(_MAX_REDIRECTS + 1):
        answer = _logged_in(url, request)
        if answer.status not in _REDIRECTS:
            if answer.status != 200:
                raise status_failure(answer.status, answer.reason)
            return answer
        goal = urlsplit(urljoin(url.geturl(), answer.headers.get("Location", "")))
        answer.close()
        # A camera stands in the local network: it may not send the node, or its password, anywhere else.
        if goal.hostname != first.hostname or goal.scheme not in ("http", "https"):
            raise Failure("the camera redirects to another host, which is not followed; give that address itself")
        if url.scheme == "https" and goal.scheme == "http":
            raise Failure("the camera redirects from https to http, which is not followed; give its http:// address")
        url = goal
    raise Failure("the camera redirects without end; give the address at which it ends")


def _logged_in(url: SplitResult, request: Message) -> http.client.HTTPResponse:
    """The answer to a GET, with the log-in where the camera asks for one."""
    answer = _asked(url, request, "")
    if answer.status == 401 and request["username"]:
        asked = answer.headers.get_all("WWW-Authenticate", [])
        answer.close()
        header = authorization(asked, request["username"], request["password"], _target(url))
        answer = _asked(url, request, header)
    return answer


def _asked(url: SplitResult, request: Message, login: str) -> http.client.HTTPResponse:
    timeout = request["timeout_s"]
    host = url.hostname or ""
    if url.scheme == "https":
        context = ssl.create_default_context()
        if not request["verify"]:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, url.port, timeout=timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, url.port, timeout=timeout)
    headers = {"Accept": "image/*, multipart/x-mixed-replace, */*", "User-Agent": "lotwise", "Connection": "close"}
    if login:
        headers["Authorization"] = login
    connection.request("GET", _target(url), headers=headers)
    return connection.getresponse()


def _target(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")
