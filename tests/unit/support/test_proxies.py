"""The bad lines of the fault tests do what they are named for."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.support.http_proxy import BAD_GATEWAY, NOTHING, PORTAL, HttpProxy, Meddling, redirect_to
from tests.support.tcp_proxy import BLACK_HOLE, DEAD, GOOD, Line, TcpProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = b"a reply of the server"


class _Counting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def server() -> Iterator[tuple[int, list[bytes]]]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Counting)
    bodies: list[bytes] = []
    listening.bodies = bodies  # type: ignore[attr-defined]
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listening.server_port, bodies
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def post(port: int, timeout: float = 5) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", "/sync", b"a request")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_good_line_passes_everything() -> None:
    with server() as (port, bodies), TcpProxy(port) as proxy:
        assert post(proxy.port) == (200, ANSWER)
        assert bodies == [b"a request"]


@pytest.mark.parametrize("line", [DEAD, Line(hangs_up=True, resets=True), Line(cut_down_after=0), Line(cut_up_after=3)])
def test_a_broken_line_is_an_error_of_the_connection(line: Line) -> None:
    with server() as (port, bodies), TcpProxy(port, line) as proxy:
        with pytest.raises((http.client.HTTPException, OSError)):
            post(proxy.port)
        assert bodies == [] or line.cut_down_after == 0


def test_a_black_hole_takes_the_connection_and_never_answers() -> None:
    with server() as (port, bodies), TcpProxy(port, BLACK_HOLE) as proxy:
        with pytest.raises(TimeoutError):
            post(proxy.port, timeout=0.2)
        assert proxy.connections == 1
        assert bodies == []


def test_a_line_can_break_under_an_open_connection_and_come_back() -> None:
    with server() as (port, _), TcpProxy(port) as proxy:
        held = socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
        held.sendall(b"POST / HTTP/1.1\r\n")
        while not proxy.connections:
            pass
        proxy.line = Line(delay_s=0.01)
        proxy.break_open_connections()
        assert held.recv(10) == b""
        held.close()
        proxy.line = GOOD
        assert post(proxy.port) == (200, ANSWER)


def test_a_meddler_that_does_nothing_passes_everything() -> None:
    with server() as (port, bodies), HttpProxy(port, upstream_tls=False) as proxy:
        assert post(proxy.port) == (200, ANSWER)
        assert bodies == [b"a request"]


@pytest.mark.parametrize(
    ("answer", "status"), [(PORTAL, 200), (BAD_GATEWAY, 502), (redirect_to("http://elsewhere/"), 302)]
)
def test_a_meddler_answers_and_the_server_never_hears(answer: object, status: int) -> None:
    with server() as (port, bodies), HttpProxy(port, upstream_tls=False) as proxy:
        proxy.meddle = lambda _: Meddling(answers_itself=answer)  # type: ignore[arg-type]
        assert post(proxy.port)[0] == status
        assert bodies == []


def test_a_request_is_sent_twice() -> None:
    with server() as (port, bodies), HttpProxy(port, upstream_tls=False) as proxy:
        proxy.meddle = lambda _: Meddling(sends_twice=True)
        assert post(proxy.port) == (200, ANSWER)
        assert len(bodies) == 2


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("length", [0, 1, 20, 60])
def test_a_reply_is_cut_after_the_server_did_its_work(length: int, *, resets: bool) -> None:
    with server() as (port, bodies), HttpProxy(port, upstream_tls=False) as proxy:
        proxy.meddle = lambda _: Meddling(cuts_reply_after=length, resets=resets)
        try:
            body = post(proxy.port)[1]  # a cut among the headers looks like an empty 200 to http.client
        except (http.client.HTTPException, OSError):
            body = b""
        assert body == b""
        assert bodies == [b"a request"]


def test_a_lost_request_never_reaches_the_server() -> None:
    with server() as (port, bodies), HttpProxy(port, upstream_tls=False) as proxy:
        proxy.meddle = lambda _: Meddling(loses_request=True)
        with pytest.raises((http.client.HTTPException, OSError)):
            post(proxy.port)
        assert bodies == []
        proxy.meddle = lambda _: NOTHING
        assert post(proxy.port) == (200, ANSWER)
