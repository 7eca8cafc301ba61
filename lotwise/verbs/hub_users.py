"""``lotwise hub user`` and ``lotwise hub token``: who may use the operators' pages."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.options import JsonFile
from lotwise.terminal import out, plain_table, print_table, write_json
from lotwise.verbs.hub_shared import DEFAULT, HubFileOption, opened, operator

if TYPE_CHECKING:
    from lotwise.hub.database.user_tables import Role

UserName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")]
TokenName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the program.")]
RoleOption = Annotated[
    str, typer.Option("--role", help="viewer looks, operator also decides of nodes and cameras, admin also of users.")
]

user = typer.Typer(rich_markup_mode="rich", no_args_is_help=True)
token = typer.Typer(rich_markup_mode="rich", no_args_is_help=True)


def add_users(hub: typer.Typer) -> None:
    """Add both groups of commands to a group."""
    hub.add_typer(user, name="user", help="Users of the operators' pages, with their roles.")
    hub.add_typer(token, name="token", help="Tokens of programs that read what the operators' pages show.")


@user.command("add", epilog="Examples: lotwise hub user add anna --role admin   ·   lotwise hub user add anna < file")
def add(name: UserName, role: RoleOption = "viewer", file: HubFileOption = DEFAULT) -> None:
    """Let somebody sign in. The password is asked for, or is the first line of the input; it is no argument."""
    from lotwise.hub.database import audit
    from lotwise.hub.users.accounts import add_user, checked_name

    checked_name(name, "user")
    chosen = _role(role)
    with opened(file) as (database, _):
        password = _password()
        with database.writing() as session:
            add_user(session, name, chosen, password)
            audit.note(session, operator(), "add user", name, {"role": chosen})
    out.print(f"user {name} may sign in as {chosen}")


@user.command("list", epilog="Example: lotwise hub user list --json users.json")
def list_users(file: HubFileOption = DEFAULT, as_json: JsonFile = None) -> None:
    """All users, with their roles."""
    from lotwise.hub.users.accounts import users_by_name

    with opened(file) as (database, _), database.reading() as session:
        found = users_by_name(session)
    rows = [(one.name, one.role, _time(one.created), _time(one.seen)) for one in found]
    print_table(plain_table(("user", "role", "added", "last sign-in"), rows))
    if not found:
        out.print("nobody can sign in yet: lotwise hub user add NAME --role admin")
    write_json(as_json, [_json("user", one.name, one.role, one.created, one.seen) for one in found])


@user.command("remove", epilog="Example: lotwise hub user remove anna")
def remove(name: UserName, file: HubFileOption = DEFAULT) -> None:
    """Let somebody sign in no more; open pages of this user end at once."""
    from lotwise.hub.database import audit
    from lotwise.hub.users.accounts import find_user, remove_user

    with opened(file) as (database, _), database.writing() as session:
        remove_user(session, find_user(session, name))
        audit.note(session, operator(), "remove user", name)
    out.print(f"user {name} is removed")


@user.command("password", epilog="Example: lotwise hub user password anna")
def password(name: UserName, file: HubFileOption = DEFAULT) -> None:
    """Give a user another password, and sign the user out everywhere."""
    from lotwise.hub.database import audit
    from lotwise.hub.users.accounts import find_user, set_password

    with opened(file) as (database, _):
        with database.reading() as session:
            find_user(session, name)
        new = _password()
        with database.writing() as session:
            set_password(session, find_user(session, name), new)
            audit.note(session, operator(), "new password", name)
    out.print(f"user {name} has a new password and is signed out everywhere")


@user.command("role", epilog="Example: lotwise hub user role anna --role operator")
def role(name: UserName, role: RoleOption, file: HubFileOption = DEFAULT) -> None:
    """Give a user another role, from the next request on."""
    from lotwise.hub.database import audit
    from lotwise.hub.users.accounts import find_user

    chosen = _role(role)
    with opened(file) as (database, _), database.writing() as session:
        find_user(session, name).role = chosen
        audit.note(session, operator(), "new role", name, {"role": chosen})
    out.print(f"user {name} is {chosen} from now on")


@token.command("add", epilog="Example: lotwise hub token add dashboard --role viewer")
def add_one(name: TokenName, role: RoleOption = "viewer", file: HubFileOption = DEFAULT) -> None:
    """Make a token for a program. It is shown once; the hub keeps its hash."""
    from lotwise.hub.database import audit
    from lotwise.hub.users.tokens import add_token

    chosen = _role(role)
    with opened(file) as (database, _), database.writing() as session:
        made = add_token(session, name, chosen)
        audit.note(session, operator(), "add token", name, {"role": chosen})
    out.print("Send it as Authorization: Bearer TOKEN; it cannot be shown again:")
    print(made)


@token.command("list", epilog="Example: lotwise hub token list")
def list_tokens(file: HubFileOption = DEFAULT, as_json: JsonFile = None) -> None:
    """All programs that have a token."""
    from lotwise.hub.users.tokens import tokens_by_name

    with opened(file) as (database, _), database.reading() as session:
        found = tokens_by_name(session)
    rows = [(one.name, one.role, _time(one.created), _time(one.used)) for one in found]
    print_table(plain_table(("program", "role", "added", "last used"), rows))
    write_json(as_json, [_json("token", one.name, one.role, one.created, one.used) for one in found])


@token.command("remove", epilog="Example: lotwise hub token remove dashboard")
def remove_one(name: TokenName, file: HubFileOption = DEFAULT) -> None:
    """Take a token back, from the next request on."""
    from lotwise.hub.database import audit
    from lotwise.hub.users.tokens import remove_token

    with opened(file) as (database, _), database.writing() as session:
        remove_token(session, name)
        audit.note(session, operator(), "remove token", name)
    out.print(f"token {name} is removed")


def _role(word: str) -> Role:
    from lotwise.datasets.errors import InputError
    from lotwise.hub.database.user_tables import ROLES

    for known in ROLES:
        if word == known:
            return known
    raise InputError(f"--role {word}: give {', '.join(ROLES[:-1])} or {ROLES[-1]}")


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _time(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _json(kind: str, name: str, role: str, added: datetime, used: datetime | None) -> dict[str, str | None]:
    return {kind: name, "role": role, "added": added.isoformat(), "used": None if used is None else used.isoformat()}
