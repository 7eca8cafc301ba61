"""Passwords are kept as hashes, and weak ones are refused."""

import pytest
from argon2 import PasswordHasher

from lotwise.datasets.errors import InputError
from lotwise.hub.users.passwords import check_password, hash_password, is_outdated, is_right

GOOD = "four words are better"


def test_only_the_right_password_is_right() -> None:
    kept = hash_password(GOOD)
    assert GOOD not in kept and kept.startswith("$argon2id$")
    assert is_right(kept, GOOD)
    assert not is_right(kept, GOOD + "!")
    assert not is_right(kept, "")
    assert not is_right(None, GOOD), "nobody's password is right"
    assert not is_right("no hash at all", GOOD)


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password(GOOD) != hash_password(GOOD)


def test_a_hash_of_weaker_parameters_is_outdated() -> None:
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(GOOD))
    assert not is_outdated(hash_password(GOOD))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "12 to 200 characters"),
        ("x" * 201, "12 to 200 characters"),
        ("aaaaaaaaaaaaaaa", "too easy to guess"),
        ("Anna.Operator", "too easy to guess"),  # the name itself
    ],
)
def test_a_weak_password_is_refused(password: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        check_password(password, "anna.operator")
