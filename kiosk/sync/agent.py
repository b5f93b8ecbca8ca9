"""The agent: brings every record to the server, for ever, in its own thread; no screen waits for it.

A round says hello for each chain, oldest first, and sends what is missing; a chain that is stuck never
holds up the next. Between rounds new records go out in the open session. After a failure the next round
comes after a wait with full jitter, and records made meanwhile do not hurry it.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kiosk.ports import ChainLedger, Clock, StateBoard, SyncLedger, SyncStatus
from shared.errors import OutOfOrder, ServicehallError, Unavailable

if TYPE_CHECKING:
    from kiosk.sync.backoff import Backoff
    from kiosk.sync.listener import HallListener
    from kiosk.sync.uploader import ChainConversation, ChainUploader, Progress

ROUND_EVERY_MS: Final = 20_000
"""A hello at least this often, records or not: absence is only concluded up to the last one."""

GATHER_S: Final = 0.1
"""Records of one moment travel together."""

_FORKED: Final = "forked"
_READ_ONLY: Final = "read_only"
_log = logging.getLogger(__name__)


@dataclass
class SyncAgent:
    """Call :meth:`start` once; :meth:`nudge` after a record; :meth:`close` at the end."""

    ledger: SyncLedger
    uploader: ChainUploader
    listener: HallListener
    board: StateBoard
    clock: Clock
    backoff: Backoff
    stop: threading.Event
    _new: threading.Event = field(default_factory=threading.Event)
    _talk: ChainConversation | None = None
    _threads: list[threading.Thread] = field(default_factory=list)
    _round_began_ms: int | None = None

    def start(self) -> None:
        """Begin to send and to listen."""
        self.publish()
        for name, work in (("sync-agent", self.run), ("hall-listener", self.listener.run)):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def nudge(self) -> None:
        """Say that there is something new to send; returns at once."""
        self._new.set()

    def close(self, timeout_s: float = 0.5) -> None:
        """Stop; a request under way is left to its timeout in its daemon thread."""
        self.stop.set()
        self._new.set()
        for thread in self._threads:
            thread.join(timeout_s)

    def run(self) -> None:
        """Send until ``stop``; no failure ends it."""
        while not self.stop.is_set():
            try:
                self.work_once()
            except ServicehallError as error:
                _log.info("sync_failed %s", error)
                self._talk = None
                self.publish(online=False)
                self.stop.wait(self.backoff.next_wait_s())
                continue
            self.backoff.succeeded()
            self._wait_for_work()

    def work_once(self) -> None:
        """Hold a round if one is due, else send what is new in the open session.

        Raises:
            ServicehallError: nothing that counts came back for the newest chain.
        """
        talk = self._talk
        if talk is None or self._round_is_due():
            self._round_began_ms = self.clock.mono_ms()
            self._round()
        else:
            self._upload(talk)

    def publish(self, *, online: bool | None = None, progress: Progress | None = None) -> None:
        """Tell the screens how it stands."""
        before = self.board.status
        unsent = self.ledger.unsent()
        self.board.publish_status(
            SyncStatus(
                online=before.online if online is None else online,
                last_session_ms=progress.server_ms if progress is not None else before.last_session_ms,
                unsent=unsent.records,
                oldest_unsent_ms=unsent.oldest_at_ms,
                standing=progress.standing if progress is not None else before.standing,
            )
        )

    def _round(self) -> None:
        chains = self.ledger.ledgers()
        if not chains:
            raise Unavailable("not_enrolled")
        failure: ServicehallError | None = None
        for chain in chains:
            if self.stop.is_set():
                return
            try:
                self._converse(chain, is_newest=chain is chains[-1])
            except ServicehallError as error:
                _log.info("chain_stuck epoch=%d %s", chain.epoch, error)
                failure = error
        if failure is not None:
            raise failure

    def _converse(self, chain: ChainLedger, *, is_newest: bool) -> None:
        try:
            talk = self.uploader.open(chain.name)
            if talk.opened.standing == _FORKED and chain.branch is None:
                self._leave(chain, is_newest=is_newest)
                return
            if talk.opened.order == "rotate" and is_newest:
                self.ledger.branch_off(chain.name, "rotated")
            self._upload(talk)
        except OutOfOrder as error:
            if error.code == "receipt_not_on_chain" and chain.branch is None:
                self._leave(chain, is_newest=is_newest)
                return
            raise
        if is_newest:
            self._talk = talk

    def _leave(self, chain: ChainLedger, *, is_newest: bool) -> None:
        """Go on in the next epoch: a signed line says that this chain has another history elsewhere."""
        if is_newest:
            self.ledger.branch_off(chain.name, "forked")
        else:
            self.ledger.name_branch(chain.name)
        raise Unavailable("chain_forked", epoch=chain.epoch)

    def _upload(self, talk: ChainConversation) -> None:
        if talk.opened.standing == _READ_ONLY:
            raise Unavailable("server_read_only")
        self._new.clear()
        self.publish(online=True)
        progress = self.uploader.upload(talk, self.stop.is_set)
        self.publish(online=True, progress=progress)

    def _round_is_due(self) -> bool:
        began = self._round_began_ms
        return began is None or self.clock.mono_ms() - began >= ROUND_EVERY_MS

    def _wait_for_work(self) -> None:
        began = self._round_began_ms or self.clock.mono_ms()
        left_ms = ROUND_EVERY_MS - (self.clock.mono_ms() - began)
        if self._new.wait(max(0.0, left_ms / 1000)):
            self.stop.wait(GATHER_S)
