"""Commands of the server: run it, rebuild its derived tables, carry its records out.

Without ``--config`` the caller's default is taken; ``DATABASE_URL`` of the environment wins over the file.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from sync_server.config import Settings, load_settings
from sync_server.log_lines import log_to
from sync_server.serving.running import RunningServer

_config = click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
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


@server.command()
@_config
def run(config: Path) -> None:
    """Answer kiosks and people until stopped (Ctrl-C or SIGTERM); the log goes to standard error.

    Example: servicehall server run --config server.toml
    """
    log_to()
    running = RunningServer(settings_from(config))
    running.serve()
