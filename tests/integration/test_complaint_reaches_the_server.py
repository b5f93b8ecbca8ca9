"""A complaint's sealed text: from the kiosk that cannot read it to the server that can; a rotten one is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from kiosk.use_cases.file_complaint import ComplaintForm
from shared.sealing import SealedPosition, open_sealed
from sync_server.ingest.models import BlobRow, Hole
from tests.support.served_hall import ServedHall, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORM = ComplaintForm(grounds=["attitude"], text="等了两个小时，窗口没有人。", name="某某", telephone="13800000000")


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[ServedHall]:
    served = ServedHall(tmp_path)
    yield served
    served.close()


def test_what_was_sealed_here_is_opened_there(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: kiosk.packs.active is not None, "the published sections")
        filed = kiosk.file_complaint(FORM)
        assert len(filed.reference) == 10
        wait_until(lambda: len(stored_blobs(hall)) == 1, "the sealed text at the server")
        (seq,) = [seq for _, seq in hall.held("complaint_filed")]
        (chain,) = kiosk.journal.chains()
        private = hall.runtime.keyring.sealing_private
        opened = open_sealed(stored_blobs(hall)[0], SealedPosition(chain.name, seq, "complaint_filed"), private)
        assert opened == {"name": FORM.name, "telephone": FORM.telephone, "text": FORM.text}


def test_a_text_that_rotted_before_it_was_sent_is_named_and_the_chain_goes_on(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: kiosk.packs.active is not None, "the published sections")
        kiosk.journal.on_append(lambda: None)  # nothing is sent until the text has rotted
        kiosk.file_complaint(FORM)
        with kiosk.journal.database.transaction() as connection:
            connection.execute("UPDATE blobs SET content = zeroblob(300)")
        assert kiosk.agent is not None
        kiosk.agent.nudge()
        wait_until(lambda: lost_blobs(hall) == 1, "the hole")
        kiosk.scan_badge(hall.badge_codes()[0])
        kiosk.agent.nudge()
        wait_until(lambda: len(hall.held("badge_scanned")) == 1, "what came after")


def stored_blobs(hall: ServedHall) -> list[bytes]:
    with hall.runtime.database.reading() as session:
        return [row.sealed for row in session.scalars(select(BlobRow)) if row.sealed is not None]


def lost_blobs(hall: ServedHall) -> int:
    with hall.runtime.database.reading() as session:
        return len(session.scalars(select(Hole).where(Hole.kind == "blob")).all())
