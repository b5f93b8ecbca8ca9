"""T12 and T9, the kiosk's part: portals, cut replies and doubled requests, on a kiosk and a server that are real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.bootstrap import build_kiosk, load_status
from kiosk.sync.uploader import ChainConversation, ChainUploader
from kiosk.use_cases.answers import BadgeAccepted
from shared.errors import ServicehallError
from tests.support.http_proxy import NOTHING, PORTAL, Meddling, Request
from tests.support.served_hall import ServedHall, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kiosk.bootstrap import Kiosk

CUTS = 50


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[ServedHall]:
    served = ServedHall(tmp_path)
    yield served
    served.close()


@pytest.fixture
def kiosk(hall: ServedHall) -> Iterator[Kiosk]:
    """A kiosk that knows the hall and speaks only when the test says so."""
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as running:
        wait_until(lambda: hall.held("pack_activated") != [], "the start at the server")
        wait_until(lambda: running.board.status.unsent == 0, "receipts for the start")
    quiet = build_kiosk(config)
    yield quiet
    quiet.close()


@pytest.mark.fault("T12")
def test_reply_cut_after_each_of_fifty_lengths_every_scan_arrives_once(hall: ServedHall, kiosk: Kiosk) -> None:
    codes = hall.badge_codes()
    length = length_of_receipt(hall, kiosk, codes[0])
    for number in range(CUTS):
        assert isinstance(kiosk.scan_badge(codes[number % len(codes)]), BadgeAccepted)
        cut = 1 + number * (length - 1) // CUTS
        hall.proxy.meddle = on_batches(Meddling(cuts_reply_after=cut))
        with pytest.raises(ServicehallError):
            hold_session(kiosk)
        assert unsent(kiosk) == 1, f"cut after {cut} bytes was taken for a receipt"
        hall.proxy.meddle = lambda _: NOTHING
        hold_session(kiosk)
        assert unsent(kiosk) == 0
    assert len(hall.held("badge_scanned")) == CUTS + 1
    assert len(hall.held()) == sum(chain.head.seq for chain in kiosk.journal.chains())


@pytest.mark.fault("T9")
@pytest.mark.fault("T11")
def test_a_batch_that_the_server_hears_twice_counts_once(hall: ServedHall, kiosk: Kiosk) -> None:
    hall.proxy.meddle = on_batches(Meddling(sends_twice=True))
    for code in hall.badge_codes()[:10]:
        kiosk.scan_badge(code)
    hold_session(kiosk)
    assert unsent(kiosk) == 0
    assert len(hall.held("badge_scanned")) == 10


@pytest.mark.fault("T12")
def test_a_kiosk_that_believed_a_status_would_be_found_out(
    hall: ServedHall, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mechanism taken out: whatever comes with status 200 acknowledges what was sent."""

    def believe(uploader: ChainUploader, talk: ChainConversation, lines: tuple[bytes, ...], head: str) -> None:
        reply = uploader.wire.post("/batches", talk.session.batch(lines, head), token=talk.live.token, packed=True)
        assert reply.status == 200
        with kiosk.journal.database.transaction() as connection:
            connection.execute("UPDATE progress SET accepted_seq = (SELECT max(seq) FROM heads)")
        raise_nothing_more(talk)

    monkeypatch.setattr(ChainUploader, "_send", believe)
    hall.proxy.meddle = on_batches(Meddling(answers_itself=PORTAL))
    kiosk.scan_badge(hall.badge_codes()[0])
    with pytest.raises(StopIteration):
        hold_session(kiosk)
    assert unsent(kiosk) == 0
    assert hall.held("badge_scanned") == []


@pytest.mark.fault("T12")
def test_a_server_with_another_ca_is_not_spoken_to(hall: ServedHall, tmp_path: Path, kiosk: Kiosk) -> None:
    stranger = ServedHall(tmp_path / "stranger")
    try:
        kiosk.scan_badge(hall.badge_codes()[0])
        assert kiosk.agent is not None
        wire = kiosk.agent.uploader.wire
        wire.server_url = f"https://127.0.0.1:{stranger.proxy.port}"  # type: ignore[attr-defined] # the real transport
        with pytest.raises(ServicehallError, match="server_unreachable"):
            hold_session(kiosk)
        assert stranger.proxy.heard.exchanges == []
        assert unsent(kiosk) > 0
    finally:
        stranger.close()


def on_batches(meddling: Meddling) -> Callable[[Request], Meddling]:
    return lambda request: meddling if request.path.endswith("/batches") else NOTHING


def hold_session(kiosk: Kiosk) -> None:
    assert kiosk.agent is not None
    uploader = kiosk.agent.uploader
    for chain in kiosk.journal.chains():
        uploader.upload(uploader.open(chain.name), lambda: False)


def unsent(kiosk: Kiosk) -> int:
    return sum(chain.head_seq - chain.accepted_seq for chain in load_status(kiosk.config))


def length_of_receipt(hall: ServedHall, kiosk: Kiosk, code: str) -> int:
    """Return how many bytes a whole reply to a batch has, status line and headers included."""
    kiosk.scan_badge(code)
    hold_session(kiosk)
    replies = [reply for request, reply in hall.proxy.heard.exchanges if request.path.endswith("/batches")]
    return len(replies[-1].to_bytes())


def raise_nothing_more(talk: ChainConversation) -> None:
    talk.session.abandon()
    raise StopIteration
