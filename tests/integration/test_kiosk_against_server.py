"""A kiosk and the server, both real, over TLS: what is recorded arrives, once, whatever the line does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.bootstrap import load_status
from kiosk.use_cases.answers import BadgeAccepted, BadgeRejected
from shared.errors import OutOfOrder
from tests.support.http_proxy import BAD_GATEWAY, NOTHING, PORTAL, Meddling, redirect_to
from tests.support.served_hall import ServedHall, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[ServedHall]:
    served = ServedHall(tmp_path)
    yield served
    served.close()


def test_enrolled_by_two_people_the_kiosk_learns_the_hall_and_its_scans_arrive(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: kiosk.packs.active is not None, "the published sections")
        code = hall.badge_codes()[0]
        answer = kiosk.scan_badge(code)
        assert isinstance(answer, BadgeAccepted)
        assert answer.flags == ()
        again = kiosk.scan_badge(code.lower())
        assert isinstance(again, BadgeAccepted)
        assert again.flags == ("repeat",)
        assert again.at_ms == answer.at_ms
        assert kiosk.scan_badge("KB1.ABC") == BadgeRejected("cut")
        wait_until(lambda: len(hall.held("badge_scanned")) == 2, "two scans at the server")
        wait_until(lambda: kiosk.board.status.unsent == 0, "receipts for everything")
        assert kiosk.board.status.online
        assert kiosk.board.status.standing == "ok"
    (chain,) = load_status(config)
    assert chain.accepted_seq == chain.head_seq


def test_enrolling_twice_is_refused(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with pytest.raises(OutOfOrder, match="already_enrolled"):
        hall.enrol(config)


def test_tickets_count_who_waits_and_who_the_server_cannot_know_yet(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: kiosk.packs.active is not None, "the published sections")
        wait_until(lambda: kiosk.board.state is not None, "a state")
        assert kiosk.packs.active is not None
        letter = kiosk.packs.active.services[0].letter
        hall.proxy.meddle = lambda _: Meddling(loses_request=True)
        issued = [kiosk.issue_ticket(letter, "zh") for _ in range(3)]
        assert [ticket.number for ticket in issued] == [f"{letter}1-{count:03d}" for count in (1, 2, 3)]
        assert [ticket.ahead for ticket in issued] == [0, 1, 2]
        assert all(kiosk.print_ticket(ticket).printed for ticket in issued)
        hall.proxy.meddle = lambda _: NOTHING
        wait_until(lambda: len(hall.held("ticket_issued")) == 3, "three tickets at the server")
        state = kiosk.board.state
        wait_until(
            lambda: (
                kiosk.board.state is not None
                and any(service.waiting == 3 for service in kiosk.board.state.fields.services)
            ),
            "a state that counts them",
        )
        assert kiosk.board.state is not state
        assert kiosk.issue_ticket(letter, "en").ahead == 3


@pytest.mark.fault("T12")
@pytest.mark.parametrize(
    "meddling",
    [
        pytest.param(Meddling(answers_itself=PORTAL), id="portal"),
        pytest.param(Meddling(answers_itself=BAD_GATEWAY), id="bad gateway"),
        pytest.param(Meddling(answers_itself=redirect_to("https://127.0.0.1:9/sync/v1/hello")), id="redirect"),
        pytest.param(Meddling(cuts_reply_after=700), id="cut in the body"),
        pytest.param(Meddling(cuts_reply_after=5), id="cut in the status line"),
        pytest.param(Meddling(loses_request=True), id="no answer"),
    ],
)
def test_what_is_no_signed_receipt_is_no_acknowledgement(hall: ServedHall, meddling: Meddling) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: kiosk.board.status.online, "a session")
        wait_until(lambda: kiosk.packs.active is not None, "the published sections")
        wait_until(lambda: hall.held("pack_activated") != [], "the start at the server")
        wait_until(lambda: kiosk.board.status.unsent == 0, "receipts for the start")
        hall.proxy.meddle = lambda _: meddling
        scanned = [kiosk.scan_badge(code) for code in hall.badge_codes()[:5]]
        assert all(isinstance(answer, BadgeAccepted) for answer in scanned)
        wait_until(lambda: not kiosk.board.status.online, "the failure")
        assert kiosk.board.status.unsent == 5
        (chain,) = load_status(config)
        assert chain.head_seq - chain.accepted_seq == 5
        hall.proxy.meddle = lambda _: NOTHING
        wait_until(lambda: kiosk.board.status.unsent == 0, "receipts once the line is good")
        assert len(hall.held("badge_scanned")) == 5
    assert len(load_status(config)) == 1
