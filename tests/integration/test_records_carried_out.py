"""Export and rebuild as commands: what was received is carried out verifiable, what is derived is made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, select

from provisioning.cli import run
from shared.evidence import Finding, verify_export
from shared.server_keys import server_fingerprint
from sync_server.projections import PROJECTED_TABLES
from tests.faults.test_t40_forged_batch import lost_line, without_signature
from tests.support.sync_kiosk import issued, scanned

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.hall_server import HallServer
    from tests.support.sync_kiosk import SyncKiosk


def settings_file(server: HallServer, folder: Path) -> str:
    path = folder / "server.toml"
    lines = [f'hall = "H1"\ndata_dir = "{server.settings.data_dir}"\n']
    lines.append(f'database_url = "{server.settings.database_url}"\n')
    path.write_text("".join(lines), "utf-8")
    return str(path)


def fill(server: HallServer) -> SyncKiosk:
    """Leave a chain with a hole and a lost signature, a fork with its branch, and a provisional heir."""
    kiosk = server.enrolled_kiosk()
    for number in range(1, 4):
        kiosk.record("badge_scanned", scanned(number))
        kiosk.record("ticket_issued", issued(f"A1-{number:03d}"))
    chain = kiosk.chain
    lost = lost_line(chain, chain.key, first=3, last=4)
    vouched = lost_line(chain, chain.key, first=6, last=6, kind="signature")
    talk = kiosk.hello()
    lines = [*chain.lines[:2], lost, chain.lines[4], vouched, without_signature(chain.lines[5])]
    assert kiosk.send(talk, lines).fields.accepted.seq == 6
    twin = kiosk.clone()
    kiosk.record()
    kiosk.sync()
    twin.record("badge_scanned", scanned(8))
    assert twin.is_told_of_a_fork()
    heir = twin.open_chain("forked")
    twin.send(twin.hello(chain=twin.chains[0]), twin.chains[0].lines[6:], twin.chains[0])
    twin.hello(heir)
    twin.record("badge_scanned", scanned(9))
    twin.sync()
    twin.close()
    server.enrolled_kiosk("H1-K02").sync()
    return kiosk


def tables(server: HallServer) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table in PROJECTED_TABLES:
        columns = [column for column in inspect(table).columns if column.name != "id"]
        with server.runtime.database.reading() as session:
            found[table.__tablename__] = sorted(map(tuple, session.execute(select(*columns)).all()), key=str)
    return found


def test_everything_received_is_carried_out_and_verifies(
    hall_server: HallServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    fill(hall_server)
    out = tmp_path / "all.lines"

    assert run(["records", "export", "--config", settings_file(hall_server, tmp_path), "--out", str(out)]) == 0

    fingerprint = server_fingerprint(hall_server.runtime.keyring.identity_public)
    verdict = verify_export(out.read_bytes(), fingerprint)
    assert (verdict.finding, verdict.error) == (Finding.VERIFIED, None)
    assert (verdict.counts.chains, verdict.counts.branches, verdict.counts.lost) == (3, 1, 2)
    assert verdict.counts.records == hall_server.count()


def test_export_that_finds_no_room_names_the_file_and_leaves_nothing(
    sqlite_server: HallServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    sqlite_server.enrolled_kiosk().sync()
    out = tmp_path / "all.lines"
    (tmp_path / "all.lines.part").symlink_to("/dev/full")

    assert run(["records", "export", "--config", settings_file(sqlite_server, tmp_path), "--out", str(out)]) == 3

    told = capsys.readouterr().err
    assert str(out) in told
    assert told.strip().endswith("[export_not_written]")
    assert list(tmp_path.glob("all.lines*")) == []


def test_derived_tables_are_the_same_when_made_again(
    hall_server: HallServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    fill(hall_server)
    before = tables(hall_server)
    assert all(before.values())

    assert run(["server", "rebuild", "--config", settings_file(hall_server, tmp_path)]) == 0

    assert tables(hall_server) == before
