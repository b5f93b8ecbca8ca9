from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk import durable_file
from kiosk.store.packs import TinyPackStore
from kiosk.use_cases.start_kiosk import StartKiosk
from shared.errors import MalformedInput, OutOfOrder, Unavailable
from tests.support.kiosk_stores import KioskStores

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stores(tmp_path: Path) -> KioskStores:
    return KioskStores(tmp_path)


def test_what_is_in_force_is_there_after_a_restart_and_is_recorded_once(stores: KioskStores) -> None:
    stores.publish(3)
    stores.publish(3)
    stores.reopen()
    assert stores.packs.active is not None
    assert stores.packs.active.version == 3
    assert stores.packs.active.staff_by_badge[1].serial == 1
    assert [record.type for record in stores.records()] == ["pack_activated"]
    assert stores.records()[0].data == {"version": 3, "sha256": stores.packs.active.sha256}


@pytest.mark.fault("T19")
def test_an_older_version_is_never_put_in_force(stores: KioskStores) -> None:
    stores.publish(3)
    with pytest.raises(OutOfOrder, match="pack_older"):
        stores.publish(2)
    assert stores.packs.active is not None
    assert stores.packs.active.version == 3


@pytest.mark.fault("T19")
def test_an_older_version_is_not_put_in_force_though_the_file_of_the_newer_is_lost(stores: KioskStores) -> None:
    stores.publish(3)
    (stores.folder / "packs" / "published.json").unlink()
    stores.reopen()
    assert stores.packs.active is None
    with pytest.raises(OutOfOrder, match="pack_older"):
        stores.publish(2)


def test_every_flipped_bit_of_the_file_is_found_and_told(stores: KioskStores) -> None:
    stores.publish()
    file = stores.folder / "packs" / "published.json"
    sound = file.read_bytes()
    for bit in range(0, len(sound) * 8, 997):
        rotten = bytearray(sound)
        rotten[bit // 8] ^= 1 << bit % 8
        file.write_bytes(rotten)
        packs = TinyPackStore(stores.folder / "packs")
        assert packs.damaged
        assert packs.active is None
    file.write_bytes(sound)
    assert not TinyPackStore(stores.folder / "packs").damaged


def test_a_damaged_file_is_recorded_at_the_start_and_replaced_by_the_next_pack(stores: KioskStores) -> None:
    stores.publish()
    (stores.folder / "packs" / "published.json").write_bytes(b"{}")
    stores.reopen()
    report = StartKiosk(stores.journal, stores.packs, "test")()
    assert report.damage == ("pack",)
    assert [record.type for record in stores.records()[-2:]] == ["storage_damaged", "kiosk_started"]
    stores.publish(1)
    stores.reopen()
    assert stores.packs.active is not None


def test_a_power_cut_between_activation_and_its_record_is_made_good_at_the_start(stores: KioskStores) -> None:
    stores.packs.activate(stores.hall.pack(1))
    stores.reopen()
    StartKiosk(stores.journal, stores.packs, "test")()
    assert [record.type for record in stores.records()] == ["kiosk_started", "pack_activated"]


def test_what_could_not_be_stored_is_not_in_force(stores: KioskStores, monkeypatch: pytest.MonkeyPatch) -> None:
    stores.publish(1)

    def full(*_: object) -> None:
        raise Unavailable("disk_full")

    monkeypatch.setattr(durable_file, "write_durably", full)
    with pytest.raises(Unavailable, match="disk_full"):
        stores.publish(2)
    assert stores.packs.active is not None
    assert stores.packs.active.version == 1
    assert stores.journal.recorded_pack == 1
    monkeypatch.undo()
    stores.publish(2)
    stores.reopen()
    assert stores.packs.active is not None
    assert stores.packs.active.version == 2


def test_how_fresh_the_list_is_survives_a_restart_and_holds_for_its_version_only(stores: KioskStores) -> None:
    stores.publish(1)
    assert stores.packs.confirmed_ms is None
    stores.packs.confirm(1, 1_000_000)
    stores.packs.confirm(1, 1_000_500)
    stores.packs.confirm(1, 900_000)
    assert stores.packs.confirmed_ms == 1_000_500
    stores.reopen()
    assert stores.packs.confirmed_ms == 1_000_000, "a minute of freshness may be forgotten, not a day"
    stores.publish(2)
    assert stores.packs.confirmed_ms is None


def test_damaged_settings_only_forget_how_fresh_the_list_was(stores: KioskStores) -> None:
    stores.publish(1)
    stores.packs.confirm(1, 1_000_000)
    (stores.folder / "packs" / "settings.json").write_bytes(b"rubbish")
    stores.reopen()
    assert stores.packs.confirmed_ms is None
    assert stores.packs.active is not None


def test_a_hall_whose_day_cannot_be_told_is_not_put_in_force(
    stores: KioskStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = stores.hall.pack(1)
    monkeypatch.setattr(type(pack.sections.hall), "timezone", "Nowhere/Town", raising=False)
    with pytest.raises(MalformedInput, match="pack_timezone_unknown"):
        stores.packs.activate(pack)
    assert stores.packs.active is None
