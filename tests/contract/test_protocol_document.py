"""PROTOCOL.md says what the code does: its tables are in date, and everything that has a name is named."""

from __future__ import annotations

import re

import pytest

from shared import limits
from shared.records import KNOWN_TYPES
from shared.signed_line import Purpose
from shared.sync_messages import BASE_PATH, KioskAction
from shared.sync_session import TRANSITIONS
from sync_server import problems
from sync_server.fleet import sync_views as enrolment_views
from sync_server.ingest import views as ingest_views
from sync_server.publishing import sync_views as pack_views
from tests.contract.protocol_tables import DOCUMENT, find_codes, format_transitions, renew

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_tables_are_in_date() -> None:
    assert renew(TEXT) == TEXT, "python -m tests.contract.protocol_tables"


def test_a_table_that_fell_behind_is_found() -> None:
    assert renew(TEXT.replace("| `greeting` | `session_verified` | `open` |\n", "")) == TEXT


def test_the_session_table_holds_every_move_of_the_code() -> None:
    told = set(re.findall(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \|$", "\n".join(format_transitions()), re.MULTILINE))
    assert told == {(state.value, event.value, following.value) for (state, event), following in TRANSITIONS.items()}


@pytest.mark.parametrize(
    "names",
    [
        KNOWN_TYPES,
        find_codes(),
        [name for name in vars(limits) if name.isupper()],
        [purpose.value for purpose in Purpose],
        [action.value for action in KioskAction],
        problems._BY_CODE,
        [event.value for _, event in TRANSITIONS],
    ],
    ids=["record types", "error codes", "limits", "purposes", "advice", "problems", "events"],
)
def test_everything_that_has_a_name_is_named(names: list[str]) -> None:
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def test_every_error_code_says_something_to_a_person() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `\w+`[^|]* \| (.*) \|$", TEXT, re.MULTILINE))
    assert [code for code in find_codes() if not rows.get(code)] == []


def test_every_path_that_kiosks_call_is_in_the_table_of_requests() -> None:
    routes = [route for table in (ingest_views, enrolment_views, pack_views) for route in table.ROUTES]
    served = {
        (method, re.sub(r"<(\w+)>", r"{\1}", route.rule.removeprefix(f"{BASE_PATH}/")))
        for route in routes
        if route.rule.startswith(BASE_PATH)
        for method in route.methods
    }
    told = re.findall(r"^\| `(POST|PUT|GET) ([a-z0-9/{}]+)[?`]", TEXT, re.MULTILINE)
    assert set(told) == served


def test_every_section_that_the_text_points_to_is_there() -> None:
    titles = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors
