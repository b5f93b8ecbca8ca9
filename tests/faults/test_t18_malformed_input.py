"""T18: whatever bytes come, the answer is 2xx or a 4xx problem document; what is signed is kept as it came."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select

from shared import chain as shared_chain
from shared.signed_line import Purpose, SignedLine, join_body, sign_line
from shared.sync_messages import BatchHeader
from sync_server.ingest.models import LineRow
from tests.support.hall_server import JSON

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from tests.support.hall_server import HallServer
    from tests.support.sync_kiosk import Conversation, SyncKiosk

pytestmark = pytest.mark.fault("T18")

DEEP: Final = 100_000
ODD_JSON: Final[dict[str, bytes]] = {
    "nothing": b"",
    "no json": b"not json",
    "array": b"[]",
    "number": b"7",
    "null": b"null",
    "deep": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep and never closed": b"[" * DEEP,
    "huge integer": b'{"v":' + b"9" * 5000 + b"}",
    "integer above 2^53": b'{"seq":9007199254740993}',
    "negative zero": b'{"seq":-0}',
    "float": b'{"seq":1.0}',
    "exponent": b'{"seq":1e400}',
    "nan": b'{"seq":NaN}',
    "bad utf-8": b'{"a":"\xff\xfe"}',
    "overlong utf-8": b'{"a":"\xc0\xaf"}',
    "raw surrogate": b'{"a":"\xed\xa0\x80"}',
    "lone surrogate": b'{"a":"\\ud800"}',
    "utf-16": '{"v":1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"v":1}',
    "nul": b'{"a":"\\u0000"}',
    "raw nul": b'{"a":"\x00"}',
    "doubled key": b'{"v":1,"v":1}',
    "spaces": b'{ "v": 1 }',
    "unsorted": b'{"v":1,"a":1}',
    "carriage return": b'{"v":1}\r',
    "key in capitals": b'{"V":1}',
    "unknown fields only": b'{"x":[{"y":[{"z":[1]}]}]}',
    "long string": b'{"a":"' + b"x" * 20_000 + b'"}',
    "control character": b'{"a":"\x1b[2J"}',
}


class Refusals:
    """Asks of each answer that it is a 4xx problem document with an action for the kiosk."""

    def __init__(self, server: HallServer) -> None:
        self.kiosk = server.enrolled_kiosk()
        self.kiosk.record()
        self.talk = self.kiosk.hello()

    def check(self, reply: requests.Response) -> None:
        assert 400 <= reply.status_code < 500, (reply.status_code, reply.text)
        assert reply.headers["Content-Type"] == "application/problem+json"
        problem = json.loads(reply.content)
        assert problem["status"] == reply.status_code
        assert problem["kiosk_action"] in {"retry", "resend_from", "halve", "hello_again", "reenrol", "attend"}

    def batch(self, body: bytes) -> requests.Response:
        return self.kiosk.post("batches", body, self.talk.bearer)


@pytest.fixture
def refusals(sqlite_server: HallServer) -> Iterator[Refusals]:
    refusals = Refusals(sqlite_server)
    yield refusals
    assert sqlite_server.count() == 0, "something was stored"
    refusals.check(refusals.kiosk.post("hello", b"x"))
    assert refusals.kiosk.sync().accepted.seq == 1, "the kiosk goes on"


def signed_batch(kiosk: SyncKiosk, talk: Conversation, body: bytes) -> bytes:
    """Return a batch whose header is genuine whatever the body is."""
    chain = kiosk.chain
    header = BatchHeader(
        body=hashlib.sha256(body).hexdigest(),
        branch=None,
        by=chain.name,
        chain=chain.name,
        head=chain.head.hash,
        kiosk=kiosk.kiosk,
        nonce=talk.fields.nonce,
    )
    return sign_line(chain.key, Purpose.BATCH, header) + b"\n" + body


def signed_raw(kiosk: SyncKiosk, purpose: Purpose, raw: bytes) -> bytes:
    """Return a line that is well signed over bytes that are no strict json."""
    return SignedLine(kiosk.chain.key.sign(purpose, raw), raw).to_bytes()


def test_every_endpoint_refuses_every_odd_body(refusals: Refusals) -> None:
    kiosk, bearer = refusals.kiosk, refusals.talk.bearer
    enrolment = f"{kiosk.url}/sync/v1/enrolment"
    for odd in ODD_JSON.values():
        for body in (odd, odd + b"\n", b"A" * 86 + b" " + odd + b"\n", signed_raw(kiosk, Purpose.HELLO, odd) + b"\n"):
            refusals.check(kiosk.post("hello", body))
            refusals.check(refusals.batch(body))
            refusals.check(kiosk.http.post(enrolment, data=body, headers=JSON, timeout=30))
        name = hashlib.sha256(odd).hexdigest()
        refusals.check(kiosk.http.put(f"{kiosk.url}/sync/v1/blobs/{name}", data=odd, headers=bearer, timeout=30))


def test_well_signed_batch_of_odd_lines_is_refused(refusals: Refusals) -> None:
    for odd in ODD_JSON.values():
        for purpose in (Purpose.RECORD, Purpose.LOST):
            line = signed_raw(refusals.kiosk, purpose, odd)
            for body in (line + b"\n", line, line + b"\r\n", b"\n" + line + b"\n"):
                refusals.check(refusals.batch(signed_batch(refusals.kiosk, refusals.talk, body)))


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0},
        {"seq": -1},
        {"at": "noon"},
        {"at": 2**53},
        {"type": "Badge Scanned"},
        {"type": "x" * 41},
        {"prev": "0" * 63},
        {"prev": None},
        {"kiosk": "H1-K001"},
        {"kiosk": "H1-K02"},
        {"epoch": 2},
        {"clock": 3},
        {"clock": True},
        {"v": 2},
        {"extra": 1},
        {"data": []},
        {"data": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}},
        {"sealed": None},
    ],
    ids=str,
)
def test_well_signed_record_with_a_wrong_field_is_refused(refusals: Refusals, changes: dict[str, Any]) -> None:
    genuine = json.loads(refusals.kiosk.chain.lines[0][87:])
    raw = json.dumps({**genuine, **changes}, separators=(",", ":"), sort_keys=True).encode()

    line = signed_raw(refusals.kiosk, Purpose.RECORD, raw)

    refusals.check(refusals.batch(signed_batch(refusals.kiosk, refusals.talk, line + b"\n")))


def test_odd_requests_are_refused(refusals: Refusals) -> None:
    kiosk, bearer = refusals.kiosk, refusals.talk.bearer
    base = f"{kiosk.url}/sync/v1"
    genuine = signed_batch(kiosk, refusals.talk, join_body(kiosk.chain.lines))
    for encoding in ("br", "deflate", "gzip, gzip", "x" * 500):
        refusals.check(kiosk.post("batches", genuine, {**bearer, "Content-Encoding": encoding}))
    zipped = {**bearer, "Content-Encoding": "gzip"}
    for body in (b"", b"\x1f\x8b", genuine, gzip.compress(genuine)[:-1], gzip.compress(genuine) + b"tail"):
        refusals.check(kiosk.post("batches", body, zipped))
    refusals.check(kiosk.post("batches", gzip.compress(b"") * 40_000, zipped))
    for path in ("state?since=x", "state?since=-1", "state?since=99999999999999999", "packs/hall?have=1e3"):
        refusals.check(kiosk.http.get(f"{base}/{path}", headers=bearer, timeout=30))
    for path in ("", "hello", "state/../hello", "nothing", "blobs/x", "enrolment/x", "enrolment/" + "0" * 64, "%00"):
        refusals.check(kiosk.http.get(f"{base}/{path}", headers=bearer, timeout=30))
    for content_type in ("text/plain", "", "application/json; charset=utf-16", "x/y/z"):
        headers = {"Content-Type": content_type}
        refusals.check(kiosk.http.post(f"{base}/enrolment", data=b"{}", headers=headers, timeout=30))
    for method in ("DELETE", "PATCH", "PUT"):
        refusals.check(kiosk.http.request(method, f"{base}/hello", timeout=30))


def test_batch_of_too_many_lines_or_bytes_is_to_be_halved(refusals: Refusals) -> None:
    kiosk, talk = refusals.kiosk, refusals.talk
    lines = kiosk.chain.lines * 501
    too_many = kiosk.post("batches", signed_batch(kiosk, talk, join_body(lines)), talk.bearer)
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024))
    inflated = kiosk.post("batches", bomb, {**talk.bearer, "Content-Encoding": "gzip"})
    heavy = kiosk.post("batches", b"x" * (2 * 1024 * 1024), talk.bearer)

    for reply in (too_many, inflated, heavy):
        assert (reply.status_code, reply.json()["kiosk_action"]) == (413, "halve")


def odd_spelling_is_refused(server: HallServer) -> None:
    kiosk = server.enrolled_kiosk()
    line = kiosk.make_line("badge_scanned", {"staff": "张三"})
    raw = line[87:].replace("张三".encode(), b"\\u5f20\\u4e09")
    talk = kiosk.hello()

    reply = kiosk.post(
        "batches", signed_batch(kiosk, talk, signed_raw(kiosk, Purpose.RECORD, raw) + b"\n"), talk.bearer
    )

    assert reply.status_code == 422
    assert server.count() == 0


def test_second_spelling_of_one_record_is_refused(sqlite_server: HallServer) -> None:
    odd_spelling_is_refused(sqlite_server)


def test_the_test_finds_a_server_that_reads_json_as_anybody_does(
    sqlite_server: HallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_chain.strict_json, "parse", lambda raw, **_: json.loads(raw))

    with pytest.raises(AssertionError):
        odd_spelling_is_refused(sqlite_server)


def test_chinese_and_every_escape_are_kept_byte_for_byte(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record("note_taken", {"words": '引号" 反斜线\\ 换行\n 制表\t 控制\x01 删除\x7f 扩展𠮷 😀 零宽\u200b \u2028'})

    kiosk.sync()

    assert hall_server.scalars(select(LineRow.json)) == [kiosk.chain.lines[0][87:]]
