"""The two servers of the ingest row, each a process of its own behind the same waitress.

``python -m tests.benchmarks.ingest_server real FOLDER [DATABASE_URL]`` serves the hall that lies in
FOLDER; ``… bare`` serves a Flask that only inflates and decodes what it is sent. Both say their port.
"""

from __future__ import annotations

import gzip
import sys

import msgspec
from flask import Flask, Response, request
from waitress.server import create_server

from shared.sync_messages import BASE_PATH
from sync_server import create_app
from sync_server.config import Settings
from tests.support.hall_at_work import HALL, TIMEZONE


def bare_app() -> Flask:
    """Return a Flask that decodes batches and keeps nothing."""
    app = Flask("bare")

    @app.post(f"{BASE_PATH}/batches")
    def batches() -> Response:
        body = request.get_data()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        decode = msgspec.json.Decoder().decode
        count = sum(1 for line in body.split(b"\n")[:-1] if decode(line.partition(b" ")[2]))
        return Response(str(count))

    return app


def main() -> None:
    """Serve until the process is ended."""
    if sys.argv[1] == "real":
        folder, database_url = (*sys.argv[2:], "")[:2]
        app = create_app(Settings(hall=HALL, data_dir=folder, timezone=TIMEZONE, database_url=database_url))
    else:
        app = bare_app()
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    sys.stdout.write(f"{server.effective_port}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main()
