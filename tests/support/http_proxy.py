"""A meddler in the middle of HTTP: answers for the server, cuts its replies, sends requests twice.

Speaks TLS with a certificate and key that the kiosk trusts (the test hall's own), or plain HTTP, and
passes each request on to the server over TLS or plain HTTP. What happens to a request is a
``Meddling`` that the test sets, or a function of the request.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
_UPSTREAM_TIMEOUT_S: Final = 40


class Request(NamedTuple):
    """A request as it came. ``body``: after transfer coding, before content coding."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """A reply, of the server or made up."""

    status: int
    headers: dict[str, str]
    body: bytes

    def to_bytes(self) -> bytes:
        """Return it as it goes over the line."""
        head = [f"HTTP/1.1 {self.status} {http.client.responses.get(self.status, '')}"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        head += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(head).encode("latin-1") + self.body


PORTAL: Final = Reply(
    200,
    {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"},
    "<!doctype html><title>WLAN</title><form>欢迎使用公共无线网络，请先登录</form>".encode(),
)
BAD_GATEWAY: Final = Reply(502, {"Content-Type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>")


def redirect_to(location: str, status: int = 302) -> Reply:
    """Return a redirect, as portals and misled gateways give."""
    return Reply(status, {"Location": location, "Content-Type": "text/html"}, b"<html>moved</html>")


@dataclass(frozen=True)
class Meddling:
    """What is done to one request. The default is nothing.

    ``answers_itself``: this reply, and the server never hears; ``loses_request``: the connection ends
    before the server hears; ``sends_twice``: the server hears it twice, the second reply goes back;
    ``cuts_reply_after``: so many bytes of the whole reply, status line included; ``resets``: with RST.
    """

    answers_itself: Reply | None = None
    loses_request: bool = False
    sends_twice: bool = False
    delay_s: float = 0.0
    cuts_reply_after: int | None = None
    resets: bool = False


NOTHING: Final = Meddling()


@dataclass
class Heard:
    """What passed: each request with what went back to the kiosk, whole, before any cut."""

    exchanges: list[tuple[Request, Reply]] = field(default_factory=list)


class HttpProxy:
    """``meddle`` may be replaced at any time: a function from a request to what is done to it."""

    def __init__(
        self,
        upstream_port: int,
        *,
        certificate: Path | None = None,
        private_key: Path | None = None,
        upstream_tls: bool = True,
    ) -> None:
        """Begin to listen on a free port of loopback, over TLS where a certificate is given."""
        self.meddle: Callable[[Request], Meddling] = lambda _: NOTHING
        self.heard = Heard()
        self._upstream_port = upstream_port
        self._upstream_tls = upstream_tls
        self._closing = threading.Event()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, private_key)
            self._server.tls = context
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return the proxy, which is closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        self.close()

    def close(self) -> None:
        """Stop listening and break what is open."""
        self._closing.set()
        self._server.shutdown()
        self._server.break_open()
        self._server.server_close()
        self._thread.join()

    def exchange(self, request: Request) -> tuple[Reply, Meddling]:
        """Return what goes back for a request, and what is to be done to it on the way."""
        meddling = self.meddle(request)
        if meddling.delay_s:
            self._closing.wait(meddling.delay_s)
        if meddling.answers_itself is not None:
            reply = meddling.answers_itself
        elif meddling.loses_request:
            reply = Reply(0, {}, b"")
        else:
            reply = self._pass_on(request)
            if meddling.sends_twice:
                reply = self._pass_on(request)
        self.heard.exchanges.append((request, reply))
        return reply, meddling

    def _pass_on(self, request: Request) -> Reply:
        if self._upstream_tls:
            # Whether the server is the right one is the kiosk's question, and this proxy is its test.
            trusting = ssl._create_unverified_context()  # noqa: S323
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self._upstream_port, timeout=_UPSTREAM_TIMEOUT_S, context=trusting
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self._upstream_port, timeout=_UPSTREAM_TIMEOUT_S)
        try:
            connection.request(request.method, request.path, request.body, request.headers)
            answer = connection.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
            return Reply(answer.status, headers, answer.read())
        except (OSError, http.client.HTTPException):
            return BAD_GATEWAY
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    tls: ssl.SSLContext | None = None
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def finish_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override] # TCP only
        with contextlib.suppress(OSError):
            connection = self.tls.wrap_socket(request, server_side=True) if self.tls is not None else request
            with self._lock:
                self._open.add(connection)
            try:
                super().finish_request(connection, client_address)
            finally:
                with self._lock:
                    self._open.discard(connection)
                connection.close()

    def break_open(self) -> None:
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: broken connections are the purpose here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: HttpProxy

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = self._read_chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.rfile.read(length)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        reply, meddling = self.owner.exchange(Request(self.command, self.path, headers, body))
        whole = b"" if meddling.loses_request else reply.to_bytes()
        cut = 0 if meddling.loses_request else meddling.cuts_reply_after
        self.wfile.write(whole[:cut])
        self.wfile.flush()
        if cut is not None:
            self.close_connection = True
            if meddling.resets:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            else:
                self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
