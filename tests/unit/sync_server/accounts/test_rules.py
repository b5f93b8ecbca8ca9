from __future__ import annotations

import pytest

from sync_server.accounts.rules import (
    TRIES_OF_STRANGERS,
    TRIES_PER_ACCOUNT_AND_SOURCE,
    TRIES_PER_SOURCE,
    Failures,
    check_try,
    derive_source,
)


@pytest.mark.parametrize(
    ("pair", "source", "everyone", "known", "may"),
    [
        (0, 0, 0, False, True),
        (TRIES_PER_ACCOUNT_AND_SOURCE - 1, TRIES_PER_SOURCE - 1, TRIES_OF_STRANGERS - 1, False, True),
        (TRIES_PER_ACCOUNT_AND_SOURCE, 5, 5, False, False),
        (TRIES_PER_ACCOUNT_AND_SOURCE, 5, 5, True, False),
        (0, TRIES_PER_SOURCE, 40, False, False),
        (0, TRIES_PER_SOURCE, 40, True, False),
        (0, 0, TRIES_OF_STRANGERS, False, False),
        (0, 0, TRIES_OF_STRANGERS, True, True),
    ],
)
def test_a_password_is_looked_at_below_each_limit(
    *, pair: int, source: int, everyone: int, known: bool, may: bool
) -> None:
    assert check_try(Failures(of_pair=pair, of_source=source, of_everyone=everyone, known=known)) is may


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        (None, "unknown"),
        ("no address", "unknown"),
    ],
)
def test_a_household_of_addresses_is_one_place(address: str | None, source: str) -> None:
    assert derive_source(address) == source
