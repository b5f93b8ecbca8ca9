"""Enrolment against the real server: codes, two people, and someone in the middle (T16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from kiosk.bootstrap import build_kiosk, enrol, folders_of
from kiosk.commands import enrol_kiosk, kiosk
from kiosk.sync.trust import load_trust
from shared.errors import MalformedInput, RuleViolation, ServicehallError, Unavailable
from sync_server.fleet.operations import approve_enrolment, make_slot
from tests.support.http_proxy import NOTHING, PORTAL, Meddling
from tests.support.served_hall import HALL, ServedHall, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kiosk.config import KioskConfig


class GaveUpError(Exception):
    """The person at the kiosk went away."""


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[ServedHall]:
    served = ServedHall(tmp_path)
    yield served
    served.close()


def make_code(hall: ServedHall, config: KioskConfig) -> str:
    with hall.runtime.database.transaction() as session:
        return make_slot(session, HALL, config.kiosk, "门厅", "system-administrator", hall.runtime.clock)


def approve(hall: ServedHall, config: KioskConfig, fingerprint: str) -> None:
    runtime = hall.runtime
    with runtime.database.transaction() as session:
        approve_enrolment(session, config.kiosk, fingerprint, "security-administrator", runtime.clock, runtime.keyring)


def give_up() -> None:
    raise GaveUpError


@pytest.mark.fault("T16")
def test_a_wrong_code_gives_nothing_and_the_right_one_still_works(hall: ServedHall) -> None:
    config = hall.config()
    code = make_code(hall, config)
    with pytest.raises(MalformedInput, match="enrolment_code_malformed"):
        enrol(config, "rubbish", lambda _: None, None)
    with pytest.raises(RuleViolation, match="enrolment_refused"):
        enrol(config, "0" * 10, lambda _: None, None)
    seen: list[str] = []
    enrol(config, code, seen.append, lambda: approve(hall, config, seen[-1]))
    assert len(seen[0]) == 32


@pytest.mark.fault("T16")
def test_before_a_second_person_approved_nothing_is_trusted_and_the_same_code_goes_on(hall: ServedHall) -> None:
    config = hall.config()
    code = make_code(hall, config)
    seen: list[str] = []
    with pytest.raises(GaveUpError):
        enrol(config, code, seen.append, give_up)
    trust = load_trust(folders_of(config).identity)
    assert trust is not None
    assert trust.certificate_line is None
    with pytest.raises(Unavailable, match="not_enrolled"):
        build_kiosk(config)
    approve(hall, config, seen[0])
    enrol(config, code, seen.append, give_up)
    assert seen[0] == seen[1]
    enrolled = build_kiosk(config)
    assert enrolled.agent is not None
    enrolled.close()


@pytest.mark.fault("T16")
@pytest.mark.fault("T37")
def test_someone_in_the_middle_makes_the_fingerprints_differ(hall: ServedHall, tmp_path: Path) -> None:
    """The stranger runs a whole server of its own and passes for the hall's; the office sees another print."""
    stranger = ServedHall(tmp_path / "stranger")
    try:
        config = stranger.config()
        seen: list[str] = []
        enrol(config, make_code(stranger, config), seen.append, None)
        told = f"{seen[0]}"
        real = hall.config("H1-K02")
        enrol(real, make_code(hall, real), seen.append, None)
        assert told != seen[1]
        with pytest.raises(ServicehallError):
            approve(hall, real, told)
    finally:
        stranger.close()


def test_a_portal_at_enrolment_is_no_server(hall: ServedHall) -> None:
    config = hall.config()
    code = make_code(hall, config)
    hall.proxy.meddle = lambda _: Meddling(answers_itself=PORTAL)
    with pytest.raises(RuleViolation, match="enrolment_refused"):
        enrol(config, code, lambda _: None, None)
    hall.proxy.meddle = lambda _: Meddling(cuts_reply_after=100)
    with pytest.raises(ServicehallError):
        enrol(config, code, lambda _: None, None)
    hall.proxy.meddle = lambda _: NOTHING
    seen: list[str] = []
    enrol(config, code, seen.append, lambda: approve(hall, config, seen[-1]))


def test_a_kiosk_that_runs_must_be_stopped_first(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    running = build_kiosk(config)
    try:
        (folders_of(config).identity / "server.json").unlink()
        with pytest.raises(Unavailable, match="already_running"):
            enrol(config, make_code(hall, config), lambda _: None, None)
    finally:
        running.close()


def test_the_commands_say_what_was_done(hall: ServedHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    config = hall.config()
    file = tmp_path / "kiosk.toml"
    file.write_text(
        f'kiosk = "{config.kiosk}"\nhall = "{HALL}"\nserver_url = "{config.server_url}"\ndata_dir = "data"\n',
        encoding="utf-8",
    )
    run = CliRunner().invoke
    assert run(kiosk, ["status", "--config", str(file)], standalone_mode=False).return_value == 1
    code = make_code(hall, config)
    asked = run(enrol_kiosk, ["--config", str(file), "--code", code, "--no-wait"], standalone_mode=False)
    assert asked.return_value == 0, asked
    fingerprint = asked.output.splitlines()[0].removeprefix("fingerprint:").replace(" ", "")
    approve(hall, config, fingerprint)
    assert "enrolled" in run(enrol_kiosk, ["--config", str(file), "--code", code]).output
    told = run(kiosk, ["status", "--config", str(file)], standalone_mode=False)
    assert told.return_value == 0
    assert "epoch 1 (enrolled)  records 0  accepted 0  standing unknown  last session never" in told.output
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    told = run(kiosk, ["status", "--config", str(file)], standalone_mode=False)
    assert "第 1 条链（enrolled）  记录 0 条  服务器已收 0 条  状态 未知  上次会话 从未" in told.output


def test_two_kiosks_of_one_hall_do_not_meet(hall: ServedHall) -> None:
    first, second = hall.config("H1-K01"), hall.config("H1-K02")
    hall.enrol(first)
    hall.enrol(second)
    with hall.kiosk(first) as one, hall.kiosk(second) as two:
        wait_until(lambda: one.packs.active is not None and two.packs.active is not None, "the published sections")
        assert one.packs.active is not None
        letter = one.packs.active.services[0].letter
        assert (one.issue_ticket(letter).number, two.issue_ticket(letter).number) == (
            f"{letter}1-001",
            f"{letter}2-001",
        )
        wait_until(lambda: len(hall.held("ticket_issued")) == 2, "both tickets")
