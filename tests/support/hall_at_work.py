"""The demonstration's hall at work in this process: the real server, real kiosks' stores and sync, no socket.

Requests go through Flask's test client; everything else is what runs in a hall. Time stands until
it is moved, so the pages of a morning can be had at any hour.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from kiosk.devices.keystore import FileKeystore
from kiosk.store.packs import TinyPackStore
from kiosk.store.recovery import JournalPlace, open_journal
from kiosk.store.sync_ledger import SqliteSyncLedger
from kiosk.sync.listener import SignedFileSource
from kiosk.sync.session_slot import SessionSlot
from kiosk.sync.transport import MAX_REPLY_BYTES, READ_S, Reply
from kiosk.sync.trust import ServerTrust
from kiosk.sync.uploader import ChainUploader
from kiosk.use_cases.activate_pack import ActivatePack
from kiosk.use_cases.scan_badge import ScanBadge
from kiosk.use_cases.start_kiosk import StartKiosk
from provisioning.demo.made_up_hall import load_demo_hall
from provisioning.keys import create_keys
from shared.chain import Opening, sign_opening
from shared.ids import parse_enrolment_code
from shared.signed_line import KEY_BYTES, SigningKey
from shared.strict_json import encode
from shared.sync_messages import BASE_PATH, EnrolmentRequest
from sync_server import create_app
from sync_server.accounts.operations import create_account
from sync_server.accounts.policy import Role
from sync_server.badges.models import Badge
from sync_server.badges.operations import issue_badges
from sync_server.clock import StandingClock
from sync_server.config import Settings
from sync_server.fleet.models import EnrolmentCode
from sync_server.fleet.operations import approve_enrolment, make_slot
from sync_server.runtime import EXTENSION, Runtime
from sync_server.staff.models import StaffMember

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from flask import Flask

    from kiosk.ports import ClockTrust
    from kiosk.use_cases.answers import BadgeAnswer

HALL: Final = "H1"
TIMEZONE: Final = "Asia/Shanghai"
PASSWORD: Final = "paper lantern on the river 7"
_OK: Final = 200
_ACCEPTED: Final = 202


@dataclass
class HallClock:
    """A kiosk's clock that shows the hall's time. ``boot``: 8 hex."""

    hall: StandingClock
    boot: str = "0a0b0c0d"
    trust: ClockTrust = 1

    def now_ms(self) -> int:
        return self.hall.now_ms()

    def mono_ms(self) -> int:
        return self.hall.mono_ms()

    def set_from_session(self, server_ms: int, mono_ms: int) -> None:
        """Take nothing: the hall has one time here."""


@dataclass
class HallAtWork:
    """Keys, people, posts, services, badges and one account a role, in ``folder``; ``now``: aware."""

    folder: Path
    now: datetime
    kiosk_picture: Path | None = None
    database_url: str = ""
    clock: StandingClock = field(init=False)
    app: Flask = field(init=False)
    runtime: Runtime = field(init=False)

    def __post_init__(self) -> None:
        """Make the hall from nothing."""
        self.clock = StandingClock(int(self.now.timestamp() * 1000))
        picture = str(self.kiosk_picture) if self.kiosk_picture is not None else None
        settings = Settings(
            hall=HALL,
            data_dir=str(self.folder / "server"),
            timezone=TIMEZONE,
            demo_picture=picture,
            database_url=self.database_url,
        )
        create_keys(settings.keys_path, HALL, self.clock.now_ms())
        self.app = create_app(settings, clock=self.clock)
        self.runtime = self.app.extensions[EXTENSION]
        with self.app.app_context(), self.runtime.database.transaction() as session:
            for role in Role:
                if role is not Role.KIOSK:
                    create_account(
                        session,
                        hall=HALL,
                        username=role.value.replace("_", "-"),
                        display_name=_NAMES.get(role, "何静"),
                        role=role,
                        password=PASSWORD,
                        clock=self.clock,
                    )
            load_demo_hall(session, HALL, timezone=TIMEZONE)
            session.flush()
            everybody = list(session.scalars(select(StaffMember).order_by(StaffMember.number)))
            issue_badges(session, everybody, "office", self.clock, self.runtime.keyring)

    def badge_codes(self) -> dict[str, str]:
        """Return the code of each badge in force, by staff number."""
        with self.runtime.database.reading() as session:
            found = session.execute(
                select(StaffMember.number, Badge.code)
                .join(Badge, Badge.staff_id == StaffMember.id)
                .where(Badge.state == "issued")
                .order_by(StaffMember.number)
            )
            return {row.number: row.code for row in found}

    def pass_minutes(self, minutes: float) -> None:
        """Move the one clock on."""
        self.clock.move(int(timedelta(minutes=minutes).total_seconds() * 1000))

    def close(self) -> None:
        """Close the database."""
        self.runtime.database.close()


_NAMES: Final = {
    Role.SYSTEM_ADMINISTRATOR: "沈系统",
    Role.SECURITY_ADMINISTRATOR: "顾安全",
    Role.AUDIT_ADMINISTRATOR: "严审计",
    Role.OFFICE: "周办公",
    Role.CLERK: "林窗口",
}


@dataclass
class ClientWire:
    """The transport of a kiosk, through Flask's test client. ``sent``: paths asked for, in order."""

    app: Flask
    sent: list[str] = field(default_factory=list)

    def post(self, path: str, body: bytes, *, token: str | None = None, packed: bool = False) -> Reply:
        headers = {"Content-Type": "application/vnd.servicehall.lines"}
        if packed:
            body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
        return self._ask("POST", path, body, token, headers)

    def put(self, path: str, body: bytes, *, token: str) -> Reply:
        return self._ask("PUT", path, body, token, {"Content-Type": "application/octet-stream"})

    def get(
        self, path: str, *, token: str | None = None, read_s: float = READ_S, limit: int = MAX_REPLY_BYTES
    ) -> Reply:
        del read_s, limit  # nothing here is slow or endless
        return self._ask("GET", path, b"", token, {})

    def close(self) -> None:
        """Nothing is open."""

    def _ask(self, method: str, path: str, body: bytes, token: str | None, headers: dict[str, str]) -> Reply:
        self.sent.append(path)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        answer = self.app.test_client().open(BASE_PATH + path, method=method, data=body, headers=headers)
        return Reply(answer.status_code, answer.mimetype or "", answer.get_data())


class KioskAtWork:
    """One enrolled kiosk of a :class:`HallAtWork`, its stores in the hall's folder."""

    def __init__(self, hall: HallAtWork, name: str, spot: str) -> None:
        """Enrol by two people, take what is published, record the start."""
        self.hall = hall
        self.name = name
        self.clock = HallClock(hall.clock)
        folder = hall.folder / name
        identity = folder / "identity"
        keystore = FileKeystore(identity)
        place = JournalPlace(folder / "journal", identity, self.clock, keystore, name, HALL)
        self.journal = open_journal(place).journal
        self.chain = self.journal.open_epoch("enrolled")
        self.packs = TinyPackStore(folder / "packs")
        self.ledger = SqliteSyncLedger(self.journal, self.clock)
        self.wire = ClientWire(hall.app)
        trust = self._enrol(spot)
        slot = SessionSlot()
        self.uploader = ChainUploader(
            self.ledger, keystore, self.packs, self.clock, trust, self.wire, slot, kiosk=name, hall=HALL
        )
        self.scan_badge = ScanBadge(self.journal, self.packs, self.clock)
        self.sync()
        live = slot.wait(0)
        assert live is not None
        pack = SignedFileSource(self.wire, HALL).fetch(live, 0)
        assert pack is not None
        ActivatePack(self.journal, self.packs)(pack)
        StartKiosk(self.journal, self.packs, "servicehall test")()

    def scan(self, code: str) -> BadgeAnswer:
        """Show a badge."""
        return self.scan_badge(code)

    def sync(self) -> None:
        """Hold one session: everything recorded goes to the server."""
        talk = self.uploader.open(self.chain)
        self.uploader.upload(talk, lambda: False)

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()

    def _enrol(self, spot: str) -> ServerTrust:
        runtime = self.hall.runtime
        opening = self.ledger.ledgers()[-1].opening_lines[0]
        fingerprint = _send_opening(self.hall, self.name, spot, opening)
        with runtime.database.transaction() as session:
            approve_enrolment(session, self.name, fingerprint, "security-administrator", runtime.clock, runtime.keyring)
        certified = self.hall.app.test_client().get(f"{BASE_PATH}/enrolment/{self.chain}")
        assert certified.status_code == _OK
        certificate, keys = certified.get_data().split(b"\n")[:2]
        self.journal.keep_certificate(self.chain, certificate)
        keyring = runtime.keyring
        return ServerTrust(
            keyring.identity_public, keyring.ca_pem.decode(), keyring.root_sha256.hex(), keys, certificate
        )


def ask_to_enrol(hall: HallAtWork, name: str, spot: str) -> None:
    """Let a kiosk ask with the right code, so that it waits for the second person."""
    key = SigningKey(token_bytes(KEY_BYTES))
    opening = Opening(epoch=1, origin=None, hall=HALL, key=key.public.text, kiosk=name, reason="enrolled")
    _send_opening(hall, name, spot, sign_opening(opening, key)[0])


def _send_opening(hall: HallAtWork, name: str, spot: str, opening: bytes) -> str:
    """Make the place, send opening and code as a kiosk does, and return the fingerprint."""
    runtime = hall.runtime
    with runtime.database.transaction() as session:
        code = make_slot(session, HALL, name, spot, "system-administrator", runtime.clock)
    answer = hall.app.test_client().post(
        f"{BASE_PATH}/enrolment",
        data=encode(EnrolmentRequest(code=parse_enrolment_code(code), opening=opening.decode())),
        content_type="application/json",
    )
    assert answer.status_code == _ACCEPTED, answer.get_data()
    with runtime.database.reading() as session:
        fingerprint = session.scalar(select(EnrolmentCode.fingerprint).where(EnrolmentCode.kiosk == name))
    assert fingerprint is not None
    return fingerprint
