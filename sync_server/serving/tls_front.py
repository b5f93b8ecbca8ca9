"""The address of kiosks where no nginx stands before it: TLS, and a whole request before any work.

One thread reads and writes every connection; a request is handed on only when all of it has come, so
that hundreds of half-sent ones cost memory in the kilobytes and no worker. Long polls wait in a pool
of their own and never hold up a batch. Every read and write has a deadline and a limit.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any, Final, cast

from shared.errors import MalformedInput, ServicehallError
from shared.limits import MAX_BATCH_WIRE_BYTES
from shared.sync_messages import BASE_PATH
from sync_server.problems import problem_document
from sync_server.serving.request_head import MAX_HEAD_BYTES, RequestHead, parse_head
from sync_server.serving.wsgi_call import Answer, call_wsgi

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed.wsgi import WSGIApplication

MAX_CONNECTIONS: Final = 1000
HANDSHAKE_S: Final = 10.0
HEAD_S: Final = 10.0
"""From the first byte to the empty line."""
IDLE_S: Final = 60.0
"""Between two requests; a kiosk in a long poll comes back sooner."""
BODY_S: Final = 60.0
"""1 MiB at 140 kbit/s, a bad mobile line."""
WRITE_S: Final = 30.0
DRAIN_BYTES: Final = 16 * 1024 * 1024
DRAIN_S: Final = 5.0
_KEPT_IN_MEMORY: Final = 64 * 1024
_PIECE: Final = 64 * 1024
_WORKERS: Final = 8
_LONG_POLLS: Final = 256
_STATE_PATH: Final = f"{BASE_PATH}/state"

_log = logging.getLogger(__name__)


class TlsFront:
    """Serves ``app`` under TLS until it is stopped."""

    def __init__(self, app: WSGIApplication, address: tuple[str, int], certificate: Path, key: Path) -> None:
        """Load the certificate; nothing listens yet."""
        self._app = app
        self._address = address
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.load_cert_chain(certificate, key)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_log_connection_fault)
        self._thread = threading.Thread(target=self._run, name="tls-front", daemon=True)
        self._workers = ThreadPoolExecutor(_WORKERS, "sync-worker")
        self._long_polls = ThreadPoolExecutor(_LONG_POLLS, "long-poll")
        self._connections: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._listening = threading.Event()
        self._failure: BaseException | None = None
        self.port = 0

    def start(self) -> None:
        """Begin to listen; ``port`` is then the one that was taken.

        Raises:
            OSError: the address is not to be had.
        """
        self._thread.start()
        self._listening.wait()
        if self._failure is not None:
            self._thread.join()
            self._loop.close()
            raise self._failure

    def stop(self) -> None:
        """Let running requests end their transaction, close every connection and return."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._workers.shutdown(wait=True)
        self._long_polls.shutdown(wait=True)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._failure = error
            self._listening.set()

    async def _serve(self) -> None:
        server = await asyncio.start_server(
            self._accept,
            *self._address,
            ssl=self._tls,
            ssl_handshake_timeout=HANDSHAKE_S,
            ssl_shutdown_timeout=1.0,
            limit=MAX_HEAD_BYTES,
            backlog=512,
        )
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stopping.wait()
        server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            _log.debug("connection ended")
        finally:
            self._connections.discard(task)
            await _close(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        patience = HEAD_S
        while not self._stopping.is_set():
            head = await _read_head(reader, patience)
            if head is None:
                return
            try:
                request = parse_head(head)
                if (request.length or 0) > MAX_BATCH_WIRE_BYTES:
                    raise MalformedInput("body_too_large", size=request.length, limit=MAX_BATCH_WIRE_BYTES)
            except ServicehallError as error:
                await _write(writer, problem_answer(error), keeps_alive=False)
                await _drain(reader)
                return
            if not await self._respond(request, reader, writer):
                return
            patience = IDLE_S

    async def _respond(self, request: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tell whether the connection goes on."""
        if request.expects_continue and request.length:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        with tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY) as body:
            async with asyncio.timeout(BODY_S):
                await _read_body(reader, request.length or 0, cast("IO[bytes]", body))
            body.seek(0)
            pool = self._long_polls if request.path == _STATE_PATH else self._workers
            peer = writer.get_extra_info("peername")
            answer = await self._loop.run_in_executor(
                pool, call_wsgi, self._app, request, body, str(peer[0]) if peer else "", self._address
            )
        keeps_alive = request.keeps_alive and not self._stopping.is_set()
        await _write(writer, answer, keeps_alive=keeps_alive, head_only=request.method == "HEAD")
        return keeps_alive


def problem_answer(error: ServicehallError) -> Answer:
    """Return the answer to a request that never reached the program."""
    status, content_type, body = problem_document(error)
    phrase = HTTPStatus(status).phrase
    return Answer(f"{status} {phrase}", [("Content-Type", content_type)], body)


async def _read_head(reader: asyncio.StreamReader, patience_s: float) -> bytes | None:
    """Return a head with its empty line, None where the other side has nothing more to say."""
    try:
        async with asyncio.timeout(patience_s):
            first = await reader.read(1)
        if not first:
            return None
        async with asyncio.timeout(HEAD_S):
            return first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return b"\r\n\r\n"


async def _read_body(reader: asyncio.StreamReader, size: int, body: IO[bytes]) -> None:
    while size > 0:
        piece = await reader.read(min(size, _PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", size)
        body.write(piece)
        size -= len(piece)


async def _drain(reader: asyncio.StreamReader) -> None:
    """Read on for a while what the other side still sends, or it would not see the answer."""
    left = DRAIN_BYTES
    async with asyncio.timeout(DRAIN_S):
        while left > 0 and (piece := await reader.read(_PIECE)):
            left -= len(piece)


async def _write(writer: asyncio.StreamWriter, answer: Answer, *, keeps_alive: bool, head_only: bool = False) -> None:
    lines = [f"HTTP/1.1 {answer.status}"]
    lines += [f"{name}: {value}" for name, value in answer.fields]
    if not answer.is_bodiless:
        lines.append(f"Content-Length: {len(answer.body)}")
    lines.append("Connection: keep-alive" if keeps_alive else "Connection: close")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    writer.write(head if head_only or answer.is_bodiless else head + answer.body)
    async with asyncio.timeout(WRITE_S):
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(2.0):
            await writer.wait_closed()
    except (TimeoutError, OSError, asyncio.CancelledError):
        writer.transport.abort()


def _log_connection_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log in one line what asyncio would print in twenty: handshakes that fail are the internet's weather."""
    error = context.get("exception")
    _log.debug("connection fault", extra={"kind": type(error).__name__ if error else context.get("message", "")})
