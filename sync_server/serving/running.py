"""One running server: both addresses, the check of signatures, and a clean end of all of it."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import waitress.server

from sync_server import create_app
from sync_server.ingest.check_signatures import SignatureChecker
from sync_server.ingest.views import BELL
from sync_server.runtime import EXTENSION
from sync_server.serving.paths import PagesOnly, SyncOnly
from sync_server.serving.tls_front import TlsFront

if TYPE_CHECKING:
    from types import FrameType

    from sync_server.clock import Clock
    from sync_server.config import Settings
    from sync_server.ingest.state import StateBell
    from sync_server.runtime import Runtime

_OFFICE_THREADS: Final = 8
_CHANNEL_TIMEOUT_S: Final = 10
_CONNECTION_LIMIT: Final = 1000

_log = logging.getLogger(__name__)


class RunningServer:
    """The whole server in this process. ``office_port`` and ``sync_port`` are the ones that were taken."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        """Open the database and listen at both addresses; nothing is answered yet.

        Raises:
            Unavailable: the hall has no keys. OSError: an address is not to be had.
        """
        self.app = create_app(settings, clock=clock)
        self.runtime: Runtime = self.app.extensions[EXTENSION]
        keyring = self.runtime.keyring
        self._front = TlsFront(
            SyncOnly(self.app.wsgi_app), settings.address("sync_listen"), keyring.leaf_path, keyring.leaf_key_path
        )
        host, port = settings.address("office_listen")
        self._office: Any = waitress.server.create_server(
            PagesOnly(self.app.wsgi_app),
            host=host,
            port=port,
            threads=_OFFICE_THREADS,
            channel_timeout=_CHANNEL_TIMEOUT_S,
            connection_limit=_CONNECTION_LIMIT,
            ident=None,
            clear_untrusted_proxy_headers=False,
        )
        self._checker = SignatureChecker(self.runtime.database)
        self.office_port = int(self._office.effective_port)
        self.sync_port = 0
        self._ended = threading.Lock()

    def serve(self) -> None:
        """Answer until the process is told to end (SIGTERM, Ctrl-C), then stop cleanly."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end)
        try:
            self.start_sync()
            _log.info("serving", extra={"office_port": self.office_port, "sync_port": self.sync_port})
            self._office.run()
        finally:
            self.stop()
            _log.info("stopped")

    def start_sync(self) -> None:
        """Begin to answer kiosks and to check signatures."""
        self._front.start()
        self.sync_port = self._front.port
        self._checker.start()

    def run_office(self) -> None:
        """Answer people until :meth:`stop`; for a thread of its own."""
        self._office.run()

    def stop(self) -> None:
        """Stop answering, finish what runs, close the database. A second call does nothing."""
        if not self._ended.acquire(blocking=False):
            return
        bell: StateBell = self.app.extensions[BELL]
        bell.close()
        if self.sync_port:
            self._checker.stop()
            self._front.stop()
        self._office.close()
        self._office.task_dispatcher.shutdown()
        self.runtime.database.close()


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
