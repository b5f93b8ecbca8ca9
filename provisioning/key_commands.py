"""The commands about a hall's keys."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from provisioning.keys import create_keys
from provisioning.sentences import choose_language
from shared.server_keys import ONLINE_PURPOSES, server_fingerprint
from sync_server.keyring import Keyring


@click.group()
def keys() -> None:
    """Make a hall's keys; show what people compare.

    Example: servicehall keys make --hall H1 --out /etc/servicehall/keys
    """


@keys.command()
@click.option("--hall", required=True, help="Name of the hall, such as H1.")
@click.option(
    "--out", "folder", required=True, type=click.Path(path_type=Path), help="Folder to make; never written over."
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    default=("localhost", "127.0.0.1"),
    help="Name or address by which kiosks reach the server; may be given again.",
)
def make(hall: str, folder: Path, hosts: tuple[str, ...]) -> None:
    """Make identity, online, badge and sealing keys, and the private CA for TLS.

    The identity key is for the safe: carry identity.key off this machine and keep two copies.

    Example: servicehall keys make --hall H1 --out /etc/servicehall/keys --host hall-1.lan
    """
    create_keys(folder, hall, time.time_ns() // 1_000_000, hosts=hosts)
    told = {
        "zh": "{hall} 的密钥在 {folder} 中。请把 identity.key 移入保险柜；服务器运行不需要它。",
        "en": "Keys of {hall} are in {folder}. Move identity.key to a safe; the server does not need it to run.",
    }
    click.echo(told[choose_language(os.environ)].format(hall=hall, folder=folder))
    show_fingerprints(Keyring.load(folder))


@keys.command()
@click.option(
    "--keys",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the hall's keys.",
)
def show(folder: Path) -> None:
    """Show the fingerprints that people write down and compare.

    Example: servicehall keys show --keys /etc/servicehall/keys
    """
    show_fingerprints(Keyring.load(folder))


def show_fingerprints(keyring: Keyring) -> None:
    """Print the identity's fingerprint, the CA's hash and the ids of the online keys."""
    server, ca = {"zh": ("服务器", "CA    "), "en": ("server", "ca    ")}[choose_language(os.environ)]
    click.echo(f"{server} {server_fingerprint(keyring.identity_public)}")
    click.echo(f"{ca} {keyring.ca_sha256.hex()}")
    for purpose in sorted(ONLINE_PURPOSES):
        click.echo(f"{keyring.key_id(purpose)}  {purpose.value}")
