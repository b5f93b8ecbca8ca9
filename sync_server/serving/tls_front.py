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
from typing import IO, TYPE_CHECKING, Any, Final, cast

from shared.errors import MalformedInput
from shared.sync_messages import BASE_PATH
from sync_server.serving.conversation import MAX_HEAD_BYTES, Conversation
from sync_server.serving.wsgi_call import call_wsgi, derive_environ

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed.wsgi import WSGIApplication

MAX_CONNECTIONS: Final = 1000
HANDSHAKE_S: Final = 10.0
_KEPT_IN_MEMORY: Final = 64 * 1024
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
            await self._converse(Conversation(reader, writer))
        except (TimeoutError, OSError, asyncio.CancelledError):
            _log.debug("connection ended")
        finally:
            self._connections.discard(task)
            await _close(writer)

    async def _converse(self, conversation: Conversation) -> None:
        goes_on = True
        while goes_on and not self._stopping.is_set():
            try:
                goes_on = await self._respond(conversation)
            except MalformedInput as error:
                await conversation.refuse(error)
                return

    async def _respond(self, conversation: Conversation) -> bool:
        """Answer one request; tell whether the connection goes on."""
        request = await conversation.read_head()
        with tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY) as body:
            await conversation.read_body(cast("IO[bytes]", body))
            environ = derive_environ(request, cast("IO[bytes]", body), conversation.peer, self._address)
            pool = self._long_polls if environ["PATH_INFO"] == _STATE_PATH else self._workers
            answer = await self._loop.run_in_executor(pool, call_wsgi, self._app, environ)
        return await conversation.answer(answer, is_last=self._stopping.is_set())


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
