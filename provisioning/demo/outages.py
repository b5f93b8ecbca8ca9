"""What a network does to a kiosk, on the very port where the server stood: silence, and a portal.

A black hole accepts every connection and never answers. A portal answers everything with 200 and a
page of HTML; it even holds the server's own certificate, which a real portal never has, so that
nothing but the signatures of the receipts stands between its 200 and a false acknowledgement.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAGE: Final = "<!doctype html><title>Login</title><p>请先登录网络 / Please sign in to this network.</p>".encode()
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    % len(_PAGE)
) + _PAGE
_REQUEST_BYTES: Final = 65536


class Outage(ABC):
    """A listener on one port that counts whom it misled. Use as a context manager."""

    def __init__(self, port: int) -> None:
        """Take the port; it must be free."""
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self._listener.settimeout(0.2)
        self._held: list[socket.socket] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)
        self.misled = 0

    def __enter__(self) -> Self:
        """Begin to accept."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the port and of everyone held."""
        self._ending.set()
        self._thread.join()
        self._listener.close()
        for held in self._held:
            held.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                self.misled += 1
                self.meet(connection)

    @abstractmethod
    def meet(self, connection: socket.socket) -> None:
        """Do to one connection what this outage does."""


class BlackHole(Outage):
    """Accepts and never answers."""

    def meet(self, connection: socket.socket) -> None:
        """Keep the connection open and silent."""
        self._held.append(connection)


class Portal(Outage):
    """Answers every request with 200 and HTML, behind the server's own certificate."""

    def __init__(self, port: int, certificate: Path, key: Path) -> None:
        """Take the port; ``certificate`` and ``key``: PEM files of the server."""
        super().__init__(port)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)

    def meet(self, connection: socket.socket) -> None:
        """Answer from a thread of its own, so that a slow guest keeps nobody waiting."""
        threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with contextlib.suppress(OSError), self._tls.wrap_socket(connection, server_side=True) as secured:
            secured.recv(_REQUEST_BYTES)
            secured.sendall(_ANSWER)


@contextlib.contextmanager
def black_hole(port: int) -> Iterator[Outage]:
    """Be a black hole on that port for a while."""
    with BlackHole(port) as outage:
        yield outage


@contextlib.contextmanager
def portal(port: int, certificate: Path, key: Path) -> Iterator[Outage]:
    """Be a portal on that port for a while."""
    with Portal(port, certificate, key) as outage:
        yield outage
