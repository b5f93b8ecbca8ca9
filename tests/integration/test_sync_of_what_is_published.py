"""Live state, published file and sealed texts over real TLS, on both databases."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import select

from shared.pack import verify_pack
from shared.sealing import SealedPosition, open_sealed
from shared.server_keys import verify_keys_line
from shared.signed_line import Purpose
from shared.sync_messages import StateFields, parse_message
from sync_server.ingest.models import BlobRow
from sync_server.ingest.rules import BlobState
from sync_server.publishing.operations import bump_state, publish, set_hall_details

if TYPE_CHECKING:
    import requests

    from tests.support.hall_server import HallServer
    from tests.support.sync_kiosk import Conversation, SyncKiosk


def get(kiosk: SyncKiosk, talk: Conversation, path: str) -> requests.Response:
    return kiosk.http.get(f"{kiosk.url}/sync/v1/{path}", headers=talk.bearer, timeout=40)


def read_state(server: HallServer, reply: requests.Response) -> StateFields:
    keyring = server.runtime.keyring
    keys = verify_keys_line(keyring.keys_line, keyring.identity_public)
    return parse_message(keys.verify_server_line(reply.content[:-1], Purpose.STATE).json, StateFields)


def test_state_waits_until_something_changed(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    talk = kiosk.hello()
    now = read_state(hall_server, get(kiosk, talk, "state"))

    def change() -> None:
        time.sleep(0.3)
        with hall_server.runtime.database.transaction() as session:
            bump_state(session, "H1")

    changing = threading.Thread(target=change)
    changing.start()
    later = read_state(hall_server, get(kiosk, talk, f"state?since={now.version}"))
    changing.join()

    assert later.version == now.version + 1
    assert later.incarnation == talk.fields.incarnation


def test_state_without_a_token_is_refused(sqlite_server: HallServer) -> None:
    kiosk = sqlite_server.enrolled_kiosk()

    for path in ("state", "packs/hall"):
        assert kiosk.http.get(f"{kiosk.url}/sync/v1/{path}", timeout=10).status_code == 401


def test_published_file_comes_as_it_was_signed_and_only_when_it_is_newer(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    runtime, talk = hall_server.runtime, kiosk.hello()
    assert get(kiosk, talk, "packs/hall").status_code == 503
    with runtime.database.transaction() as session:
        set_hall_details(session, "H1", name_zh="政务大厅", name_en="Service Hall", timezone="Asia/Shanghai")
        version = publish(session, "H1", runtime.keyring, runtime.clock)

    pack = verify_pack(get(kiosk, talk, "packs/hall?have=0").content, talk.opened.keys, hall="H1")

    assert pack.header.version == version
    assert get(kiosk, talk, f"packs/hall?have={version}").status_code == 304
    assert read_state(hall_server, get(kiosk, talk, "state")).pack == version


def test_sealed_text_is_taken_once_its_record_is_there_and_missing_until_then(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    keyring = hall_server.runtime.keyring
    name = kiosk.record_sealed("窗口没有人", keyring.sealing_public)
    blob = kiosk.blobs[name]
    talk = kiosk.hello()

    def put(name: str, content: bytes) -> int:
        url = f"{kiosk.url}/sync/v1/blobs/{name}"
        return kiosk.http.put(url, data=content, headers=talk.bearer, timeout=30).status_code

    assert put(name, blob) == 422
    receipt = kiosk.send(talk, kiosk.chain.lines).fields
    assert [(found.code, found.seq) for found in receipt.exceptions] == [("blob_missing", 1)]
    assert put(name, blob + b"x") == 422
    assert put(hashlib.sha256(b"x").hexdigest(), b"x") == 422
    assert [put(name, blob), put(name, blob)] == [204, 204]
    assert kiosk.hello().receipt.exceptions == []

    held = hall_server.scalars(select(BlobRow.sealed))[0]
    position = SealedPosition(kiosk.chain.name, 1, "complaint_filed")
    assert open_sealed(held, position, keyring.sealing_private) == {"text": "窗口没有人"}


def test_sealed_text_that_was_deleted_is_not_taken_again(sqlite_server: HallServer) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    name = kiosk.record_sealed("x", sqlite_server.runtime.keyring.sealing_public)
    talk = kiosk.hello()
    kiosk.send(talk, kiosk.chain.lines)
    with sqlite_server.runtime.database.transaction() as session:
        row = session.scalars(select(BlobRow)).one()
        row.state, row.sealed = BlobState.DELETED, None

    url = f"{kiosk.url}/sync/v1/blobs/{name}"
    reply = kiosk.http.put(url, data=kiosk.blobs[name], headers=talk.bearer, timeout=30)

    assert reply.status_code == 410
    assert kiosk.hello().receipt.exceptions == []
