"""Makes departments and staff, one by one or from a list, which is taken whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from shared.errors import RuleViolation
from sync_server.posts.models import Post
from sync_server.posts.operations import next_post_number
from sync_server.staff.models import Department, StaffMember, StaffState
from sync_server.staff.staff_file import Fault, Progress, StaffRow, StaffTable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_AT_ONCE: Final = 500


@dataclass(frozen=True)
class StaffImport:
    """What came of a list. With any fault nothing was written and the counts are 0."""

    staff_added: int = 0
    departments_added: tuple[str, ...] = ()
    posts_added: int = 0
    faults: tuple[Fault, ...] = ()
    unused_columns: tuple[str, ...] = ()


def make_department(session: Session, hall: str, *, name_zh: str, name_en: str) -> Department:
    """Add a department.

    Raises:
        RuleViolation: ``department_name_missing``, ``department_taken``.
    """
    if not name_zh.strip():
        raise RuleViolation("department_name_missing")
    known = select(Department.id).where(Department.hall == hall, Department.name_zh == name_zh.strip())
    if session.scalar(known) is not None:
        raise RuleViolation("department_taken")
    department = Department(hall=hall, name_zh=name_zh.strip(), name_en=name_en.strip() or name_zh.strip())
    session.add(department)
    session.flush()
    return department


def import_staff(session: Session, hall: str, table: StaffTable, *, progress: Progress | None = None) -> StaffImport:
    """Add everybody in ``table``, with the departments and posts that are not known yet, or nobody.

    A post is known by its code where the list gives one, else by department, name and window; a new
    one without a code gets the next ``P-``. The caller publishes. Writes nothing where the table has
    a fault, or somebody in it is in the hall already.
    """
    faults = [*table.faults, *_faults_against_hall(session, hall, table)]
    if faults:
        return StaffImport(faults=tuple(sorted(faults)), unused_columns=tuple(table.unused_columns))
    places = _Places(session, hall)
    members = []
    for done, row in enumerate(table.rows, 1):
        department_id = places.department(row.department)
        members.append(
            {
                "hall": hall,
                "number": row.number,
                "name": row.name,
                "department_id": department_id,
                "post_id": places.post(row, department_id),
                "state": StaffState.ACTIVE.value,
            }
        )
        if progress is not None:
            progress(done, len(table.rows))
    for first in range(0, len(members), _AT_ONCE):
        session.execute(insert(StaffMember), members[first : first + _AT_ONCE])
    return StaffImport(
        staff_added=len(members),
        departments_added=tuple(places.departments_added),
        posts_added=places.posts_added,
        unused_columns=tuple(table.unused_columns),
    )


def _faults_against_hall(session: Session, hall: str, table: StaffTable) -> list[Fault]:
    there = {number.upper() for number in session.scalars(select(StaffMember.number).where(StaffMember.hall == hall))}
    posts = dict(
        session.execute(
            select(Post.code, Department.name_zh)
            .join(Department, Department.id == Post.department_id)
            .where(Post.hall == hall)
        ).all()
    )
    title = table.column_titles.get("number", "")
    faults = [Fault(row.line, title, "number_in_hall") for row in table.rows if row.number.upper() in there]
    code_title = table.column_titles.get("post_code", "")
    faults.extend(
        Fault(row.line, code_title, "post_of_other_department")
        for row in table.rows
        if row.post_code and posts.setdefault(row.post_code, row.department) != row.department
    )
    return faults


@dataclass
class _Places:
    """Departments and posts of one hall by what a list calls them; makes what is not there."""

    session: Session
    hall: str
    departments_added: list[str] = field(default_factory=list)
    posts_added: int = 0

    def __post_init__(self) -> None:
        departments = self.session.scalars(select(Department).where(Department.hall == self.hall)).all()
        self._departments = {row.name_zh: row.id for row in departments}
        self._departments.update({row.name_en: row.id for row in departments if row.name_en not in self._departments})
        posts = self.session.scalars(select(Post).where(Post.hall == self.hall)).all()
        self._by_code = {post.code: post.id for post in posts}
        self._by_name = {(post.department_id, post.name_zh, post.window or ""): post.id for post in posts}
        self._next = next_post_number(list(self._by_code))

    def department(self, name: str) -> int:
        """Return the department of that name, made if it is not there."""
        if name not in self._departments:
            department = Department(hall=self.hall, name_zh=name, name_en=name)
            self.session.add(department)
            self.session.flush()
            self._departments[name] = department.id
            self.departments_added.append(name)
        return self._departments[name]

    def post(self, row: StaffRow, department_id: int) -> int | None:
        """Return the post that a row names, made if it is not there; None if the row names none."""
        if row.post_code in self._by_code:
            return self._by_code[row.post_code]
        named = department_id, row.post, row.window
        if not row.post_code and named in self._by_name:
            return self._by_name[named]
        if not (row.post or row.post_code):
            return None
        code = row.post_code or self._unused_code()
        name = row.post or row.post_code
        post = Post(
            hall=self.hall,
            code=code,
            name_zh=name,
            name_en=name,
            department_id=department_id,
            window=row.window or None,
        )
        self.session.add(post)
        self.session.flush()
        self._by_code[code] = self._by_name[named] = post.id
        self.posts_added += 1
        return post.id

    def _unused_code(self) -> str:
        while (code := f"P-{self._next:03d}") in self._by_code:
            self._next += 1
        self._next += 1
        return code
