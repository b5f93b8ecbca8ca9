"""``servicehall records verify``: whether an exported file is what a hall's server signed, told without any server."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from provisioning.sentences import Language, choose_language, format_error
from shared.evidence import Finding, Verdict, verify_export

if TYPE_CHECKING:
    from collections.abc import Iterator

DONE: Final = 0
FOUND_A_FAULT: Final = 1
_PIECE_BYTES: Final = 64 * 1024
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{32}")

_HEADLINES: Final[dict[Finding, dict[Language, str]]] = {
    Finding.VERIFIED: {
        "zh": "已核实：每一行都由该大厅的服务器担保，完整无缺。",
        "en": "Verified: the hall's server vouches for every line, and none is missing.",
    },
    Finding.ORIGIN_NOT_CHECKED: {
        "zh": "自身一致，来源未核对：请用 --server-key 给出您另行得到的指纹，再核对一次。",
        "en": "Self-consistent, origin not checked: run again with --server-key and the fingerprint you were given.",
    },
    Finding.INCOMPLETE: {
        "zh": "不完整：文件没有服务器签名的最后一行，后面可能还缺内容。请重新取得文件。",
        "en": "Incomplete: the server's signed last line is missing, and more may be. Fetch the file again.",
    },
    Finding.FAULT: {
        "zh": "有问题：第 {line} 行。{reason}",
        "en": "Fault in line {line}. {reason}",
    },
}
_COUNTS: Final[dict[Language, str]] = {
    "zh": "链 {chains}（未批准 {unapproved}），分支 {branches}，记录 {records}（类型未知 {unknown}），遗失位置 {lost}",
    "en": "{chains} chains ({unapproved} not approved), {branches} branches, {records} records "
    "({unknown} of a type not known here), {lost} lost positions",
}
_FINGERPRINT_IS: Final[dict[Language, str]] = {
    "zh": "文件中服务器的指纹：{}",
    "en": "Server's fingerprint in the file: {}",
}


def read_fingerprint(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """Return the 32 hex that a person typed, whatever the case, spaces and colons.

    Raises:
        BadParameter: it is something else.
    """
    if text is None:
        return None
    folded = re.sub(r"[\s:-]", "", text).lower()
    if _FINGERPRINT.fullmatch(folded) is None:
        raise click.BadParameter("a fingerprint is 32 characters of 0-9 and a-f, as `servicehall keys show` prints it")
    return folded


@click.command("verify")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--server-key",
    "server",
    metavar="FINGERPRINT",
    callback=read_fingerprint,
    help="First 32 hex of SHA-256 of the server's identity key, got from the hall by another way than this file.",
)
def verify_records(file: Path, server: str | None) -> int:
    """Verify an exported FILE without any server or database.

    Exit codes: 0 verified, or self-consistent where no --server-key was given; 1 a fault was found or
    the file is incomplete; 2 wrong use; 3 it could not be read.

    Example: servicehall records verify day.lines --server-key 0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e
    """
    language = choose_language(os.environ)
    with file.open("rb") as opened:
        verdict = verify_export(read_pieces(opened), server)
    for sentence in format_verdict(verdict, language):
        click.echo(sentence)
    return DONE if verdict.finding in {Finding.VERIFIED, Finding.ORIGIN_NOT_CHECKED} else FOUND_A_FAULT


def read_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield what a file holds, piece by piece."""
    while piece := file.read(_PIECE_BYTES):
        yield piece


def format_verdict(verdict: Verdict, language: Language) -> list[str]:
    """Return what a person reads of a verdict: the finding, what was read, whose file it says it is. Pure."""
    reason = "" if verdict.error is None else format_error(verdict.error, language)
    told = [_HEADLINES[verdict.finding][language].format(line=verdict.line, reason=reason)]
    told.append(_COUNTS[language].format_map(asdict(verdict.counts)))
    if verdict.fingerprint is not None:
        told.append(_FINGERPRINT_IS[language].format(verdict.fingerprint))
    return told
