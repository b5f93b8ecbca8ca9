"""The command that names a hall: what its cards, screens and pages are headed with, before the first badge."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import click

from provisioning.sentences import choose_language
from sync_server import create_app
from sync_server.config import load_settings
from sync_server.publishing.operations import publish, set_hall_details
from sync_server.runtime import EXTENSION, Runtime

_SAID = {
    "zh": "本大厅现在名为{zh}（{en}），已发布第 {version} 版。",
    "en": "The hall is named {en} ({zh}); version {version} is published.",
}


@click.command("name-hall")
@click.option("--zh", required=True, help="Its name in Chinese, as cards and screens show it.")
@click.option("--en", required=True, help="Its name in English.")
@click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path),
    help="The server's server.toml; after a demo, or on an installed server, it is found by itself.",
)
def name_hall(zh: str, en: str, config: Path) -> None:
    """Name the hall and publish the name to its kiosks; the time zone is that of the settings.

    Example: servicehall server name-hall --zh 清溪区政务服务中心 --en "Qingxi District Service Centre"
    """
    names = {"zh": zh.strip(), "en": en.strip()}
    if not all(names.values()):
        raise click.UsageError("--zh, --en")
    app = create_app(load_settings(config, database_url=os.environ.get("DATABASE_URL")))
    runtime: Runtime = app.extensions[EXTENSION]
    with closing(runtime.database):
        with runtime.database.transaction() as session:
            set_hall_details(
                session, runtime.hall, name_zh=names["zh"], name_en=names["en"], timezone=runtime.settings.timezone
            )
            version = publish(session, runtime.hall, runtime.keyring, runtime.clock)
        click.echo(_SAID[choose_language(os.environ)].format(**names, version=version))
