"""A list as a file to save: XLSX or CSV, under a name that no list chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from sync_server.web.spreadsheet import CSV_TYPE, XLSX_TYPE, format_csv, format_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sync_server.web.spreadsheet import Cell


def spreadsheet_answer(
    kind: str, *, name: str, title: str, titles: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response:
    """Return the list as a file. ``kind``: xlsx or csv; ``name``: ASCII, without the ending."""
    if kind == "xlsx":
        content, media_type = format_xlsx(title, titles, rows), XLSX_TYPE
    else:
        content, media_type = format_csv(titles, rows), CSV_TYPE
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, content_type=media_type, headers=headers)
