"""Roles, and the one table that says which role may open which page.

The table is filled by the URL tables of the blueprints and read by one hook before each request.
It owns no page. Its laws: an endpoint that is not in the table stops the program at its start; a
role that an endpoint does not name is refused; the three administrators (三员) share no power to
change and to audit the same thing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from shared.errors import RuleViolation

if TYPE_CHECKING:
    from collections.abc import Iterator


class Role(StrEnum):
    """What an account is for. An account has one role; a person with two tasks has two accounts."""

    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDIT_ADMINISTRATOR = "audit_administrator"
    OFFICE = "office"
    DEPARTMENT_HEAD = "department_head"
    LEADER = "leader"
    SUPERIOR = "superior"
    INSPECTOR = "inspector"
    CLERK = "clerk"
    STAFF_MEMBER = "staff_member"
    KIOSK = "kiosk"


SIGNED_IN: Final = frozenset(Role) - {Role.KIOSK}
"""Every person with an account."""

OFFICE_WORK: Final = frozenset({Role.OFFICE})
"""What the central office (政务中心办公室) does: badges, staff, sessions."""

WATCHING: Final = frozenset(
    {
        Role.OFFICE,
        Role.DEPARTMENT_HEAD,
        Role.LEADER,
        Role.SUPERIOR,
        Role.INSPECTOR,
        Role.AUDIT_ADMINISTRATOR,
    }
)
"""Who reads attendance, badges and cover without changing them."""

KIOSKS: Final = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.OFFICE})
"""Who makes a place for a kiosk and sees the fleet."""

KIOSK_APPROVAL: Final = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.OFFICE})
"""Who may be the second person of an enrolment."""

COUNTER: Final = frozenset({Role.CLERK, Role.OFFICE})
"""Who calls numbers at a window."""

MACHINES: Final = frozenset({Role.KIOSK})
"""Programs that prove themselves by keys and bearer tokens; no cookie reaches such a route."""


class PolicyTable:
    """Endpoint -> roles; ``None`` means public. Filled at start, read ever after."""

    def __init__(self) -> None:
        self._roles: dict[str, frozenset[Role] | None] = {}

    def set(self, endpoint: str, roles: frozenset[Role] | None) -> None:
        """Write down who may open ``endpoint``.

        Raises:
            RuleViolation: ``policy_given_twice``, ``policy_empty``.
        """
        if endpoint in self._roles:
            raise RuleViolation("policy_given_twice", endpoint=endpoint)
        if roles is not None and not roles:
            raise RuleViolation("policy_empty", endpoint=endpoint)
        self._roles[endpoint] = roles

    def __contains__(self, endpoint: object) -> bool:
        """Tell whether a policy was given."""
        return endpoint in self._roles

    def __iter__(self) -> Iterator[str]:
        """Go through the endpoints."""
        return iter(self._roles)

    def roles(self, endpoint: str) -> frozenset[Role] | None:
        """Return the roles of ``endpoint``; ``None`` means public. An unknown endpoint is a KeyError."""
        return self._roles[endpoint]

    def allows(self, endpoint: str, role: Role | None) -> bool:
        """Tell whether ``role`` (``None``: nobody signed in) may open ``endpoint``. Pure."""
        roles = self._roles[endpoint]
        return roles is None or (role is not None and role in roles)
