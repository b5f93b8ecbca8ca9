"""The command that takes in a staff list."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask_babel import force_locale, gettext, ngettext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from provisioning.sentences import choose_language
from shared.errors import MalformedInput, Unavailable
from sync_server import create_app
from sync_server.config import load_settings
from sync_server.publishing.operations import publish
from sync_server.runtime import EXTENSION, Runtime
from sync_server.staff.operations import StaffImport
from sync_server.staff.operations import import_staff as take_in
from sync_server.staff.sentences import fault_sentence, refusal_sentence
from sync_server.staff.staff_file import read_staff_file
from sync_server.web.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync_server.staff.staff_file import Fault

_DONE = 0
_FOUND_A_FAULT = 1
_TABLE_ROWS = 200
"""A table is laid out whole before its first row shows; more faults than this go out one after another."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path),
    help="The server's server.toml; after a demo, or on an installed server, it is found by itself.",
)
def import_staff(file: Path, config: Path) -> int:
    """Take in a staff list, XLSX or CSV, whole or not at all.

    Columns are known by their Chinese or English names: 工号 number, 姓名 name, 部门 department, and
    where there are any 岗位 post, 岗位编号 post code, 窗口 window. Each row that cannot be taken is
    named with its line and reason, and then nothing is changed.

    Example: servicehall import staff staff.xlsx --config /etc/servicehall/server.toml
    """
    app = create_app(load_settings(config, database_url=os.environ.get("DATABASE_URL")))
    runtime: Runtime = app.extensions[EXTENSION]
    console = Console()
    with (
        closing(runtime.database),
        app.app_context(),
        force_locale(LANGUAGES[choose_language(os.environ)]),
    ):
        try:
            report = _import(console, runtime, file)
        except MalformedInput as error:
            click.echo(f"{refusal_sentence(error)} [{error.code}]", err=True)
            return _FOUND_A_FAULT
        _tell(console, report)
    return _FOUND_A_FAULT if report.faults else _DONE


def _import(console: Console, runtime: Runtime, file: Path) -> StaffImport:
    """Read, check and write the list under a bar that moves with its rows.

    Raises:
        Unavailable: ``staff_file_unreadable``.
        MalformedInput: what :func:`read_staff_file` refuses.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Unavailable("staff_file_unreadable", file=str(file)) from error
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=not console.is_terminal) as bars:
        reading = bars.add_task(gettext("Reading"), total=None)
        table = read_staff_file(content, progress=lambda done, total: bars.update(reading, completed=done, total=total))
        writing = bars.add_task(gettext("Taking in"), total=len(table.rows))
        with runtime.database.transaction() as session:
            report = take_in(
                session, runtime.hall, table, progress=lambda done, _total: bars.update(writing, completed=done)
            )
            if not report.faults:
                publish(session, runtime.hall, runtime.keyring, runtime.clock)
    return report


def _tell(console: Console, report: StaffImport) -> None:
    if report.unused_columns:
        left = gettext(", ").join(report.unused_columns)
        console.print(gettext("Columns left alone: %(columns)s", columns=left), markup=False)
    if report.faults:
        _tell_faults(console, report.faults)
        console.print(
            ngettext(
                "%(num)d fault. Nothing was changed; mend the file and import it again.",
                "%(num)d faults. Nothing was changed; mend the file and import it again.",
                len(report.faults),
            ),
            markup=False,
        )
        return
    if report.departments_added:
        made = gettext(", ").join(report.departments_added)
        console.print(gettext("New departments: %(names)s", names=made), markup=False)
    if report.posts_added:
        console.print(ngettext("%(num)d new post.", "%(num)d new posts.", report.posts_added), markup=False)
    console.print(
        ngettext("%(num)d member of staff was added.", "%(num)d members of staff were added.", report.staff_added),
        markup=False,
    )


def _tell_faults(console: Console, faults: Sequence[Fault]) -> None:
    heads = gettext("Line"), gettext("Column"), gettext("What is wrong")
    if len(faults) > _TABLE_ROWS:
        click.echo("\t".join(heads))
        for fault in faults:
            click.echo(f"{fault.line}\t{fault.column or '—'}\t{fault_sentence(fault)}")
        return
    table = Table(*heads)
    for fault in faults:
        table.add_row(str(fault.line), Text(fault.column or "—"), Text(fault_sentence(fault)))
    console.print(table)
