"""Deadlines of the kiosks' address end who keeps it waiting, and nobody else."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from provisioning.keys import create_keys
from sync_server.keyring import LEAF_FILE, LEAF_KEY_FILE
from sync_server.serving import conversation
from sync_server.serving.tls_front import TlsFront

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGE = b"z" * 16_000_000
"""More than both sockets hold for a client that does not read."""
ASKING = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
SHORT_S = 0.3
LONGER_THAN_A_CLOSE_S = 4.0
"""A connection that is being closed still hands out what it holds for three seconds."""


def answer_large(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = LARGE if environ["PATH_INFO"] == "/large" else b"small"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def serving(folder: Path) -> Iterator[TlsFront]:
    create_keys(folder, "H1", 1_790_000_000_000)
    front = TlsFront(answer_large, ("127.0.0.1", 0), folder / LEAF_FILE, folder / LEAF_KEY_FILE)
    front.start()
    try:
        yield front
    finally:
        front.stop()


@pytest.fixture
def front(tmp_path: Path) -> Iterator[TlsFront]:
    with serving(tmp_path) as front:
        yield front


@contextmanager
def connected(front: TlsFront) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", front.port), timeout=30)
    with context.wrap_socket(plain) as connection:
        yield connection


def read_to_the_end(connection: ssl.SSLSocket) -> bytes:
    """Return all that comes; a connection that was cut ends it too."""
    pieces = []
    try:
        while piece := connection.recv(1024 * 1024):
            pieces.append(piece)
    except OSError:
        pass
    return b"".join(pieces)


def trickle(connection: ssl.SSLSocket) -> None:
    for _ in range(1000):
        time.sleep(0.03)
        connection.sendall(b"y")


def test_client_that_never_reads_its_answer_is_cut_off(front: TlsFront, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "WRITE_S", SHORT_S)
    with connected(front) as connection:
        connection.sendall(ASKING)
        first = connection.recv(1)
        while front._connections:
            time.sleep(0.02)

        assert len(first + read_to_the_end(connection)) < len(LARGE)


def test_client_that_reads_slower_than_the_idle_time_gets_all_of_it(
    front: TlsFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "IDLE_S", SHORT_S)
    with connected(front) as connection:
        connection.sendall(ASKING)
        time.sleep(SHORT_S + LONGER_THAN_A_CLOSE_S)

        assert read_to_the_end(connection).endswith(b"\r\n\r\n" + LARGE)


@pytest.mark.parametrize(
    ("deadline", "beginning"),
    [
        ("HEAD_S", b"GET / HTTP/1.1\r\nHost: x\r\nx: "),
        ("BODY_S", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx"),
    ],
)
def test_client_that_sends_a_byte_now_and_then_is_cut_off(
    front: TlsFront, monkeypatch: pytest.MonkeyPatch, deadline: str, beginning: bytes
) -> None:
    monkeypatch.setattr(conversation, deadline, SHORT_S)
    with connected(front) as connection:
        connection.sendall(beginning)
        with pytest.raises(OSError, match=r"."):
            trickle(connection)


def test_connection_kept_for_nothing_is_closed(front: TlsFront, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "IDLE_S", SHORT_S)
    with connected(front) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

        assert read_to_the_end(connection).endswith(b"small")


def test_stop_does_not_wait_for_connections_that_say_nothing(tmp_path: Path) -> None:
    with ExitStack() as stopped:
        front = stopped.enter_context(serving(tmp_path))
        with connected(front) as connection:
            connection.sendall(b"GET / HT")
            stopped.close()

            assert read_to_the_end(connection) == b""
