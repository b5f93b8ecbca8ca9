"""Accounts as they are made; the passwords' hashing needs Flask-Security's application."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from shared.errors import MalformedInput, RuleViolation
from sync_server.accounts.operations import create_account, derive_subject
from sync_server.accounts.passwords import derive_password_hash, verify_password_hash
from sync_server.accounts.policy import Role
from sync_server.accounts.sign_in import install_sign_in
from sync_server.clock import StandingClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sync_server.db import Database

CLOCK = StandingClock(int(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000))
GOOD = "hill lamp river 42"


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    app = Flask(__name__)
    app.secret_key = b"k" * 32
    install_sign_in(app, database=database, clock=CLOCK, hall="H1")
    with app.app_context():
        yield app


def make(database: Database, **given: object) -> None:
    fields = {"username": "anna", "display_name": "安娜", "role": Role.OFFICE, "password": GOOD} | given
    with database.transaction() as session:
        create_account(session, hall="H1", clock=CLOCK, **fields)  # type: ignore[arg-type]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short 1", "password_too_short"),
        ("x" * 129, "password_too_long"),
        ("1234567890", "password_too_easy"),
        ("Qwertyuiop", "password_too_easy"),
        ("aaaabbbbccccdddd", "password_too_easy"),
        ("my name is Anna 7", "password_too_easy"),
        ("5201314520", "password_too_easy"),
    ],
)
def test_a_password_that_guessers_try_first_is_refused(database: Database, password: str, code: str) -> None:
    with pytest.raises(RuleViolation, match=code):
        make(database, password=password)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("username", ["", "a", "Anna Smith", "安娜", "a" * 41, "-anna", "anna\n"])
def test_a_user_name_is_small_letters_and_digits(database: Database, username: str) -> None:
    if username.strip() != username:
        make(database, username=username)
        return
    with pytest.raises(MalformedInput, match="username_malformed"):
        make(database, username=username)


@pytest.mark.usefixtures("app")
def test_a_name_is_given_once_however_it_is_spelled(database: Database) -> None:
    make(database, username="anna")

    with pytest.raises(RuleViolation, match="username_taken"):
        make(database, username=" ANNA ")


@pytest.mark.usefixtures("app")
def test_no_person_has_the_role_of_a_kiosk(database: Database) -> None:
    with pytest.raises(RuleViolation, match="role_is_no_person"):
        make(database, role=Role.KIOSK)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("name", ["", "  ", "长" * 81])
def test_an_account_is_somebodys(database: Database, name: str) -> None:
    with pytest.raises(MalformedInput, match="display_name_malformed"):
        make(database, display_name=name)


@pytest.mark.usefixtures("app")
def test_a_password_is_kept_as_argon2id_and_each_time_another() -> None:
    first, second = derive_password_hash(GOOD), derive_password_hash(GOOD)

    assert first.startswith("$argon2id$")
    assert first != second
    assert verify_password_hash(GOOD, first)
    assert not verify_password_hash(GOOD + " ", first)
    assert not verify_password_hash(GOOD, None)


def test_tries_are_counted_under_one_digest_for_each_spelling() -> None:
    secret = b"s" * 32

    assert derive_subject(secret, " Office") == derive_subject(secret, "office")
    assert derive_subject(secret, "office") != derive_subject(b"t" * 32, "office")
    assert len(derive_subject(secret, "办公室")) == 32
