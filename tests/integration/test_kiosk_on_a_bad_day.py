"""What happens in a hall: the server gone for hours, a black hole, an endless answer, an older disk put in."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from kiosk.bootstrap import build_kiosk, load_status
from kiosk.use_cases.answers import BadgeAccepted
from shared.chain import verify_opening
from shared.errors import ServicehallError
from sync_server.ingest.models import LineRow
from tests.support.http_proxy import NOTHING, Meddling, Reply
from tests.support.served_hall import ServedHall, wait_until
from tests.support.tcp_proxy import BLACK_HOLE, GOOD, TcpProxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[ServedHall]:
    served = ServedHall(tmp_path)
    yield served
    served.close()


def test_a_backlog_of_thousands_arrives_in_batches_and_in_order(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: hall.held("pack_activated") != [], "the start at the server")
    dark = build_kiosk(config)
    codes = hall.badge_codes()
    for number in range(2_000):
        dark.scan_badge(codes[number % len(codes)])
    dark.close()
    hall.proxy.heard.exchanges.clear()
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: kiosk.board.status.online and kiosk.board.status.unsent == 0, "the backlog")
    batches = [request for request, _ in hall.proxy.heard.exchanges if request.path.endswith("/batches")]
    assert len(batches) <= 8
    assert all(len(request.body) <= 1024 * 1024 for request in batches)
    assert len(hall.held("badge_scanned")) == 2_000


@pytest.mark.fault("T12")
def test_a_black_hole_stops_no_scan_and_is_left_behind(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with TcpProxy(hall.proxy.port) as line:
        kiosk = build_kiosk(config)
        assert kiosk.agent is not None
        for wire in (kiosk.agent.uploader.wire, kiosk.agent.listener.wire):
            wire.server_url = f"https://127.0.0.1:{line.port}"  # type: ignore[attr-defined] # the real transports
            wire.patience_s = 1.0  # type: ignore[attr-defined]
        kiosk.start()
        wait_until(lambda: kiosk.packs.active is not None, "the published sections")
        wait_until(lambda: kiosk.board.status.unsent == 0, "receipts")
        line.line = BLACK_HOLE
        answers = [kiosk.scan_badge(code) for code in hall.badge_codes()[:20]]
        assert all(isinstance(answer, BadgeAccepted) for answer in answers)
        wait_until(lambda: not kiosk.board.status.online, "the kiosk to notice")
        line.line = GOOD
        wait_until(lambda: len(hall.held("badge_scanned")) == 20, "the scans")
        kiosk.close()


def test_an_answer_without_end_is_given_up(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    kiosk = build_kiosk(config)
    assert kiosk.agent is not None
    (chain,) = kiosk.journal.chains()
    endless = Reply(200, {"Content-Type": "application/vnd.servicehall.lines"}, b"A" * 1_000_000)
    hall.proxy.meddle = lambda _: Meddling(answers_itself=endless)
    with pytest.raises(ServicehallError, match="reply_too_long"):
        kiosk.agent.uploader.open(chain.name)
    hall.proxy.meddle = lambda _: NOTHING
    assert kiosk.agent.uploader.open(chain.name).opened.standing == "ok"
    kiosk.close()


def test_the_servers_time_outlives_a_restart_of_the_program(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: kiosk.clock.trust == 1, "a session")
    again = build_kiosk(config)
    assert again.clock.trust == 1
    again.close()


@pytest.mark.fault("T7")
def test_an_older_disk_put_in_learns_it_and_goes_on_in_an_epoch_of_its_own(hall: ServedHall, tmp_path: Path) -> None:
    config = hall.config()
    hall.enrol(config)
    codes = hall.badge_codes()
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: hall.held("pack_activated") != [], "the start at the server")
        wait_until(lambda: kiosk.board.status.unsent == 0, "receipts")
    shutil.copytree(config.data_path, tmp_path / "older disk")
    with hall.kiosk(config) as kiosk:
        for code in codes[:5]:
            kiosk.scan_badge(code)
        wait_until(lambda: len(hall.held("badge_scanned")) == 5, "five scans")
        wait_until(lambda: kiosk.board.status.unsent == 0, "receipts")
    shutil.rmtree(config.data_path)
    shutil.copytree(tmp_path / "older disk", config.data_path)
    before = set(hall.held())
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: len(kiosk.journal.chains()) == 2, "an epoch of its own")
        first, second = kiosk.journal.chains()
        assert second.reason == "forked"
        opening = verify_opening(kiosk.journal.opening_lines(second.name)).opening
        assert opening.origin is not None
        assert opening.origin.chain == first.name
        for code in codes[5:8]:
            assert isinstance(kiosk.scan_badge(code), BadgeAccepted)
        wait_until(lambda: len(quarantined(hall)) >= 3, "the scans, kept apart")
    assert before <= set(hall.held()), "nothing that was accepted is overwritten"
    assert {chain.reason for chain in load_status(config)} == {"enrolled", "forked"}


def test_a_kiosk_whose_enrolment_file_rotted_takes_it_back_from_its_journal(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config):
        wait_until(lambda: hall.held("pack_activated") != [], "the start at the server")
    trust = config.data_path / "identity" / "server.json"
    sound = trust.read_bytes()
    trust.write_bytes(b"rubbish")
    with hall.kiosk(config) as kiosk:
        assert isinstance(kiosk.scan_badge(hall.badge_codes()[0]), BadgeAccepted)
        wait_until(lambda: len(hall.held("badge_scanned")) == 1, "the scan")
        assert len(hall.held("storage_damaged")) == 1
    assert trust.read_bytes() == sound


@pytest.mark.fault("T4")
def test_a_journal_that_rotted_away_before_it_was_sent_arrives_all_the_same(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: hall.held("pack_activated") != [], "the start at the server")
        wait_until(lambda: kiosk.board.status.unsent == 0, "receipts")
    dark = build_kiosk(config)
    for code in hall.badge_codes()[:20]:
        dark.scan_badge(code)
    dark.close()
    file = config.data_path / "journal" / "journal.sqlite3"
    file.write_bytes(bytes(4096) + file.read_bytes()[4096:])
    with hall.kiosk(config) as kiosk:
        assert [chain.reason for chain in kiosk.journal.chains()] == ["enrolled", "damaged"]
        wait_until(lambda: len(hall.held("badge_scanned")) == 20, "every scan of the old journal")
        wait_until(lambda: len(hall.held("storage_damaged")) == 1, "the damage, by name")


def quarantined(hall: ServedHall) -> list[str]:
    with hall.runtime.database.reading() as session:
        return list(
            session.scalars(
                select(LineRow.hash).where(LineRow.standing == "quarantine", LineRow.kind == "badge_scanned")
            )
        )
