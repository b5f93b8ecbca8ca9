"""T10: whatever order and however many at once, what the server holds is a prefix of the chain."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from shared.chain import ChainLine, Head
from sync_server.ingest import batches, chains, walk
from sync_server.ingest.models import ChainRow, LineRow
from tests.support.hall_server import HallServer, hall_server_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from tests.support.postgres import PostgresCluster

pytestmark = pytest.mark.fault("T10")


def reordered_batches_leave_a_prefix(server: HallServer, at_once: int) -> None:
    kiosk = server.enrolled_kiosk()
    kiosk.record_many(40)
    talks = [kiosk.hello() for _ in range(8)]
    bodies = [
        (talk, kiosk.batch(talk, kiosk.chain.lines[start : start + 5]))
        for talk, start in zip(talks, range(0, 40, 5), strict=True)
    ]
    random.Random(10).shuffle(bodies)  # noqa: S311 - an order, no secret

    with ThreadPoolExecutor(at_once) as pool:
        statuses = list(pool.map(lambda sent: kiosk.post_batch(*sent).status_code, bodies))

    assert set(statuses) <= {200, 409}
    held = server.scalars(select(LineRow).order_by(LineRow.seq))
    assert [row.seq for row in held] == list(range(1, len(held) + 1))
    assert [row.hash for row in held] == [kiosk.chain.hashes[row.seq] for row in held]
    assert kiosk.sync().accepted.seq == 40
    assert server.count() == 40


@pytest.mark.parametrize("at_once", [1, 4])
def test_reordered_batches_leave_a_prefix(hall_server: HallServer, at_once: int) -> None:
    reordered_batches_leave_a_prefix(hall_server, at_once)


def same_batch_twice_at_once_is_receipted_twice(server: HallServer) -> None:
    kiosk = server.enrolled_kiosk()
    kiosk.record_many(10)
    talk = kiosk.hello()
    body = kiosk.batch(talk, kiosk.chain.lines)

    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: kiosk.post_batch(talk, body), range(2)))

    assert [reply.status_code for reply in replies] == [200, 200]
    assert server.count() == 10


def test_same_batch_twice_at_once_is_receipted_twice(hall_server: HallServer) -> None:
    same_batch_twice_at_once_is_receipted_twice(hall_server)


def test_the_test_finds_a_server_that_does_not_mind_gaps(
    hall_server: HallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow_blindly(_head: Head, line: ChainLine) -> Head:
        return Head(line.last, line.hash)

    monkeypatch.setattr(walk, "follow", follow_blindly)

    with pytest.raises(AssertionError):
        reordered_batches_leave_a_prefix(hall_server, 1)


def test_the_test_finds_a_server_that_does_not_lock_the_chain(
    postgres_cluster: PostgresCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers that walk the same lines before either has stored them: only the row lock keeps them apart."""
    both_have_read = threading.Barrier(2, timeout=2)

    def walk_together(lines: Sequence[bytes], place: walk.Place) -> walk.Walk:
        try:
            both_have_read.wait()
        except threading.BrokenBarrierError:
            both_have_read.reset()
        return walk.walk_lines(lines, place)

    def read_unlocked(session: Session, chain: str) -> ChainRow | None:
        return session.scalar(select(ChainRow).where(ChainRow.chain == chain))

    with hall_server_on(tmp_path, postgres_cluster.make_hall_database()) as server:
        monkeypatch.setattr(batches, "walk_lines", walk_together)
        same_batch_twice_at_once_is_receipted_twice(server)
        monkeypatch.setattr(batches, "lock_chain", read_unlocked)
        monkeypatch.setattr(chains, "lock_chain", read_unlocked)
        with pytest.raises(AssertionError):
            same_batch_twice_at_once_is_receipted_twice(server)
