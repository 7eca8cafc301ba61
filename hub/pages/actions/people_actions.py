"""Roles of users are changed, users locked, and users and tokens removed; never those of the one who decides."""

from __future__ import annotations

from collections.abc import Callable

from lotwise.hub.database.user_tables import ROLES, Role, TokenRow
from lotwise.hub.pages.actions.action import Action, Setting, never, to
from lotwise.hub.users.accounts import lock_user, remove_user, unlock_user, user_of
from lotwise.hub.users.tokens import remove_token

LOCKED, OPEN = "locked", "may sign in"


def _role(setting: Setting) -> str | None:
    user = user_of(setting.session, setting.target.node)
    return None if user is None else user.role


def _set_role(setting: Setting, value: str) -> None:
    user = user_of(setting.session, setting.target.node)
    if user is not None:
        user.role = next(role for role in ROLES if role == value)


def _lock(setting: Setting) -> str | None:
    user = user_of(setting.session, setting.target.node)
    return None if user is None else LOCKED if user.locked else OPEN


def _set_lock(setting: Setting, value: str) -> None:
    user = user_of(setting.session, setting.target.node)
    if user is not None:
        (lock_user if value == LOCKED else unlock_user)(setting.session, user)


def _remove(setting: Setting, value: str) -> None:
    user = user_of(setting.session, setting.target.node)
    if user is not None:
        remove_user(setting.session, user)


def _token(setting: Setting) -> str | None:
    token = setting.session.get(TokenRow, setting.target.node)
    return None if token is None else token.role


def _remove_token(setting: Setting, value: str) -> None:
    remove_token(setting.session, setting.target.node)


def _is_self(setting: Setting) -> bool:
    return setting.who == f"user {setting.target.node}"


def _of_others(value: str) -> Callable[[Setting, str], str]:
    """Nobody decides of himself: so there is always an admin left."""

    def why_not(setting: Setting, before: str) -> str:
        return "action.yourself" if _is_self(setting) else "action.already" if before == value else ""

    return why_not


def _role_action(role: Role) -> Action:
    return Action(
        f"make_{role}", f"role {role}", "user", _role, to(role), _set_role, _of_others(role),
        lambda setting, before: not _is_self(setting), needs="admin",
    )  # fmt: skip


def _lock_action(name: str, value: str) -> Action:
    return Action(
        name, name, "user", _lock, to(value), _set_lock, _of_others(value),
        lambda setting, before: not _is_self(setting), needs="admin",
    )  # fmt: skip


PEOPLE_ACTIONS = (
    *map(_role_action, ROLES),
    _lock_action("lock", LOCKED),
    _lock_action("unlock", OPEN),
    Action("remove_user", "remove user", "user", _role, to(""), _remove, _of_others(""), never, needs="admin"),
    Action("remove_token", "remove token", "token", _token, to(""), _remove_token, lambda *_: "", never, needs="admin"),
)
