"""A bad line: a TCP proxy between a kiosk and its server that can fail in each way a line fails.

Bytes pass as they are, so TLS goes through untouched. What a proxy does inside HTTP (portal, 502,
redirect, doubled request, a reply cut after so many bytes) is ``http_proxy``'s part.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_PIECE_BYTES: Final = 65536
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Line:
    """How the line is. The default is a good one.

    ``hangs_up``: takes the connection and drops it; ``never_answers``: takes it and says nothing, a
    black hole; ``delay_s``: before each piece; ``cut_up_after``, ``cut_down_after``: bytes to and from
    the server after which the connection breaks; ``resets``: it breaks with RST and not FIN.
    """

    hangs_up: bool = False
    never_answers: bool = False
    delay_s: float = 0.0
    cut_up_after: int | None = None
    cut_down_after: int | None = None
    resets: bool = False


GOOD: Final = Line()
DEAD: Final = Line(hangs_up=True)
BLACK_HOLE: Final = Line(never_answers=True)


class TcpProxy:
    """Listens on a free port of loopback; ``line`` may be replaced at any time and holds for new pieces."""

    def __init__(self, upstream_port: int, line: Line = GOOD) -> None:
        """Begin to listen; the server need not be there yet."""
        self.line = line
        self.connections = 0
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._begin(self._accept)

    def __enter__(self) -> Self:
        """Return the proxy, which is closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        self.close()

    def break_open_connections(self) -> None:
        """Break what is open now, with RST where the line resets."""
        with self._lock:
            for connection in self._open:
                self._break(connection)
            self._open.clear()

    def close(self) -> None:
        """Stop listening, break all connections, wait for the threads."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.break_open_connections()
        for thread in self._threads:
            thread.join()

    def _begin(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type] # bound methods
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._hold(client)
            if self.line.hangs_up:
                self._drop(client)
            elif self.line.never_answers:
                self._begin(self._swallow, client)
            else:
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._upstream_port), timeout=5)
        except OSError:
            self._drop(client)
            return
        server.settimeout(None)
        self._hold(server)
        self._begin(self._pass_on, client, server, "cut_up_after")
        self._begin(self._pass_on, server, client, "cut_down_after")

    def _swallow(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while client.recv(_PIECE_BYTES):
                pass

    def _pass_on(self, source: socket.socket, target: socket.socket, cut: str) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE_BYTES):
                line = self.line
                if line.delay_s:
                    self._closing.wait(line.delay_s)
                if line.never_answers:
                    continue
                border: int | None = getattr(line, cut)
                if border is not None and passed + len(piece) >= border:
                    target.sendall(piece[: max(0, border - passed)])
                    break
                target.sendall(piece)
                passed += len(piece)
        self._drop(source)
        self._drop(target)

    def _hold(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def _drop(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
            self._break(connection)

    def _break(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.line.resets:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            else:
                connection.shutdown(socket.SHUT_RDWR)
        connection.close()
