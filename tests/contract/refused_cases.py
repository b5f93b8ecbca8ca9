"""What every reader refuses, with the code of the error: one list for the vectors and for their test.

A case is ``what`` is read, the ``input`` (text, or hex where it is no UTF-8), and the ``error``. Server's
keys are those of ``keys.json``; kiosk lines are read as lines of the first chain of ``chain.json``.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from shared.badge_code import format_badge_code, verify_badge_code
from shared.chain import parse_chain_line, verify_opening, verify_run
from shared.errors import ServicehallError
from shared.evidence import ExportedChain, format_export, verify_export
from shared.ids import parse_enrolment_code, parse_kiosk_id
from shared.pack import format_pack, verify_pack
from shared.server_keys import verify_keys_line
from shared.signed_line import (
    PublicKey,
    Purpose,
    decode_base64url,
    encode_base64url,
    sign_line,
    split_body,
    split_line,
    verify_line,
)
from shared.strict_json import parse
from shared.ticket_number import parse_ticket_number
from tests.support.exported_hall import scanned
from tests.support.published_sections import published_sections
from tests.support.signed_hall import NOON, SignedHall, derive_key, open_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SERVER: Final = SignedHall()
KEY: Final = derive_key("kiosk 1")


def _verify_export(raw: bytes) -> None:
    error = verify_export(raw).error
    if error is not None:
        raise error


READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "strict json": parse,
    "base64url of 1 byte": lambda raw: decode_base64url(raw, 1),
    "public key in hex": lambda raw: PublicKey(bytes.fromhex(raw.decode())),
    "line": split_line,
    "body": split_body,
    "record line signed by kiosk 1": lambda raw: verify_line(raw, Purpose.RECORD, KEY.public),
    "record or lost line": parse_chain_line,
    "lines of the chain of kiosk 1": lambda raw: verify_run(open_chain().opened, split_body(raw)),
    "opening lines": lambda raw: verify_opening(split_body(raw)),
    "keys line": lambda raw: verify_keys_line(raw, SERVER.identity.public),
    "server line for sessions": lambda raw: SERVER.keys.verify_server_line(raw, Purpose.SESSION),
    "pack of H1": lambda raw: verify_pack(raw, SERVER.keys, hall="H1", held_version=3),
    "badge code under key 1": lambda raw: verify_badge_code(raw.decode(), {1: derive_key("hall badge").public}),
    "ticket number": lambda raw: parse_ticket_number(raw.decode()),
    "kiosk name": lambda raw: parse_kiosk_id(raw.decode()),
    "enrolment code": lambda raw: parse_enrolment_code(raw.decode()),
    "export": _verify_export,
}


def list_refused() -> list[dict[str, str]]:
    """Return every case with the error that its reader gives."""
    return [_case(what, raw) for what, raw in _inputs()]


def _case(what: str, raw: bytes) -> dict[str, str]:
    error = code_of(what, raw)
    try:
        return {"what": what, "input": raw.decode(), "error": error}
    except UnicodeDecodeError:
        return {"what": what, "hex": raw.hex(), "error": error}


def code_of(what: str, raw: bytes) -> str:
    """Return the code with which ``raw`` is refused, the empty text where it is not."""
    try:
        READERS[what](raw)
    except ServicehallError as error:
        return error.code
    return ""


def _inputs() -> Iterator[tuple[str, bytes]]:
    for raw in _JSON:
        yield "strict json", raw
    for raw in (b"AB", b"AA==", b"A", b"+A", b"AA\n", b""):
        yield "base64url of 1 byte", raw
    for raw in _KEYS:
        yield "public key in hex", raw
    yield from _line_inputs()
    yield from _chain_inputs()
    yield from _server_inputs()
    yield from _paper_inputs()


_JSON: Final = (
    b'{"b":1,"a":2}',
    b'{"a":1,"a":1}',
    b'{"a": 1}',
    b'{"a":1.5}',
    b'{"a":1.0}',
    b'{"a":1e3}',
    b'{"a":-0}',
    b'{"a":9007199254740992}',
    b'{"a":"\\u0000"}',
    b'{"a":"\\u000a"}',
    b'{"a":"\\u001F"}',
    b'{"a":"\\/"}',
    b'{"a":"\\u007f"}',
    b'{"a":"\\u4e2d"}',
    b'\xef\xbb\xbf{"a":1}',
    b'{"a":"\\ud800"}',
    b'{"a":"\xff"}',
    b'{"A":1}',
    b'{"":1}',
    b'{"a":[[[[[[1]]]]]]}',
    b"[1]",
    b"",
)
_KEYS: Final = (
    b"00" * 32,
    b"01" + b"00" * 31,
    b"ec" + b"ff" * 30 + b"7f",
    b"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    b"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    b"ed" + b"ff" * 30 + b"7f",
    b"ff" * 32,
    b"02" + b"00" * 31,
)


def _line_inputs() -> Iterator[tuple[str, bytes]]:
    line = sign_line(KEY, Purpose.RECORD, {"a": 1})
    yield "line", b"{}"
    yield "line", line.replace(b" ", b"\t", 1)
    yield "line", line[:85] + b"=" + line[86:]
    yield "body", b"a\n\nb\n"
    yield "body", b"a"
    yield "record line signed by kiosk 1", sign_line(KEY, Purpose.LOST, {"a": 1})
    yield "record line signed by kiosk 1", sign_line(derive_key("forger"), Purpose.RECORD, {"a": 1})
    other = b'{"b":1,"a":2}'
    signature = encode_base64url(KEY.sign(Purpose.RECORD, other)).encode()
    yield "record line signed by kiosk 1", signature + b" " + other


def _chain_inputs() -> Iterator[tuple[str, bytes]]:
    chain = open_chain()
    for badge in (1, 2, 3):
        chain.record(scanned(badge))
    first, second, third = chain.lines

    def body(*lines: bytes) -> bytes:
        return b"".join(line + b"\n" for line in lines)

    run = "lines of the chain of kiosk 1"
    yield "record or lost line", sign_line(KEY, Purpose.RECORD, {"a": 1})
    yield "record or lost line", sign_line(KEY, Purpose.LOST, {"kind": "record"})
    yield run, body(first, third)
    yield run, body(first, second, second)
    yield run, body(first, chain.fork(1).record(scanned(9)), third)
    yield run, body(first, sign_line(derive_key("forger"), Purpose.RECORD, parse(split_line(second).json)), third)
    yield run, body(first, sign_line(KEY, Purpose.RECORD, parse(chain.fork(1).compose(scanned(), kiosk="H1-K02"))))
    yield run, body(open_chain("kiosk 2", kiosk="H1-K02").fork(0).record(scanned()))
    heir = open_chain("kiosk 1 anew", origin=chain, reason="rotated")
    yield run, body(first, chain.lost(2, 2, key=heir.key), third)
    yield "opening lines", body(sign_line(derive_key("forger"), Purpose.EPOCH, chain.opened.opening))
    yield "opening lines", body(*chain.opening_lines, *chain.opening_lines)
    yield "opening lines", body(heir.opening_lines[0], chain.opening_lines[0])


def _server_inputs() -> Iterator[tuple[str, bytes]]:
    other = SignedHall("other")
    fields = parse(split_line(SERVER.keys_line).json)
    yield "keys line", other.keys_line
    yield "keys line", sign_line(SERVER.identity, Purpose.KEYS, {**fields, "number": 0})
    swapped = [{**fields["keys"][0], "id": fields["keys"][1]["id"]}]
    yield "keys line", sign_line(SERVER.identity, Purpose.KEYS, {**fields, "keys": swapped})
    line = "server line for sessions"
    yield line, SERVER.sign(Purpose.SESSION, {"a": 1})
    yield line, SERVER.sign(Purpose.SESSION, {"key": other.key_id(Purpose.SESSION)})
    yield line, SERVER.sign(Purpose.STATE, {"key": SERVER.key_id(Purpose.STATE)})
    yield line, other.sign(Purpose.SESSION, {"key": SERVER.key_id(Purpose.SESSION)})
    pack = format_pack(published_sections(SERVER), version=3, issued=NOON, key=SERVER.online(Purpose.PACK))
    yield "pack of H1", pack[:-1]
    yield "pack of H1", pack.split(b"\n")[0]
    yield "pack of H1", format_pack(published_sections(SERVER), version=2, issued=NOON, key=SERVER.online(Purpose.PACK))
    yield "pack of H1", format_pack(published_sections(other), version=3, issued=NOON, key=SERVER.online(Purpose.PACK))
    lines = _small_export()
    for exported in (
        [*lines[:3], *lines[4:]],
        [*lines[:4], *lines[3:]],
        [*lines[:3], lines[4], lines[3], *lines[5:]],
        [*lines[:-3], *lines[-2:]],
        [*lines, lines[-1]],
        [lines[0].replace(b'"number":1', b'"number":2'), *lines[1:]],
        [line.replace(b'"S0003"', b'"S0009"') for line in lines],
    ):
        yield "export", b"".join(exported)


def _small_export() -> list[bytes]:
    """Return keys line, opening, three records, receipt, last line, each with its LF."""
    chain = open_chain()
    for badge in (1, 2, 3):
        chain.record(scanned(badge))
    part = ExportedChain(
        opening_lines=chain.opening_lines, lines=chain.lines, receipt_lines=(SERVER.receipt(chain.name, chain.head),)
    )
    return list(format_export(SERVER.keys_line, [part], key=SERVER.online(Purpose.EXPORT), time=NOON))


def _paper_inputs() -> Iterator[tuple[str, bytes]]:
    days: dict[str, Any] = {"issued": date(2026, 1, 1), "expires": date(2027, 1, 1)}
    code = format_badge_code(derive_key("hall badge"), key_id=1, badge=1, serial=1, **days)
    forged = format_badge_code(derive_key("forger"), key_id=1, badge=1, serial=1, **days)
    unknown = format_badge_code(derive_key("hall badge"), key_id=2, badge=1, serial=1, **days)
    spare = code[:-1] + chr(ord(code[-1]) + 1)
    for text in ("110101199003070000", code[:60], code + "A", code[:-1] + "1", spare, forged, unknown):
        yield "badge code under key 1", text.encode()
    for text in ("A2-17", "A2-000", "AI-017", "a2-017"):
        yield "ticket number", text.encode()
    for text in ("H1-K1", "H1-K001", "h1-K01"):
        yield "kiosk name", text.encode()
    for text in ("7K2M9-QX4T", "7K2M9-QX4TU"):
        yield "enrolment code", text.encode()
