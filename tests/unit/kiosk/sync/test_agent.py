from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from kiosk.sync.agent import ROUND_EVERY_MS, SyncAgent
from kiosk.sync.backoff import Backoff
from kiosk.sync.uploader import Progress
from shared.errors import OutOfOrder, ServicehallError, Unavailable
from tests.support.kiosk_stores import KioskStores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class PlannedUploader:
    """Says of each chain what it is told to say. ``calls``: ``open`` and ``upload`` with the chain's name."""

    standing: dict[str, str] = field(default_factory=dict)
    failure: dict[str, ServicehallError] = field(default_factory=dict)
    order: str | None = None
    calls: list[tuple[str, str]] = field(default_factory=list)

    def open(self, chain: str) -> SimpleNamespace:
        self.calls.append(("open", chain))
        if chain in self.failure:
            raise self.failure[chain]
        opened = SimpleNamespace(standing=self.standing.get(chain, "ok"), order=self.order)
        return SimpleNamespace(opened=opened, name=chain)

    def upload(self, talk: SimpleNamespace, _: Callable[[], bool]) -> Progress:
        self.calls.append(("upload", talk.name))
        return Progress(talk.opened.standing, reached=True, server_ms=1_000)


@dataclass
class Bench:
    """An agent over real stores and a planned uploader."""

    stores: KioskStores
    uploader: PlannedUploader = field(default_factory=PlannedUploader)

    def __post_init__(self) -> None:
        self.agent = SyncAgent(
            ledger=self.stores.ledger,
            uploader=self.uploader,  # type: ignore[arg-type] # planned
            listener=SimpleNamespace(run=lambda: None),  # type: ignore[arg-type] # another thread's business
            board=self.stores.board,
            clock=self.stores.clock,
            backoff=Backoff(lambda *_: 0.0),
            stop=threading.Event(),
        )

    @property
    def names(self) -> list[str]:
        return [chain.name for chain in self.stores.journal.chains()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(KioskStores(tmp_path))


def test_a_round_greets_for_every_chain_oldest_first(bench: Bench) -> None:
    bench.stores.journal.open_epoch("damaged")
    bench.agent.work_once()
    first, second = bench.names
    assert bench.uploader.calls == [("open", first), ("upload", first), ("open", second), ("upload", second)]
    assert bench.stores.board.status.online


def test_a_chain_that_is_stuck_never_holds_up_the_next(bench: Bench) -> None:
    bench.stores.journal.open_epoch("damaged")
    first, second = bench.names
    bench.uploader.failure[first] = Unavailable("no_receipt")
    with pytest.raises(Unavailable):
        bench.agent.work_once()
    assert ("upload", second) in bench.uploader.calls


def test_between_rounds_new_records_go_out_without_a_new_hello(bench: Bench) -> None:
    bench.agent.work_once()
    bench.agent.work_once()
    assert [call for call, _ in bench.uploader.calls] == ["open", "upload", "upload"]
    bench.stores.clock.pass_ms(ROUND_EVERY_MS)
    bench.agent.work_once()
    assert [call for call, _ in bench.uploader.calls].count("open") == 2


@pytest.mark.fault("T6")
def test_a_signed_forked_opens_one_epoch_and_what_follows_is_a_branch(bench: Bench) -> None:
    bench.stores.record(3)
    (first,) = bench.names
    bench.uploader.standing[first] = "forked"
    with pytest.raises(Unavailable, match="chain_forked"):
        bench.agent.work_once()
    second = bench.names[1]
    assert bench.stores.journal.chain == second
    ledger = bench.stores.ledger.ledgers()[0]
    assert (ledger.branch, ledger.accepted.seq) == (second, 0)
    bench.agent.work_once()
    assert len(bench.names) == 2, "one fork, one epoch"
    assert ("upload", first) in bench.uploader.calls


def test_an_older_chain_that_is_forked_goes_on_as_a_branch_of_the_chain_opened_next(bench: Bench) -> None:
    bench.stores.record(3)
    bench.stores.journal.open_epoch("damaged")
    first, second = bench.names
    bench.uploader.standing[first] = "forked"
    with pytest.raises(Unavailable, match="chain_forked"):
        bench.agent.work_once()
    assert bench.stores.ledger.ledgers()[0].branch == second
    bench.agent.work_once()
    assert bench.names == [first, second]


def test_a_receipt_the_chain_does_not_pass_through_opens_an_epoch_and_nothing_unsigned_does(bench: Bench) -> None:
    (first,) = bench.names
    for unsigned in (Unavailable("no_receipt", status=409), Unavailable("server_unreachable")):
        bench.uploader.failure[first] = unsigned
        with pytest.raises(Unavailable):
            bench.agent.work_once()
    assert bench.names == [first]
    bench.uploader.failure[first] = OutOfOrder("receipt_not_on_chain", seq=3)
    with pytest.raises(Unavailable, match="chain_forked"):
        bench.agent.work_once()
    assert len(bench.names) == 2


def test_an_ordered_rotation_opens_an_epoch_that_the_old_key_signs_too(bench: Bench) -> None:
    bench.uploader.order = "rotate"
    bench.agent.work_once()
    first, second = bench.names
    assert len(bench.stores.journal.opening_lines(second)) == 2
    assert ("upload", first) in bench.uploader.calls


def test_to_a_server_that_only_reads_nothing_is_sent(bench: Bench) -> None:
    (first,) = bench.names
    bench.uploader.standing[first] = "read_only"
    with pytest.raises(Unavailable, match="server_read_only"):
        bench.agent.work_once()
    assert ("upload", first) not in bench.uploader.calls


def test_a_failure_is_told_and_never_ends_the_thread(bench: Bench) -> None:
    bench.stores.record(2)
    (first,) = bench.names
    bench.uploader.failure[first] = Unavailable("server_unreachable")
    bench.agent.backoff = Backoff(lambda *_: bench.uploader.failure.clear() or 0.0)  # type: ignore[func-returns-value]
    bench.agent.start()
    bench.agent.nudge()
    deadline = threading.Event()
    for _ in range(500):
        if bench.stores.board.status.online:
            break
        deadline.wait(0.02)
    bench.agent.close()
    assert bench.stores.board.status.online
    assert bench.stores.board.status.last_session_ms == 1_000
    assert bench.stores.board.status.unsent == 2
    assert [call for call, _ in bench.uploader.calls][:3] == ["open", "open", "upload"]
