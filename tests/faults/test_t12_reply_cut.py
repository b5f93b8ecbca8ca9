"""T12: a reply that breaks off anywhere acknowledges nothing, and what it would have said arrives once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.bootstrap import build_kiosk
from shared.errors import Unavailable
from tests.support.http_proxy import NOTHING, Meddling, Request
from tests.support.served_hall import ServedHall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kiosk.bootstrap import Kiosk
    from kiosk.sync.uploader import ChainUploader

CUTS = 50


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[ServedHall]:
    served = ServedHall(tmp_path)
    yield served
    served.close()


@pytest.fixture
def kiosk(hall: ServedHall) -> Iterator[Kiosk]:
    config = hall.config()
    hall.enrol(config)
    built = build_kiosk(config)
    hold_session(built)
    yield built
    built.close()


def uploader_of(kiosk: Kiosk) -> ChainUploader:
    assert kiosk.agent is not None
    return kiosk.agent.uploader


def hold_session(kiosk: Kiosk) -> None:
    """Say hello and send what is new, as the agent does, without its waits."""
    uploader = uploader_of(kiosk)
    talk = uploader.open(kiosk.journal.chains()[-1].name)
    uploader.upload(talk, lambda: False)


def accepted(kiosk: Kiosk) -> int:
    """Return the position up to which this kiosk believes the server."""
    return uploader_of(kiosk).ledger.ledgers()[-1].accepted.seq


def cuts_of(path: str, after: int, *, resets: bool) -> Callable[[Request], Meddling]:
    return lambda request: Meddling(cuts_reply_after=after, resets=resets) if request.path.endswith(path) else NOTHING


@pytest.mark.fault("T12")
@pytest.mark.parametrize("path", ["/hello", "/batches"])
def test_a_reply_cut_after_any_number_of_bytes_acknowledges_nothing(hall: ServedHall, kiosk: Kiosk, path: str) -> None:
    scan_something(kiosk)
    hold_session(kiosk)
    length = max(len(reply.to_bytes()) for request, reply in hall.proxy.heard.exchanges if request.path.endswith(path))
    for number in range(CUTS):
        before = accepted(kiosk)
        scan_something(kiosk)
        hall.proxy.meddle = cuts_of(path, number * (length - 1) // (CUTS - 1), resets=bool(number % 2))
        with pytest.raises(Unavailable):
            hold_session(kiosk)
        assert accepted(kiosk) == before
        hall.proxy.meddle = lambda _: NOTHING
        hold_session(kiosk)
        assert accepted(kiosk) == kiosk.journal.chains()[-1].head.seq
    positions = [seq for _, seq in hall.held()]
    assert positions == list(range(1, kiosk.journal.chains()[-1].head.seq + 1))
    assert len(kiosk.journal.chains()) == 1


def scan_something(kiosk: Kiosk) -> None:
    kiosk.scan_badge("KB1.CUT")
