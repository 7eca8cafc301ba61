"""What an action is: one value of a node, a camera, a user, a program or a rollout that a person may change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from lotwise.hub.database.user_tables import Role
from lotwise.hub.hub import Hub

Kind = Literal["node", "camera", "user", "token", "rollout"]


@dataclass(frozen=True)
class Target:
    """What is decided of.

    Attributes:
        node: fingerprint of a node; where no node is meant, the name of the user or program, or the rollout's number.
        camera: id of a camera of the node; "" where none is meant.
    """

    node: str
    camera: str = ""

    @staticmethod
    def of(text: str) -> Target:
        """From a form: ``node`` or ``node/camera``.

        >>> Target.of("ab12/C1")
        Target(node='ab12', camera='C1')
        """
        node, _, camera = text.partition("/")
        return Target(node, camera)

    def __str__(self) -> str:
        return f"{self.node}/{self.camera}" if self.camera else self.node


@dataclass(frozen=True)
class Setting:
    """Where an action works.

    Attributes:
        session: to read or write with.
        target: whose value.
        hub: whose tables they are.
        who: person who decides.
    """

    session: Session
    target: Target
    hub: Hub
    who: str


@dataclass(frozen=True)
class Action:
    """Something that a person may decide.

    Attributes:
        name: of its texts.
        noted: word in the audit log.
        of: what it decides of.
        read: the value that it changes; None where the target is not there.
        after: the value that it wants, from the present one.
        write: sets the value.
        why_not: key of the text that says why nothing is to be done, from the present value; "" where something is.
        restorable: whether a value of before can be set back now.
        about: one line on what would be, from the present value; "" for none.
        needs: role that may decide it.
    """

    name: str
    noted: str
    of: Kind
    read: Callable[[Setting], str | None]
    after: Callable[[Setting, str], str]
    write: Callable[[Setting, str], None]
    why_not: Callable[[Setting, str], str]
    restorable: Callable[[Setting, str], bool] = lambda setting, before: True
    about: Callable[[Setting, str], str] = lambda setting, before: ""
    needs: Role = "operator"


def unless(value: str) -> Callable[[Setting, str], str]:
    """Nothing is to be done where the value is this one already."""
    return lambda _, before: "action.already" if before == value else ""


def to(value: str) -> Callable[[Setting, str], str]:
    """The action wants this value, whatever the present one."""
    return lambda setting, before: value


def never(setting: Setting, before: str) -> bool:
    """Of an action that cannot be undone."""
    return False
