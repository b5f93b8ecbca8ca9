"""T34: one event is one line, whatever it carries."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

from sync_server.log_lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Iterator

FORGED = 'x\n{"level":"error","event":"forged"}\r\x1b[2J\u2028'


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("test_log_lines")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)


@pytest.mark.fault("T34")
def test_control_characters_begin_no_line_of_their_own(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log

    logger.warning("refused %s", FORGED, extra={"path": FORGED})

    lines = stream.getvalue().split("\n")
    assert lines[1:] == [""]
    assert lines[0].isascii()
    assert json.loads(lines[0])["path"] == FORGED


def test_traceback_stands_in_the_event_s_own_line(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    try:
        int(FORGED)
    except ValueError:
        logger.exception("fault")

    assert len(stream.getvalue().splitlines()) == 1
    assert "ValueError" in json.loads(stream.getvalue())["traceback"]
