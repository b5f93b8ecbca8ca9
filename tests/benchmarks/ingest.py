"""Ingest through HTTP in records per server CPU-second, against a Flask that only decodes the same batches.

One kiosk's backlog goes to the real server; each batch goes to the bare one too, right after. What a
server took is read from its process, so neither the kiosk nor the machine's other work counts. The
check of each record's own signature is a background job outside the request and is not in the figure.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from os import sysconf
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from kiosk.sync.transport import HttpsTransport
from shared.records import BadgeScanned
from tests.benchmarks.rows import Row
from tests.support.hall_at_work import HallAtWork, KioskAtWork
from tests.support.postgres import run_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.sync.transport import Reply

RECORDS: Final = 20_000
_TICKS_A_SECOND: Final = sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A server's process."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Return the CPU seconds that the process has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


class TwofoldWire(HttpsTransport):
    """Sends to the real server, and each batch to the bare one too. Plain HTTP: TLS costs both alike."""

    bare: HttpsTransport

    def post(self, path: str, body: bytes, *, token: str | None = None, packed: bool = False) -> Reply:
        """Send to one or both; return the real server's answer."""
        reply = super().post(path, body, token=token, packed=packed)
        if path == "/batches":
            told = self.bare.post(path, body, packed=packed)
            assert int(told.body)
        return reply


def measure(folder: Path) -> Iterator[Row]:
    """Yield a row for SQLite, and one for PostgreSQL where it can run."""
    yield _measure(folder, "sqlite", "SQLite", budget=1 / 12)
    try:
        with run_cluster() as cluster:
            yield _measure(folder, "postgresql", "PostgreSQL", budget=1 / 25, database_url=cluster.make_database())
    except pytest.skip.Exception as skipped:
        sys.stdout.write(f"no row for PostgreSQL: {skipped}\n")


def _measure(folder: Path, name: str, title: str, *, budget: float, database_url: str = "") -> Row:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        work = Path(scratch)
        hall = HallAtWork(work, datetime.now(UTC), database_url=database_url)
        with closing(KioskAtWork(hall, "H1-K01", "bench")) as kiosk:
            fill(kiosk)
            hall.close()
            with serve("real", str(work / "server"), database_url) as real, serve("bare") as bare:
                wire = TwofoldWire(f"http://127.0.0.1:{real.port}", Path())
                wire.bare = HttpsTransport(f"http://127.0.0.1:{bare.port}", Path())
                kiosk.uploader.wire = wire
                before = real.cpu_s(), bare.cpu_s()
                kiosk.sync()
                taken = real.cpu_s() - before[0], bare.cpu_s() - before[1]
            assert kiosk.ledger.ledgers()[-1].accepted.seq >= RECORDS
    return Row(
        name=f"ingest_{name}",
        what=f"ingest through HTTP, verified, durable, projected: share of a Flask that only decodes, {title}",
        ratio=taken[1] / taken[0],
        budget=budget,
        is_at_most=False,
        detail={"records_per_cpu_s": RECORDS / taken[0], "bare_records_per_cpu_s": RECORDS / taken[1]},
    )


def fill(kiosk: KioskAtWork) -> None:
    """Let the kiosk record a backlog, without waiting for the disk: how fast it does that is another row."""
    kiosk.journal.database.rows("PRAGMA synchronous=OFF")
    for number in range(RECORDS):
        staff = number % 80 + 1
        post = f"P-{staff % 60 + 1:03}"
        kiosk.journal.append(BadgeScanned(badge=staff, serial=1, staff=f"S{staff:04}", post=post, pack=1, flags=[]))


@contextmanager
def serve(*what: str) -> Iterator[Server]:
    """Run one of the servers in its own process."""
    command = [sys.executable, "-m", "tests.benchmarks.ingest_server", *what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process.pid, int(process.stdout.readline()))
        finally:
            process.terminate()
