"""A staff list is taken whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from provisioning.demo.made_up_hall import DEPARTMENTS, load_demo_hall
from sync_server.posts.models import Post
from sync_server.staff.models import Department, StaffMember
from sync_server.staff.operations import StaffImport, import_staff
from sync_server.staff.queries import StaffFilter, count_staff, list_staff
from sync_server.staff.staff_file import Fault, StaffTable, read_staff_file

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from sync_server.db import Database


def table(*rows: str, header: str = "工号,姓名,部门,岗位,窗口") -> StaffTable:
    return read_staff_file("\n".join([header, *rows]).encode())


def take_in(database: Database, *rows: str, header: str = "工号,姓名,部门,岗位,窗口") -> StaffImport:
    with database.transaction() as session:
        return import_staff(session, "H1", table(*rows, header=header))


def counts(session: Session) -> tuple[int, int, int]:
    people, departments, posts = (
        session.scalar(select(func.count()).select_from(model)) or 0 for model in (StaffMember, Department, Post)
    )
    return people, departments, posts


def test_people_come_with_their_departments_and_posts(database: Database) -> None:
    report = take_in(
        database, "S1,甲,民政局,婚姻登记,43", "S2,乙,民政局,婚姻登记,44", "S3,丙,民政局,婚姻登记,43", "S4,丁,税务局,,"
    )

    with database.reading() as session:
        lines = list_staff(session, "H1", StaffFilter(), limit=10)
    assert (report.staff_added, report.departments_added, report.posts_added) == (4, ("民政局", "税务局"), 2)
    assert [(line.number, line.post_code, line.window) for line in lines] == [
        ("S1", "P-001", "43"),
        ("S2", "P-002", "44"),
        ("S3", "P-001", "43"),
        ("S4", "", ""),
    ]


def test_one_bad_row_and_nothing_is_changed(database: Database) -> None:
    report = take_in(database, "S1,甲,民政局,婚姻登记,43", "S1,乙,民政局,,")

    with database.reading() as session:
        assert counts(session) == (0, 0, 0)
    assert report == StaffImport(faults=(Fault(3, "工号", "number_twice_in_file", 2),))


def test_somebody_who_is_in_the_hall_already_is_named_by_line_and_nothing_is_changed(database: Database) -> None:
    take_in(database, "S1,甲,民政局,,")

    report = take_in(database, "S2,乙,税务局,,", "s1,甲,民政局,,")

    with database.reading() as session:
        assert counts(session) == (1, 1, 0)
    assert report.faults == (Fault(3, "工号", "number_in_hall"),)


def test_a_crash_halfway_leaves_nothing_of_a_list(database: Database) -> None:
    def crash(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), database.transaction() as session:
        import_staff(session, "H1", table("S1,甲,民政局,婚姻登记,43", "S2,乙,税务局,,"), progress=crash)

    with database.reading() as session:
        assert counts(session) == (0, 0, 0)


def test_a_post_of_another_department_is_no_post_of_this_one(database: Database) -> None:
    header = "工号,姓名,部门,岗位编号"
    take_in(database, "S1,甲,民政局,P-007", header=header)

    report = take_in(database, "S2,乙,税务局,P-007", "S3,丙,民政局,P-007", header=header)

    assert report.faults == (Fault(2, "岗位编号", "post_of_other_department"),)


def test_new_posts_take_the_next_codes_that_are_free(database: Database) -> None:
    take_in(database, "S1,甲,民政局,P-007", "S2,乙,民政局,A-1", header="工号,姓名,部门,岗位编号")

    take_in(database, "S3,丙,民政局,婚姻登记,43")

    with database.reading() as session:
        assert sorted(session.scalars(select(Post.code))) == ["A-1", "P-007", "P-008"]


def test_a_list_of_fifty_thousand_is_taken_with_progress(database: Database) -> None:
    steps: list[int] = []
    whole = table(*(f"S{number},甲,科{number % 40},岗{number % 300},{number % 120}" for number in range(50_000)))

    with database.transaction() as session:
        report = import_staff(session, "H1", whole, progress=lambda done, _total: steps.append(done))

    assert report.staff_added == steps[-1] == 50_000
    with database.reading() as session:
        assert count_staff(session, "H1", StaffFilter(search="S4999")) == 11


def test_the_demonstration_has_the_people_and_posts_that_it_promises(database: Database) -> None:
    with database.transaction() as session:
        report = load_demo_hall(session, "H1", timezone="Asia/Shanghai")

    with database.reading() as session:
        assert counts(session) == (80, 8, 60)
        held = session.scalar(select(func.count(func.distinct(StaffMember.post_id))))
    assert report.faults == ()
    assert len({name for department in DEPARTMENTS for name in department.people}) == 80
    assert held == 60


def test_a_search_takes_percent_and_underscore_as_what_they_are(database: Database) -> None:
    take_in(database, "S1,甲_乙,民政局,,", "S2,丙丁,民政局,,")

    with database.reading() as session:
        assert count_staff(session, "H1", StaffFilter(search="_")) == 1
        assert count_staff(session, "H1", StaffFilter(search="%")) == 0
        assert count_staff(session, "H1", StaffFilter(search="s2")) == 1
