"""The commands that need neither a server nor a kiosk: an export is verified wherever it was carried."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import click

from provisioning.sentences import choose_language, format_error
from shared.evidence import Finding, Verdict, verify_export

FINGERPRINT: Final = re.compile(r"\A[0-9a-f]{32}\Z")
READ_BYTES: Final = 1024 * 1024

VERDICTS: Final = {
    Finding.VERIFIED: {
        "zh": "已验证：文件完整，全部由指纹为 {fingerprint} 的服务器担保。",
        "en": "Verified: complete, and vouched for by the server with fingerprint {fingerprint}.",
    },
    Finding.ORIGIN_NOT_CHECKED: {
        "zh": "前后一致，来源未核对：文件自称来自服务器 {fingerprint}。请用 --server-key 给出您已知的指纹。",
        "en": "Self-consistent, origin not checked: the file says it is of server {fingerprint}. "
        "Name the fingerprint you know with --server-key.",
    },
    Finding.INCOMPLETE: {
        "zh": "不完整：缺少服务器签名的末行，文件可能被截断。",
        "en": "Incomplete: the last line, which the server signs, is not there; the file may have been cut.",
    },
    Finding.FAULT: {
        "zh": "有误：第 {line} 行不能通过验证。",
        "en": "Fault: line {line} does not verify.",
    },
}
COUNTED: Final = {
    "zh": "共 {chains} 条链，{branches} 条分支，{records} 条记录，其中 {unknown} 条类型未知；"
    "遗失位置 {lost} 个；未批准的链 {unapproved} 条。",
    "en": "{chains} chains, {branches} branches, {records} records, {unknown} of a type not known here; "
    "{lost} lost positions; {unapproved} chains not approved.",
}
GOOD: Final = frozenset({Finding.VERIFIED, Finding.ORIGIN_NOT_CHECKED})


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--server-key", "fingerprint", help="32 hex: fingerprint of the server's identity key, as written down.")
def verify_records(file: Path, fingerprint: str | None) -> int:
    """Verify an export: every signature, every link, every gap, the whole. Needs no server and no network.

    Example: servicehall records verify day.lines --server-key 9d2401d81089595991db7ce0d17875a3
    """
    known = None if fingerprint is None else re.sub(r"[\s:-]", "", fingerprint).lower()
    if known is not None and not FINGERPRINT.match(known):
        raise click.BadParameter("32 hexadecimal digits are expected", param_hint="--server-key")
    with file.open("rb") as source:
        verdict = verify_export(iter(lambda: source.read(READ_BYTES), b""), known)
    tell(verdict)
    return 0 if verdict.finding in GOOD else 1


def tell(verdict: Verdict) -> None:
    """Print what was found, why, and how much was read."""
    language = choose_language(os.environ)
    facts = {"fingerprint": verdict.fingerprint or "-", "line": verdict.line}
    click.echo(VERDICTS[verdict.finding][language].format_map(facts))
    if verdict.error is not None:
        click.echo(format_error(verdict.error, language))
    click.echo(COUNTED[language].format_map(vars(verdict.counts)))
