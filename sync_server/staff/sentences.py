"""What a refused list says to the person who brought it, by code, in the language of the page or terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

    from shared.errors import MalformedInput
    from sync_server.staff.staff_file import Fault

FILE_REFUSALS: Final[dict[str, LazyString]] = {
    "file_empty": _("The file is empty. Nothing was changed; choose the list and try again."),
    "file_too_large": _("The file is larger than %(limit_mib)s MiB. Nothing was changed; take out what is no list."),
    "file_old_excel": _(
        "This is an old Excel file (.xls), or it is locked by a password. Nothing was changed; "
        "save it as .xlsx without a password and try again."
    ),
    "file_not_a_table": _("This file is no staff list. Nothing was changed; choose an .xlsx or .csv file."),
    "file_damaged": _("The file is damaged or of another kind. Nothing was changed; save it again as .xlsx or .csv."),
    "file_encoding": _(
        "The text cannot be read as UTF-8 or GB18030. Nothing was changed; save it again as .xlsx or .csv."
    ),
    "columns_missing": _(
        "These columns are missing: %(columns)s. Nothing was changed; the first rows must name the columns."
    ),
    "rows_none": _("There are column names and no rows below them. Nothing was changed."),
    "rows_too_many": _("%(rows)s rows are more than the %(limit)s taken at once. Nothing was changed; split the list."),
}

ROW_FAULTS: Final[dict[str, LazyString]] = {
    "cell_merged": _("merged cells; unmerge them, so that each row says all of its own"),
    "cell_formula": _("a formula; paste its value"),
    "cell_error": _("an error of the spreadsheet; write what is meant"),
    "cell_empty": _("nothing is written here"),
    "cell_too_long": _("more than 60 characters"),
    "cell_characters": _("characters that cannot be shown; type it again"),
    "number_malformed": _("a number has up to 32 letters, digits and dashes"),
    "number_twice_in_file": _("the same number as in line %(other_line)s"),
    "number_in_hall": _("this number is in the hall already"),
    "post_of_other_department": _("this post belongs to another department"),
}


def refusal_sentence(error: MalformedInput) -> str:
    """Return why a whole file is not taken."""
    comma = gettext(", ")
    facts = {name: comma.join(fact) if isinstance(fact, list) else fact for name, fact in error.facts.items()}
    return str(FILE_REFUSALS[error.code]) % facts


def fault_sentence(fault: Fault) -> str:
    """Return what is wrong in one row, without its line and column."""
    return str(ROW_FAULTS[fault.code]) % {"other_line": fault.other_line}
