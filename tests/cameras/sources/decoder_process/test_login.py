"""Which log-in is taken of those that a camera offers, and the values of RFC 7616 and RFC 2617."""

from __future__ import annotations

import pytest

from lotwise.cameras.sources.decoder_process import login
from lotwise.cameras.sources.decoder_process.failure import Failure
from lotwise.cameras.sources.decoder_process.login import authorization

REALM = 'realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", qop="auth, auth-int"'
CLIENT = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, response: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login.secrets, "token_hex", lambda _: CLIENT)
    given = authorization(
        [f"Digest {REALM}, algorithm={algorithm}"], "Mufasa", "Circle of Life", "/dir/index.html"
    )  # fmt: skip
    assert f'response="{response}"' in given


def test_the_strongest_way_that_is_known_is_taken() -> None:
    offers = ["Basic realm=x", f"Digest {REALM}, algorithm=MD5", f"Digest {REALM}, algorithm=SHA-256"]
    assert "algorithm=SHA-256" in authorization(offers, "a", "b", "/")


def test_quotes_and_letters_of_a_user_name() -> None:
    given = authorization([f"Digest {REALM}"], 'jürgen "j"', "p", "/")
    assert given.encode("latin-1").startswith('Digest username="jürgen \\"j\\""'.encode())


@pytest.mark.parametrize("offers", [[], ["Negotiate"], ['Digest realm="x", nonce="y", algorithm=BLAKE3']])
def test_no_way_that_is_known(offers: list[str]) -> None:
    with pytest.raises(Failure, match="set it to Digest or Basic"):
        authorization(offers, "a", "b", "/")
