"""Where the HTTP server may listen."""

import pytest
from pydantic import ValidationError

from lotwise.cameras.site.api import ApiSettings


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"host": "0.0.0.0"}, "needs a token"),
        ({"host": "::"}, "needs a token"),
        ({"host": "192.168.1.5"}, "needs a token"),
        ({"host": "localhost.example.com"}, "needs a token"),  # a name that only looks like it
        ({"certificate": "c.pem"}, "both certificate and key"),
        ({"token": "hunter2"}, "not written into the site file"),
        ({"port": 70000}, "65535"),
        ({"hots": "127.0.0.1"}, "hots"),
    ],
)
def test_refuses_what_would_be_open_to_all(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as error:
        ApiSettings.model_validate(settings)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.53"},
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "token": {"env": "T"}},
        {"host": "0.0.0.0", "enabled": False},  # listens nowhere
    ],
)
def test_takes_loopback_or_a_token(settings: dict[str, object]) -> None:
    assert ApiSettings.model_validate(settings).port == 8770
