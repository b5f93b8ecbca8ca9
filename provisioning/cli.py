"""The command ``servicehall``: what there is, where each part's own commands lie, and how it ends.

Owns no command's work. Each package keeps its own in ``commands.py``, loaded when called. Exit codes:
0 done, 1 found a fault, 2 wrong use, 3 could not run.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from provisioning.lazy_group import Lazy, LazyGroup
from provisioning.places import find_kiosk_settings, find_server_settings
from provisioning.sentences import choose_language, format_error
from shared.errors import ServicehallError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE: Final = 0
FOUND_A_FAULT: Final = 1
WRONG_USE: Final = 2
COULD_NOT_RUN: Final = 3

_OF_SET_UP: Final = ("settings_", "database_url_", "keys_malformed", "incarnation_")
"""Codes of a machine that is not set up as it should be: no command can run on it."""

EXIT_CODES: Final = "Exit codes: 0 done, 1 found a fault, 2 wrong use, 3 could not run."


class SameForEach(dict[str, Any]):
    """A default map of click in which every command of a group has the same defaults."""

    def get(self, _command: str, _default: object = None) -> dict[str, Any]:
        """Return the defaults, whatever the command is called."""
        return dict(self)


def default_options() -> dict[str, Any]:
    """Return the files that each group of commands takes where none is named."""
    server = SameForEach({"config": find_server_settings(os.environ)})
    kiosk = SameForEach({"config": find_kiosk_settings(os.environ)})
    return {"import": server, "records": server, "server": server, "kiosk": kiosk, "enrol": kiosk}


@click.group(
    cls=LazyGroup,
    lazy={
        "server": Lazy(
            "sync_server.commands:server", "Run the hall's server; rebuild its tables from the records.", "server"
        ),
        "kiosk": Lazy("kiosk.commands:kiosk", "Run a kiosk; say how it stands.", "kiosk"),
        "keys": Lazy("provisioning.key_commands:keys", "Make a hall's keys; show fingerprints.", "server"),
    },
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="servicehall", message="%(prog)s %(version)s")
def servicehall() -> None:
    """Offline-first kiosks and staff badges for a service hall, and the server behind them.

    Example: servicehall records verify var/export.lines
    """


servicehall.add_command(
    LazyGroup(
        "import",
        help="Take in lists that the office keeps elsewhere.\n\nExample: servicehall import staff staff.xlsx",
        lazy={"staff": Lazy("sync_server.staff.commands:import_staff", "Take in a staff list, XLSX or CSV.", "server")},
    )
)
servicehall.add_command(
    LazyGroup(
        "records",
        help="Carry the signed records out, and verify them.\n\nExample: servicehall records export --out day.lines",
        lazy={
            "export": Lazy("sync_server.commands:export_command", "Write all records into one file.", "server"),
            "verify": Lazy("provisioning.commands:verify_records", "Verify such a file, anywhere.", "kiosk or server"),
        },
    )
)
servicehall.add_command(
    LazyGroup(
        "enrol",
        help="Join a kiosk to its hall.\n\nExample: servicehall enrol kiosk --code 7K2M9-QX4TD",
        lazy={"kiosk": Lazy("kiosk.commands:enrol_kiosk", "Send this kiosk's key and wait for approval.", "kiosk")},
    )
)


def is_of_set_up(error: ServicehallError) -> bool:
    """Tell whether the machine's own settings, keys or files are wrong, not what a command was to look at. Pure."""
    return error.code.startswith(_OF_SET_UP)


def run(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every expected failure becomes one clear sentence."""
    language = choose_language(os.environ)
    try:
        code = servicehall.main(
            args=words, prog_name="servicehall", standalone_mode=False, default_map=default_options()
        )
    except click.UsageError as error:
        error.show()
        return WRONG_USE
    except click.ClickException as error:
        error.show()
        return COULD_NOT_RUN
    except click.Abort:
        click.echo({"zh": "已停止。", "en": "Stopped."}[language], err=True)
        return COULD_NOT_RUN
    except ServicehallError as error:
        click.echo(format_error(error, language), err=True)
        return COULD_NOT_RUN if isinstance(error, Unavailable) or is_of_set_up(error) else FOUND_A_FAULT
    except OSError as error:
        told = Unavailable("system_refused", why=error.strerror or str(error), file=error.filename or "")
        click.echo(format_error(told, language), err=True)
        return COULD_NOT_RUN
    return code if isinstance(code, int) else DONE


def main() -> None:
    """Be the console script."""
    sys.exit(run())
