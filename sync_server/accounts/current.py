"""The person behind the request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import flask_security
from flask_security import RoleMixin, UserMixin

from sync_server.accounts.policy import Role

if TYPE_CHECKING:
    from sync_server.accounts.models import Account


@dataclass(frozen=True)
class SignedInRole(RoleMixin):
    """What Flask-Security calls a role; ours stand in the policy table."""

    name: str = ""
    permissions: list[str] | None = None


@dataclass(frozen=True)
class SignedInUser(UserMixin):
    """A snapshot of an account, valid for one request and bound to no database session."""

    id: int
    username: str
    display_name: str
    role: Role
    hall: str
    fs_uniquifier: str = ""
    active: bool = True
    roles: list[RoleMixin] = field(default_factory=list)
    password: str = field(default="", repr=False)


def snapshot_of(account: Account) -> SignedInUser:
    """Return what a request may know of ``account``. Pure."""
    return SignedInUser(
        id=account.id,
        username=account.username,
        display_name=account.display_name,
        role=Role(account.role),
        hall=account.hall,
        fs_uniquifier=account.stamp,
        active=account.active,
        roles=[SignedInRole(account.role)],
        password=account.password_hash,
    )


def signed_in_user() -> SignedInUser | None:
    """Return who is signed in, or ``None``."""
    user = flask_security.current_user
    return user._get_current_object() if user and user.is_authenticated else None  # noqa: SLF001  # the proxy's one way out


def current_user() -> SignedInUser:
    """Return who is signed in, in a view whose policy names roles.

    Raises:
        RuntimeError: nobody is; the view's policy is public and it asked all the same.
    """
    user = signed_in_user()
    if user is None:
        raise RuntimeError("current_user in a public view")
    return user
