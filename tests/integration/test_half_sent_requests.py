"""Two hundred half-sent requests at either address do not keep an honest one from its answer."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.hall_server import HallServer

HALF_SENT = 200


def tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\n",
        b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + b"x" * 100,
    ],
    ids=["handshake only", "half a head", "half a body"],
)
def test_hall_goes_on_syncing_beside_half_sent_requests(sqlite_server: HallServer, beginning: bytes) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    kiosk.record()
    context = tls()
    with ExitStack() as open_connections:
        for _ in range(HALF_SENT):
            plain = socket.create_connection(("127.0.0.1", sqlite_server.running.sync_port), timeout=30)
            connection = open_connections.enter_context(context.wrap_socket(plain))
            connection.sendall(beginning)

        assert kiosk.sync().accepted.seq == 1


def test_connections_that_never_shake_hands_do_not_stop_the_hall(sqlite_server: HallServer) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    kiosk.record()
    with ExitStack() as open_connections:
        for _ in range(HALF_SENT):
            address = ("127.0.0.1", sqlite_server.running.sync_port)
            open_connections.enter_context(socket.create_connection(address, timeout=30))

        assert kiosk.sync().accepted.seq == 1


def test_office_page_is_shown_beside_half_sent_requests(sqlite_server: HallServer) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    url = sqlite_server.office_url
    with ExitStack() as open_connections:
        for _ in range(HALF_SENT):
            address = ("127.0.0.1", sqlite_server.running.office_port)
            connection = open_connections.enter_context(socket.create_connection(address, timeout=30))
            connection.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\n")

        assert kiosk.http.get(f"{url}/sign-in", timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /sync/v1/state HTTP/1.1\r\nHost: x\r\n\r\n", b"401"),
        (b"GET /sync/v1/state HTTP/1.0\r\n\r\n", b"401"),
        (b"GET /sync/v1/state HTTP/1.1\r\n\r\n", b"422"),
        (b"GET /sync/v1/state HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"422"),
        (b"GARBAGE\r\n\r\n", b"422"),
        (b"\x16\x03\x01", b"422"),
        (b"GET http://x/sync/v1/state HTTP/1.1\r\nHost: x\r\n\r\n", b"422"),
        (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"422"),
        (b"CONNECT /sync/v1/state HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"GET /sync/v1/state HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", b"401"),
        (b"GET /sync/v1/state HTTP/1.1\r\n folded: x\r\nHost: x\r\n\r\n", b"422"),
        (b"GET /sync/v1/state HTTP/1.1\r\nHost : x\r\n\r\n", b"422"),
        (b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", b"422"),
        (b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\nx", b"422"),
        (b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", b"422"),
        (
            b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
            b"411",
        ),
        (b"HEAD /sync/v1/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nx", b"413"),
        (b"GET /sync/v1/state HTTP/1.1\r\nHost: x\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", b"422"),
        (b"GET /sync/v1/state HTTP/1.1\r\nHost: x\r\nx: " + b"y" * 70_000, b"422"),
        (b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    ],
)
def test_odd_requests_are_answered_and_the_connection_ends_or_goes_on(
    sqlite_server: HallServer, request_bytes: bytes, status: bytes
) -> None:
    plain = socket.create_connection(("127.0.0.1", sqlite_server.running.sync_port), timeout=30)
    with tls().wrap_socket(plain) as connection:
        connection.sendall(request_bytes)
        answer = connection.recv(4096)

    assert answer.split(b" ")[1] == status


def test_body_comes_after_the_word_that_the_client_waits_for(sqlite_server: HallServer) -> None:
    plain = socket.create_connection(("127.0.0.1", sqlite_server.running.sync_port), timeout=30)
    with tls().wrap_socket(plain) as connection:
        connection.sendall(
            b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"x")
        assert connection.recv(4096).startswith(b"HTTP/1.1 422 ")
