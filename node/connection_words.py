"""Why there is no connection to another machine, as one line that says what to do."""

from __future__ import annotations

import http.client
import ssl
from urllib.error import URLError

from lotwise.cameras.site.secret import masked

MAX_WORDS = 400
"""Characters of what another machine says that go into the log."""
_NOT_YET_VALID, _EXPIRED, _WRONG_NAME = 9, 10, (62, 64)  # of X509_V_ERR_…


def one_line(text: str) -> str:
    """What somebody else says, fit for a log: one line of printable characters, not too long, without passwords."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return masked(" ".join(printable.split()))[:MAX_WORDS]


def connection_words(error: Exception, whom: str = "the hub", setting: str = "hub") -> str:
    """Why there is no connection, and what to do.

    Args:
        error: what the attempt ended with.
        whom: the other side.
        setting: section of the site file that names it.
    """
    why = error.reason if isinstance(error, URLError) else error
    match why:
        case ssl.SSLCertVerificationError():
            return _certificate_words(why, whom, setting)
        case ssl.SSLError() if "WRONG_VERSION_NUMBER" in str(why) or "RECORD_LAYER" in str(why):
            return (
                f"what listens there does not speak TLS; check the port of {setting}.url, and that {whom} has a "
                "certificate"
            )
        case ssl.SSLError():
            said = one_line(why.reason or str(why))
            return f"no encrypted connection ({said}); check {whom}'s certificate"
        case ConnectionRefusedError():
            return f"nothing listens there; start {whom}, or correct {setting}.url"
        case TimeoutError():
            return "it does not answer"
        case http.client.HTTPException() | ConnectionError():
            return f"the connection broke off ({type(why).__name__})"
        case OSError() if getattr(why, "errno", None) in (-2, -3, -5) or type(why).__name__ == "gaierror":
            return f"its name cannot be found; check {setting}.url and this machine's name server"
    return one_line(str(why)) or type(why).__name__


def _certificate_words(error: ssl.SSLCertVerificationError, whom: str, setting: str) -> str:
    said = one_line(error.verify_message)
    if error.verify_code == _NOT_YET_VALID:
        return f"its certificate is not valid yet ({said}); set this machine's clock (NTP)"
    if error.verify_code == _EXPIRED:
        return f"its certificate has expired ({said}); renew it on {whom}, or set this machine's clock (NTP)"
    if error.verify_code in _WRONG_NAME:
        return (
            f"its certificate is of another name ({said}); give the name in it as {setting}.url, or make one for this "
            "name"
        )
    return f"its certificate is not trusted ({said}); name the file of the authority that signed it as {setting}.ca"
