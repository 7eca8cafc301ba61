"""Tables of users, of their sign-ins and of programs' tokens. A change here needs a migration."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lotwise.hub.database.columns import Base
from lotwise.hub.database.tables import Digest, Word

Role = Literal["viewer", "operator", "admin"]
"""A viewer looks; an operator also decides of nodes, cameras and bundles; an admin also of other users."""
ROLES: tuple[Role, ...] = get_args(Role)
"""Each may do what those before it may."""
UserName = String(64)


class UserRow(Base):
    """A person who may sign in."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(UserName, primary_key=True)
    role: Mapped[Role] = mapped_column(Word)
    password: Mapped[str] = mapped_column(String(200))
    """Its Argon2id hash, with salt and parameters."""
    locked: Mapped[bool] = mapped_column(default=False)
    """Cannot sign in until somebody unlocks the user."""
    created: Mapped[datetime]
    seen: Mapped[datetime | None]


class SignInRow(Base):
    """A browser in which a user has signed in."""

    __tablename__ = "sign_ins"

    token_sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    user_name: Mapped[str] = mapped_column(ForeignKey("users.name", ondelete="CASCADE"), index=True)
    started: Mapped[datetime]
    used: Mapped[datetime]


class TokenRow(Base):
    """A program that may ask for what the pages show."""

    __tablename__ = "tokens"

    name: Mapped[str] = mapped_column(UserName, primary_key=True)
    role: Mapped[Role] = mapped_column(Word)
    token_sha256: Mapped[str] = mapped_column(Digest, unique=True)
    created: Mapped[datetime]
    used: Mapped[datetime | None]
