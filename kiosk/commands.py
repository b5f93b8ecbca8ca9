"""``servicehall kiosk run|status`` and ``servicehall enrol kiosk``: their words, and nothing of their work."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from kiosk.bootstrap import enrol, load_status, run_kiosk
from kiosk.config import load_config
from provisioning.sentences import choose_language
from shared.instants import from_unix_ms

_CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The kiosk's settings file.",
)
_ASK_AGAIN_S = 2.0


@click.group()
def kiosk() -> None:
    """Run a kiosk; say how it stands.

    Example: servicehall kiosk status --config kiosk.toml
    """


@kiosk.command()
@_CONFIG
def run(config: Path) -> int:
    """Open the kiosk's window and run until told to stop.

    Example: servicehall kiosk run --config kiosk.toml
    """
    return run_kiosk(config)


@kiosk.command()
@_CONFIG
def status(config: Path) -> int:
    """Say what this kiosk holds and how much of it the server has; it may be running.

    Example: servicehall kiosk status --config kiosk.toml
    """
    told = load_status(load_config(config))
    if not told:
        click.echo(_("尚未登记", "not enrolled"))
        return 1
    for chain in told:
        contact = from_unix_ms(chain.session_ms).isoformat(timespec="seconds") if chain.session_ms else None
        click.echo(
            _(
                "第 {epoch} 条链（{reason}）  记录 {head} 条  服务器已收 {accepted} 条"
                "  状态 {standing}  上次会话 {contact}",
                "epoch {epoch} ({reason})  records {head}  accepted {accepted}  standing {standing}"
                "  last session {contact}",
            ).format(
                epoch=chain.epoch,
                reason=chain.reason,
                head=chain.head_seq,
                accepted=chain.accepted_seq,
                standing=chain.standing or _("未知", "unknown"),
                contact=contact or _("从未", "never"),
            )
        )
    return 0


@click.command()
@_CONFIG
@click.option("--code", required=True, help="The one-time code that the office made for this kiosk.")
@click.option("--wait/--no-wait", default=True, help="Wait until a second person approved.")
def enrol_kiosk(config: Path, code: str, *, wait: bool) -> int:
    """Send this kiosk's key, show the fingerprint, and wait for approval.

    Example: servicehall enrol kiosk --config kiosk.toml --code 7K2M9-QX4TD
    """

    def show(fingerprint: str) -> None:
        grouped = " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))
        click.echo(_("指纹：{grouped}", "fingerprint: {grouped}").format(grouped=grouped))
        click.echo(
            _(
                "请与办公页面上的指纹核对，并由另一人在那里批准。",
                "Compare it with the office's screen; a second person approves there.",
            )
        )

    enrol(load_config(config), code, show, (lambda: time.sleep(_ASK_AGAIN_S)) if wait else None)
    click.echo(_("登记完成", "enrolled") if wait else _("等待批准", "waiting for approval"))
    return 0


def _(zh: str, en: str) -> str:
    """Return the sentence in the language of the person at the terminal."""
    return {"zh": zh, "en": en}[choose_language(os.environ)]
