"""Several requests on one connection are answered each by its own, however the bytes fall."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from typing import TYPE_CHECKING

import h11
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.hall_server import HallServer

STATE = b"GET /sync/v1/state HTTP/1.1\r\nHost: x\r\n\r\n"
HELLO = b"POST /sync/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
NOTHING = b"GET /sync/v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def connection(sqlite_server: HallServer) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", sqlite_server.running.sync_port), timeout=30)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(plain) as wrapped:
        yield wrapped


def read_answers(connection: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Return status and body of the next answers, read as a client reads them."""
    answers: list[tuple[int, bytes]] = []
    rest = b""
    for _ in range(count):
        client = h11.Connection(h11.CLIENT)
        client.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        client.send(h11.EndOfMessage())
        if rest:
            client.receive_data(rest)
        status, body = 0, b""
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                client.receive_data(connection.recv(4096))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
        rest = client.trailing_data[0]
        answers.append((status, body))
    assert rest == b"", "more came than was asked for"
    return answers


def test_requests_sent_before_the_first_answer_are_answered_in_their_order(connection: ssl.SSLSocket) -> None:
    connection.sendall(STATE + HELLO + NOTHING + STATE)

    assert [status for status, _ in read_answers(connection, 4)] == [401, 422, 404, 401]


def test_request_that_comes_byte_by_byte_is_the_same_request(connection: ssl.SSLSocket) -> None:
    connection.sendall(HELLO)
    whole = read_answers(connection, 1)
    for byte in HELLO:
        connection.sendall(bytes([byte]))

    assert read_answers(connection, 1) == whole


def test_malformed_request_after_a_good_one_gets_its_own_answer_and_is_the_last(connection: ssl.SSLSocket) -> None:
    connection.sendall(STATE + b"GARBAGE\r\n\r\n" + STATE)

    answers = read_answers(connection, 2)
    connection.sendall(STATE)

    assert [json.loads(body)["code"] for _, body in answers] == ["session_unknown", "request_malformed"]
    assert connection.recv(1) == b""


@pytest.mark.parametrize("ending", [b"HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"HTTP/1.0\r\n\r\n"])
def test_client_that_wants_one_answer_gets_the_end_after_it(connection: ssl.SSLSocket, ending: bytes) -> None:
    connection.sendall(b"GET /sync/v1/state " + ending)

    assert [status for status, _ in read_answers(connection, 1)] == [401]
    assert connection.recv(1) == b""


def test_head_is_told_the_length_and_gets_no_body(sqlite_server: HallServer) -> None:
    context = ssl.create_default_context(cafile=str(sqlite_server.settings.keys_path / "ca.pem"))
    asked = http.client.HTTPSConnection("127.0.0.1", sqlite_server.running.sync_port, context=context, timeout=30)
    for method in ("HEAD", "GET"):
        asked.request(method, "/sync/v1/state")
        answer = asked.getresponse()
        body = answer.read()
        assert (answer.status, int(answer.headers["Content-Length"]) > 0) == (401, True)
        assert bool(body) == (method == "GET")
    asked.close()
