"""What is published has one version after another, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from provisioning.demo.made_up_hall import SERVICES, load_demo_hall
from provisioning.keys import create_keys
from shared.errors import OutOfOrder, RuleViolation
from shared.pack import Pack, verify_pack
from shared.server_keys import verify_keys_line
from sync_server.badges.operations import issue_badges
from sync_server.clock import StandingClock
from sync_server.keyring import Keyring
from sync_server.publishing.models import PublishedPack
from sync_server.publishing.operations import bump_state, publish
from sync_server.publishing.queries import newest_pack, newest_version, state_version
from sync_server.queue.operations import save_service
from sync_server.staff.models import StaffMember
from tests.support.domain_database import either_database

if TYPE_CHECKING:
    from pathlib import Path

    from sync_server.db import Database

__all__ = ["either_database"]

NOW_MS = 1_795_400_000_000


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    folder: Path = tmp_path_factory.mktemp("keys") / "keys"
    create_keys(folder, "H1", NOW_MS)
    return Keyring.load(folder)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOW_MS)


@pytest.fixture
def hall(either_database: Database) -> Database:
    with either_database.transaction() as session:
        load_demo_hall(session, "H1", timezone="Asia/Shanghai")
    return either_database


def newest(database: Database, keyring: Keyring) -> Pack:
    with database.reading() as session:
        published = newest_pack(session, "H1")
    assert published is not None
    return verify_pack(published.raw, verify_keys_line(keyring.keys_line, keyring.identity_public), hall="H1")


def change(database: Database, name: str) -> None:
    with database.transaction() as session:
        save_service(session, "H1", letter="A", name_zh=name, name_en=name, windows="")


def test_equal_tables_make_no_new_version_and_wake_nobody(
    hall: Database, keyring: Keyring, clock: StandingClock
) -> None:
    with hall.transaction() as session:
        first = publish(session, "H1", keyring, clock)
    with hall.reading() as session:
        told = state_version(session, "H1")

    clock.move(60_000)
    with hall.transaction() as session:
        assert publish(session, "H1", keyring, clock) == first

    with hall.reading() as session:
        assert state_version(session, "H1") == told
        assert newest_version(session, "H1") == first == 1


def test_a_change_back_is_a_newer_version_and_never_the_older(
    hall: Database, keyring: Keyring, clock: StandingClock
) -> None:
    versions = []
    for name in ("甲", "乙", "甲"):
        change(hall, name)
        with hall.transaction() as session:
            versions.append(publish(session, "H1", keyring, clock))

    assert versions == [1, 2, 3]
    with hall.reading() as session:
        old = session.scalars(select(PublishedPack.raw).where(PublishedPack.version == 1)).one()
    with pytest.raises(OutOfOrder, match="pack_older"):
        verify_pack(old, verify_keys_line(keyring.keys_line, keyring.identity_public), hall="H1", held_version=3)


def test_kiosks_get_the_hall_its_posts_services_and_whoever_has_a_badge(
    hall: Database, keyring: Keyring, clock: StandingClock
) -> None:
    with hall.transaction() as session:
        some = list(session.scalars(select(StaffMember).order_by(StaffMember.number).limit(3)))
        issue_badges(session, some, "office", clock, keyring)

    sections = newest(hall, keyring).sections

    assert (sections.hall.id, sections.hall.name.en) == ("H1", "Qingxi District Service Centre")
    assert sections.hall.keys == keyring.keys_line.decode()
    assert [service.name.zh for service in sections.services] == [service.name_zh for service in SERVICES]
    assert len(sections.posts) == 60
    assert [(person.id, person.post) for person in sections.staff] == [
        ("S0001", "P-001"),
        ("S0002", "P-002"),
        ("S0003", "P-003"),
    ]


def test_a_hall_without_a_name_publishes_nothing(
    either_database: Database, keyring: Keyring, clock: StandingClock
) -> None:
    with either_database.transaction() as session, pytest.raises(RuleViolation, match="hall_details_missing"):
        publish(session, "H1", keyring, clock)


def test_two_who_publish_at_once_make_one_after_the_other(
    hall: Database, keyring: Keyring, clock: StandingClock
) -> None:
    barrier = Barrier(4)

    def save(letter: str) -> int:
        barrier.wait()
        with hall.transaction() as session:
            save_service(session, "H1", letter=letter, name_zh=letter, name_en=letter, windows="")
            return publish(session, "H1", keyring, clock)

    with ThreadPoolExecutor(4) as offices:
        versions = sorted(offices.map(save, "UVWX"))

    assert versions == [1, 2, 3, 4]
    assert {"U", "V", "W", "X"} <= {service.letter for service in newest(hall, keyring).sections.services}


def test_the_live_state_counts_every_change_of_those_who_change_it_at_once(hall: Database) -> None:
    barrier = Barrier(4)

    def change_state(_worker: int) -> None:
        barrier.wait()
        for _time in range(5):
            with hall.transaction() as session:
                bump_state(session, "H1")

    with hall.reading() as session:
        before = state_version(session, "H1")
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(change_state, range(4)))

    with hall.reading() as session:
        assert state_version(session, "H1") == before + 20
