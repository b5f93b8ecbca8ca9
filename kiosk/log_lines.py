"""The kiosk's log: one event, one line of JSON on standard error, for the supervisor's journal (T34).

What a person wrote, a name or a badge's number is never in an event; what a library says is escaped by
the JSON, so nothing can begin a line of its own.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import IO


class JsonLines(logging.Formatter):
    """Formats a log record as one line of ASCII JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time, level, logger, event, and a traceback as one string."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_to(stream: IO[str] | None = None) -> None:
    """Send every logger's events to ``stream``, standard error if none is given; libraries only from warnings on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for library in ("kivy", "urllib3", "PIL"):
        logging.getLogger(library).setLevel(logging.WARNING)
