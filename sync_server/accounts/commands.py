"""The command that makes an account: the first ones of a hall, before anybody can sign in."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import click
from flask_babel import force_locale, gettext

from provisioning.sentences import choose_language
from sync_server import create_app
from sync_server.accounts.operations import create_account
from sync_server.accounts.policy import SIGNED_IN, Role
from sync_server.config import load_settings
from sync_server.runtime import EXTENSION, Runtime
from sync_server.web.language import LANGUAGES


@click.command("add-account")
@click.argument("username")
@click.option("--name", required=True, help="The person's name, as the pages show it.")
@click.option("--role", required=True, type=click.Choice(sorted(role.value for role in SIGNED_IN)), help="One role.")
@click.password_option(help="Asked for where it is not given; what is given stands in the shell's history.")
@click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path),
    help="The server's server.toml; after a demo, or on an installed server, it is found by itself.",
)
def add_account(username: str, name: str, role: str, password: str, config: Path) -> None:
    """Let somebody sign in at the office's pages; the password is asked for twice.

    Example: servicehall server add-account zhou --name 周敏 --role office
    """
    app = create_app(load_settings(config, database_url=os.environ.get("DATABASE_URL")))
    runtime: Runtime = app.extensions[EXTENSION]
    with closing(runtime.database), app.app_context(), force_locale(LANGUAGES[choose_language(os.environ)]):
        with runtime.database.transaction() as session:
            account = create_account(
                session,
                hall=runtime.hall,
                username=username,
                display_name=name,
                role=Role(role),
                password=password,
                clock=runtime.clock,
            )
            made = account.username
        click.echo(gettext("%(username)s can sign in now.", username=made))
