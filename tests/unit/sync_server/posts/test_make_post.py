"""Posts are made once, with a code that records can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.errors import RuleViolation
from sync_server.posts.operations import make_post, next_post_number
from sync_server.posts.queries import list_posts, list_windows
from sync_server.staff.operations import make_department

if TYPE_CHECKING:
    from sync_server.db import Database

POST: dict[str, Any] = {"code": "P-001", "name_zh": "户籍", "name_en": "", "window": " 17 "}


def test_a_post_without_an_english_name_has_its_chinese_one(database: Database) -> None:
    with database.transaction() as session:
        department = make_department(session, "H1", name_zh="公安局", name_en="")
        make_post(session, "H1", department_id=department.id, **POST)
        [line] = list_posts(session, "H1")

        assert (line.name_en, line.department_en, line.window, line.holders) == ("户籍", "公安局", "17", [])
        assert list_windows(session, "H1") == ["17"]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"code": "P 1"}, "post_code_malformed"),
        ({"code": "岗1"}, "post_code_malformed"),
        ({"code": "P-001"}, "post_code_taken"),
        ({"code": "P-002", "name_zh": " "}, "post_name_missing"),
        ({"code": "P-002", "name_zh": "岗" * 201}, "post_text_too_long"),
        ({"code": "P-002", "window": "1" * 41}, "post_text_too_long"),
    ],
)
def test_a_post_that_records_or_pages_could_not_hold_is_refused(
    database: Database, other: dict[str, str], code: str
) -> None:
    with database.transaction() as session:
        department = make_department(session, "H1", name_zh="公安局", name_en="Police")
        make_post(session, "H1", department_id=department.id, **POST)
        with pytest.raises(RuleViolation, match=code):
            make_post(session, "H1", department_id=department.id, **{**POST, **other})


def test_a_department_is_made_once(database: Database) -> None:
    with database.transaction() as session:
        make_department(session, "H1", name_zh="公安局", name_en="Police")
        for name, code in (("公安局 ", "department_taken"), (" ", "department_name_missing")):
            with pytest.raises(RuleViolation, match=code):
                make_department(session, "H1", name_zh=name, name_en="")


def test_the_next_post_counts_on_from_the_highest() -> None:
    assert next_post_number(["P-002", "P-010", "A-99", "P-x"]) == 11
    assert next_post_number([]) == 1
