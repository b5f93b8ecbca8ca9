from __future__ import annotations

import pytest

from shared.errors import RuleViolation
from sync_server.accounts.policy import PolicyTable, Role


def test_a_second_policy_for_a_page_is_refused() -> None:
    policy = PolicyTable()
    policy.set("page", frozenset({Role.OFFICE}))

    with pytest.raises(RuleViolation, match="policy_given_twice"):
        policy.set("page", None)


def test_a_policy_that_names_nobody_is_a_slip() -> None:
    with pytest.raises(RuleViolation, match="policy_empty"):
        PolicyTable().set("page", frozenset())


def test_public_means_also_nobody_and_named_means_only_named() -> None:
    policy = PolicyTable()
    policy.set("open", None)
    policy.set("closed", frozenset({Role.OFFICE}))

    assert policy.allows("open", None)
    assert policy.allows("open", Role.CLERK)
    assert policy.allows("closed", Role.OFFICE)
    assert not policy.allows("closed", Role.CLERK)
    assert not policy.allows("closed", None)
    with pytest.raises(KeyError):
        policy.allows("unknown", Role.OFFICE)
