"""T12: a hello whose reply breaks off anywhere opens no session, makes no clone of the kiosk, and loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.bootstrap import build_kiosk, load_status
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


def on_hello(after: int, *, resets: bool) -> Callable[[Request], Meddling]:
    return lambda request: (
        Meddling(cuts_reply_after=after, resets=resets) if request.path.endswith("/hello") else NOTHING
    )


@pytest.mark.fault("T12")
def test_a_hello_reply_cut_after_any_number_of_bytes_is_said_again_and_is_no_clone(
    hall: ServedHall, kiosk: Kiosk
) -> None:
    replies = [reply for request, reply in hall.proxy.heard.exchanges if request.path.endswith("/hello")]
    length = len(replies[-1].to_bytes())
    for number in range(CUTS):
        before = accepted(kiosk)
        scan_something(kiosk)
        hall.proxy.meddle = on_hello(number * (length - 1) // (CUTS - 1), resets=bool(number % 2))
        with pytest.raises(Unavailable):
            hold_session(kiosk)
        assert accepted(kiosk) == before
        hall.proxy.meddle = lambda _: NOTHING
        hold_session(kiosk)
        assert accepted(kiosk) == kiosk.journal.chains()[-1].head.seq
    positions = [seq for _, seq in hall.held()]
    assert positions == list(range(1, kiosk.journal.chains()[-1].head.seq + 1))
    assert [chain.standing for chain in load_status(kiosk.config)] == ["ok"]


def scan_something(kiosk: Kiosk) -> None:
    kiosk.scan_badge("KB1.CUT")
