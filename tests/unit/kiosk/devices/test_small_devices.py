from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from kiosk.devices.clock import SystemClock, boot_name
from kiosk.devices.keystore import FileKeystore
from kiosk.devices.voice import RecordingVoice, SilentVoice
from kiosk.devices.watchdog import SdNotifyWatchdog
from kiosk.devices.witness import BlindWitness, FileWitness
from shared.errors import MalformedInput
from shared.signed_line import SigningKey
from tests.support.kiosk_stand_ins import WoundClock

if TYPE_CHECKING:
    from pathlib import Path

KEY = SigningKey(b"k" * 32)
CHAIN = "c" * 64


@pytest.fixture
def no_ntp(tmp_path: Path) -> Path:
    return tmp_path / "no marker"


def test_until_somebody_sets_it_the_clock_says_that_nobody_did(no_ntp: Path) -> None:
    clock = SystemClock(3_600_000, ntp_marker=no_ntp)
    assert clock.trust == 0
    assert clock.now_ms() - SystemClock(0, ntp_marker=no_ntp).now_ms() > 3_500_000
    no_ntp.touch()
    assert clock.trust == 2


@pytest.mark.fault("T8")
def test_after_a_session_the_system_clock_may_jump_by_years(no_ntp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock(0, ntp_marker=no_ntp)
    server_ms = 1_800_000_000_000
    clock.set_from_session(server_ms, clock.mono_ms())
    monkeypatch.setattr("time.time_ns", lambda: 0)
    assert clock.trust == 1
    assert 0 <= clock.now_ms() - server_ms < 60_000


def test_running_time_never_goes_back(no_ntp: Path) -> None:
    clock = SystemClock(0, ntp_marker=no_ntp)
    seen = [clock.mono_ms() for _ in range(100)]
    assert seen == sorted(seen)


def test_the_boots_name_is_the_same_within_a_boot_and_drawn_where_the_kernel_tells_none(tmp_path: Path) -> None:
    assert boot_name() == boot_name()
    assert len(boot_name()) == 8
    assert boot_name(tmp_path / "none") != boot_name(tmp_path / "none")


def test_a_key_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    keystore = FileKeystore(tmp_path / "identity")
    keystore.store(CHAIN, KEY)
    assert keystore.load(CHAIN) == KEY
    assert (tmp_path / "identity").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "identity" / f"{CHAIN}.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("spoil", [b"", b"rubbish", b"\xff" * 200])
def test_a_key_that_rotted_is_none_and_not_another(tmp_path: Path, spoil: bytes) -> None:
    keystore = FileKeystore(tmp_path)
    keystore.store(CHAIN, KEY)
    (tmp_path / f"{CHAIN}.key").write_bytes(spoil)
    assert keystore.load(CHAIN) is None


def test_every_flipped_bit_of_a_key_file_is_found(tmp_path: Path) -> None:
    keystore = FileKeystore(tmp_path)
    keystore.store(CHAIN, KEY)
    file = tmp_path / f"{CHAIN}.key"
    sound = file.read_bytes()
    for bit in range(0, len(sound) * 8, 7):
        rotten = bytearray(sound)
        rotten[bit // 8] ^= 1 << bit % 8
        file.write_bytes(rotten)
        assert keystore.load(CHAIN) is None


def test_a_chains_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput):
        FileKeystore(tmp_path).store("../" + "c" * 61, KEY)


def test_the_supervisor_hears_beats_as_often_as_it_needs_and_none_from_a_kiosk_that_cannot_record(
    tmp_path: Path,
) -> None:
    address = str(tmp_path / "notify")
    clock = WoundClock()
    is_sound = True
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(address)
        supervisor.settimeout(0)
        watchdog = SdNotifyWatchdog(
            clock.mono_ms, lambda: is_sound, {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "4000000"}
        )
        watchdog.ready()
        for _ in range(20):
            watchdog.beat()
            clock.pass_ms(250)
        is_sound = False
        clock.pass_ms(10_000)
        watchdog.beat()
        watchdog.stopping()
        heard = []
        while True:
            try:
                heard.append(supervisor.recv(100))
            except BlockingIOError:
                break
    assert heard == [b"READY=1", *[b"WATCHDOG=1"] * 5, b"STOPPING=1"]


def test_without_a_supervisor_or_with_one_that_is_gone_nothing_breaks(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "x"}):
        watchdog = SdNotifyWatchdog(WoundClock().mono_ms, environment=environment)
        watchdog.ready()
        watchdog.beat()
        watchdog.stopping()


def test_the_witness_writes_whole_lines_and_whole_pictures(tmp_path: Path) -> None:
    witness = FileWitness(WoundClock(), tmp_path / "log" / "screen.jsonl", tmp_path / "kiosk.png")
    assert witness.wants_picture
    witness.shown({"kind": "badge", "title": "张\n伟"})
    witness.shown({"kind": "first"})
    witness.keep_picture(b"one")
    witness.keep_picture(b"two")
    lines = (tmp_path / "log" / "screen.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["badge", "first"]
    assert (tmp_path / "kiosk.png").read_bytes() == b"two"


def test_in_a_hall_nobody_watches() -> None:
    witness = BlindWitness()
    assert not witness.wants_picture
    witness.shown({"kind": "badge"})
    witness.keep_picture(b"")


def test_a_kiosk_without_a_loudspeaker_says_nothing() -> None:
    SilentVoice().say(["A", "2"])
    voice = RecordingVoice()
    voice.say(["A", "2"])
    assert voice.said == [("A", "2")]
