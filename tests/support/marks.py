"""Ties tests to articles and faults, and tells for each id what the tests showed.

``--evidence=regulations`` and ``--evidence=faults`` run only the tests that carry such a mark, print
one row an id and write ``var/regulations.json`` or ``var/faults.json``. An id is whole when nothing
of it is missing, failed or skipped. A mark with an unknown id stops the run: a slip of the pen would
otherwise look like a gap, or hide one.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.articles import ARTICLES, Row, locate_regulation
from tests.support.fault_rows import FAULTS, locate_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OUTCOMES: Final = ("passed", "failed", "skipped")


@dataclass(frozen=True)
class Table:
    """A kind of evidence: its marker, its rows, and how a mark is read."""

    marker: str
    rows: Mapping[str, Row]
    locate: Callable[[str], tuple[str, set[str]]]


TABLES: Final = {
    "regulations": Table("regulation", ARTICLES, locate_regulation),
    "faults": Table("fault", FAULTS, locate_fault),
}


def marks_of(item: pytest.Item, table: Table) -> list[str]:
    """Return what the test is marked with, each once."""
    return list(dict.fromkeys(str(mark) for marker in item.iter_markers(table.marker) for mark in marker.args))


@dataclass
class Tally:
    """Outcomes and parts shown, by id."""

    table: Table
    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    shown: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def count(self, marks: list[str], outcome: str) -> None:
        """Add one test's outcome to each id that it speaks of."""
        for row in {self.table.locate(mark)[0] for mark in marks}:
            self.outcomes[row][outcome] += 1
        for mark in marks:
            row, shown = self.table.locate(mark)
            self.shown[row] |= shown

    def summarise(self) -> dict[str, dict[str, Any]]:
        """Return every id of the table with its counts and what no test speaks of."""
        return {
            row: {
                **{outcome: self.outcomes[row][outcome] for outcome in OUTCOMES},
                "missing": [asked for asked in self.table.rows[row].asked if asked not in self.shown[row]],
            }
            for row in self.table.rows
        }


class Evidence:
    """Collects the outcome of each marked test, from other processes too, and writes the table."""

    def __init__(self, config: pytest.Config, kind: str) -> None:
        self.config = config
        self.kind = kind
        self.tally = Tally(TABLES[kind])
        self.outcome_of: dict[str, str] = {}
        self.marks_by_test: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst outcome of set-up, call and tear-down; xfail counts as skipped."""
        marks = dict(report.user_properties).get(self.kind)
        if not isinstance(marks, list):
            return
        self.marks_by_test[report.nodeid] = marks
        before = self.outcome_of.get(report.nodeid, "passed")
        worst = max(before, report.outcome, key=["passed", "skipped", "failed"].index)
        self.outcome_of[report.nodeid] = worst

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file; no marked test at all is no failure, it shows as missing."""
        if hasattr(self.config, "workerinput"):
            return
        for test, marks in self.marks_by_test.items():
            self.tally.count(marks, self.outcome_of[test])
        target = self.config.rootpath / "var" / f"{self.kind}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(self.tally.summarise(), indent=1) + "\n", encoding="utf-8")
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print one row an id and a last line that counts them."""
        terminalreporter.section(self.kind)
        told = self.tally.summarise()
        whole = 0
        for row, shown in told.items():
            is_whole = not (shown["missing"] or shown["failed"] or shown["skipped"])
            whole += is_whole
            counts = "  ".join(f"{shown[outcome]:3d} {outcome}" for outcome in OUTCOMES)
            verdict = "whole" if is_whole else ("missing: " + " ".join(shown["missing"]) if shown["missing"] else "")
            terminalreporter.line(f"{row:<6} {self.tally.table.rows[row].title:<52} {counts}  {verdict}".rstrip())
        terminalreporter.line(f"{whole} of {len(told)} whole; var/{self.kind}.json")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--evidence``."""
    parser.addoption(
        "--evidence", choices=sorted(TABLES), help="run only the tests that are marked so, and tell for each id"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to collect where it was asked for."""
    kind = config.getoption("--evidence")
    if kind:
        config.pluginmanager.register(Evidence(config, kind), "servicehall-evidence")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check every mark, hand it on with the report, and leave out what was not asked for."""
    wanted = config.getoption("--evidence")
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        for kind, table in TABLES.items():
            marks = marks_of(item, table)
            check_marks(item, table, marks)
            if marks:
                item.user_properties.append((kind, marks))
        (kept if wanted is None or marks_of(item, TABLES[wanted]) else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def check_marks(item: pytest.Item, table: Table, marks: list[str]) -> None:
    """Raise UsageError where a mark names no row of the table."""
    if not marks and item.get_closest_marker(table.marker):
        raise pytest.UsageError(f"{item.nodeid}: {table.marker} needs an id")
    for mark in marks:
        try:
            table.locate(mark)
        except LookupError:
            raise pytest.UsageError(f"{item.nodeid}: no row {mark!r} for {table.marker}") from None
