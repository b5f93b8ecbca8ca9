"""Commands of the server: run it, rebuild its derived tables, carry its records out.

Without ``--config`` the caller's default is taken; ``DATABASE_URL`` of the environment wins over the file.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioning.sentences import choose_language
from shared.errors import Unavailable
from shared.server_keys import server_fingerprint
from sync_server.accounts.commands import add_account
from sync_server.clock import SystemClock
from sync_server.config import Settings, load_settings
from sync_server.db import Database
from sync_server.ingest import export as records_export
from sync_server.ingest.rebuild import count_counted, rebuild
from sync_server.keyring import Keyring
from sync_server.log_lines import log_to
from sync_server.migrations.upgrade import upgrade_to_newest
from sync_server.publishing.commands import name_hall
from sync_server.serving.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_config = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The server's settings, server.toml.",
)


def settings_from(config: Path) -> Settings:
    """Return the settings in ``config``, with what the environment says of the database."""
    return load_settings(config, database_url=os.environ.get("DATABASE_URL"))


@click.group()
def server() -> None:
    """Run the hall's server, and look after its tables.

    Example: servicehall server run --config /etc/servicehall/server.toml
    """


server.add_command(add_account)
server.add_command(name_hall)


@server.command()
@_config
def run(config: Path) -> None:
    """Answer kiosks and people until stopped (Ctrl-C or SIGTERM); the log goes to standard error.

    Example: servicehall server run --config server.toml
    """
    settings = settings_from(config)
    log_to()
    RunningServer(settings).serve()


@server.command("rebuild")
@_config
def rebuild_tables(config: Path) -> None:
    """Make the derived tables again from the records alone; stop the server first.

    Example: servicehall server rebuild --config server.toml
    """
    settings = settings_from(config)
    database = Database(settings.database_url)
    upgrade_to_newest(database)
    with database.transaction() as session:
        total = count_counted(session)
        with click.progressbar(length=total, label=_("从记录重建", "Rebuilding"), file=sys.stderr) as bar:
            for step in rebuild(session):
                bar.update(step)
    database.close()
    click.echo(_("已从 {total} 条记录重建。", "Rebuilt from {total} records.").format(total=total))


@click.command("export")
@_config
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
def export_command(config: Path, out: Path) -> None:
    """Write every signed line into one file that anybody can verify without this server.

    Example: servicehall records export --out day.lines
    """
    settings = settings_from(config)
    keyring, clock = Keyring.load(settings.keys_path), SystemClock(settings.clock_offset_ms)
    database = Database(settings.database_url)
    written = 0
    with database.reading() as session, _whole_or_not_at_all(out) as file:
        total = records_export.count_export(session, settings.hall)
        lines = records_export.export_records(session, settings.hall, keyring, clock)
        with click.progressbar(lines, length=total, label=_("导出", "Exporting"), file=sys.stderr) as shown:
            for line in shown:
                file.write(line)
                written += 1
    database.close()
    fingerprint = server_fingerprint(keyring.identity_public)
    click.echo(
        _(
            "已写入 {count} 行到 {file}。服务器指纹 {key}", "Wrote {count} lines to {file}. Server fingerprint {key}"
        ).format(count=written, file=out, key=fingerprint)
    )


@contextmanager
def _whole_or_not_at_all(out: Path) -> Iterator[BinaryIO]:
    """Give a file that bears the name ``out`` once all of it is on the disk, and is gone if that fails.

    Raises:
        Unavailable: ``export_not_written``, with the file and the system's reason.
    """
    unfinished = out.with_name(out.name + ".part")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(out)
    except OSError as error:
        raise Unavailable("export_not_written", file=str(out), why=error.strerror) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _(zh: str, en: str) -> str:
    """Return the sentence in the language of the person at the terminal."""
    return {"zh": zh, "en": en}[choose_language(os.environ)]
