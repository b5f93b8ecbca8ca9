"""What the server takes in, verified, durable and projected, beside a Flask that only decodes the same batches.

Both stand behind the same WSGI call, in turn, batch by batch; counted is the CPU time of this process.
"""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request

from tests.benchmarks.measured import Measured
from tests.support.hall_at_work import ClientWire, HallAtWork, KioskAtWork

if TYPE_CHECKING:
    from kiosk.sync.transport import Reply

RECORDS: Final = 20_000
BATCHES: Final = "/batches"
_OK: Final = 200


def decoding_app() -> Flask:
    """Return a server that unpacks and parses a batch, and keeps nothing."""
    app = Flask("decoding")

    @app.post("/sync/v1/batches")
    def batches() -> Response:
        body = gzip.decompress(request.get_data())
        count = sum(1 for line in body.splitlines() if json.loads(line.partition(b" ")[2]))
        return Response(str(count))

    return app


@dataclass
class TimedWire(ClientWire):
    """Sends each batch to both servers in turn and adds up their CPU time, in seconds."""

    bare: Flask = field(default_factory=decoding_app)
    ours_s: float = 0
    bare_s: float = 0
    lines: int = 0

    def post(self, path: str, body: bytes, *, token: str | None = None, packed: bool = False) -> Reply:
        if path != BATCHES:
            return super().post(path, body, token=token, packed=packed)
        client = self.bare.test_client()
        wrapped = gzip.compress(body, mtime=0)
        began = time.process_time()
        answer = client.post("/sync/v1/batches", data=wrapped)
        self.bare_s += time.process_time() - began
        assert answer.status_code == _OK
        self.lines += body.count(b"\n") - 1
        packing = time.process_time()
        gzip.compress(body, mtime=0)
        packing = time.process_time() - packing
        began = time.process_time()
        reply = super().post(path, body, token=token, packed=packed)
        self.ours_s += time.process_time() - began - (packing if packed else 0)
        return reply


def measure_ingest(hall: HallAtWork, kiosk: KioskAtWork) -> Measured:
    """Record much, send it, and compare records a CPU-second."""
    codes = list(hall.badge_codes().values())
    for turn in range(RECORDS):
        hall.clock.move(61_000)
        kiosk.scan(codes[turn % len(codes)])
    wire = TimedWire(hall.app)
    kiosk.uploader.wire = wire
    kiosk.sync()
    ours, bare = wire.lines / wire.ours_s, wire.lines / wire.bare_s
    return Measured(
        row="ingest_sqlite",
        what="records a server CPU-second, verified, durable and projected, beside decoding alone",
        unit="records/s",
        ours=ours,
        bare=bare,
        ratio=ours / bare,
        bound="at least",
        budget=1 / 12,
        samples=wire.lines,
    )
