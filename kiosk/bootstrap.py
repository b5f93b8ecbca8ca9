"""The one place that chooses adapters: settings in, a kiosk whose parts fit together out.

A kiosk that cannot open its store, or whose settings are wrong, still opens its window and says what to
do; its supervisor is not made to start it over and over.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import tempfile
import threading
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kiosk.config import KioskConfig, PrinterConfig, ScreenConfig, load_config
from kiosk.devices.clock import SystemClock
from kiosk.devices.keystore import FileKeystore
from kiosk.devices.printer import FilePrinter, NetworkPrinter, VirtualPrinter
from kiosk.devices.scanner import WedgeDecoder
from kiosk.devices.watchdog import SdNotifyWatchdog
from kiosk.devices.window_kivy import prepare_window
from kiosk.devices.witness import BlindWitness, FileWitness
from kiosk.durable_file import make_private_folder
from kiosk.flow.kiosk_flow import Flow, KioskFlow, UseCases
from kiosk.flow.standstill import StandstillFlow
from kiosk.log_lines import log_to
from kiosk.store.packs import TinyPackStore
from kiosk.store.recovery import JournalPlace, open_journal
from kiosk.store.status import ChainStatus, read_status
from kiosk.store.sync_ledger import SqliteSyncLedger, restore_session_clock
from kiosk.sync.agent import SyncAgent
from kiosk.sync.backoff import Backoff
from kiosk.sync.board import SharedStateBoard
from kiosk.sync.enrolment import Enrolment, wait_for_approval
from kiosk.sync.listener import HallListener, SignedFileSource
from kiosk.sync.session_slot import SessionSlot
from kiosk.sync.transport import HttpsTransport
from kiosk.sync.trust import ServerTrust, load_trust, write_ca
from kiosk.sync.uploader import ChainUploader
from kiosk.use_cases.activate_pack import ActivatePack
from kiosk.use_cases.file_complaint import FileComplaint
from kiosk.use_cases.issue_ticket import IssueTicket
from kiosk.use_cases.print_ticket import PrintTicket
from kiosk.use_cases.scan_badge import ScanBadge
from kiosk.use_cases.start_kiosk import StartKiosk
from shared.chain import verify_opening
from shared.errors import OutOfOrder, ServicehallError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.ports import Clock, Printer, Witness
    from kiosk.store.journal import SqliteJournal

_log = logging.getLogger(__name__)


class Folders(NamedTuple):
    """Where a kiosk keeps what, below its ``data_dir``."""

    journal: Path
    identity: Path
    packs: Path
    tickets: Path
    window: Path


@dataclass(frozen=True)
class Kiosk:
    """A kiosk ready to be touched. ``agent`` is None before enrolment."""

    config: KioskConfig
    clock: Clock
    journal: SqliteJournal
    packs: TinyPackStore
    board: SharedStateBoard
    printer: Printer
    scan_badge: ScanBadge
    issue_ticket: IssueTicket
    print_ticket: PrintTicket
    file_complaint: FileComplaint
    agent: SyncAgent | None

    def start(self) -> None:
        """Begin to send and to listen."""
        if self.agent is not None:
            self.agent.start()

    def close(self) -> None:
        """End in order; the next start says "stopped"."""
        if self.agent is not None:
            self.agent.close()
        self.journal.end_run()
        self.journal.close()

    def flow(self) -> Flow:
        """Return the state machine of the screen over these parts."""
        return KioskFlow(
            UseCases(self.scan_badge, self.issue_ticket, self.print_ticket),
            clock=self.clock,
            packs=self.packs,
            board=self.board,
            language=self.config.language,
        )


def folders_of(config: KioskConfig) -> Folders:
    """Return the folders below ``data_dir``. Pure."""
    root = config.data_path
    tickets = Path(config.printer.folder) if config.printer.folder is not None else root / "tickets"
    return Folders(root / "journal", root / "identity", root / "packs", tickets, root / "window")


class _Stores(NamedTuple):
    folders: Folders
    clock: SystemClock
    keystore: FileKeystore
    journal: SqliteJournal
    packs: TinyPackStore
    board: SharedStateBoard


def build_kiosk(config: KioskConfig) -> Kiosk:
    """Open the stores, record the start, and return a kiosk that is not sending yet.

    Raises:
        Unavailable: ``folder_read_only``, ``disk_full``, ``storage_failed``, ``already_running``,
            ``not_enrolled``.
    """
    folders = folders_of(config)
    clock = SystemClock(config.clock_offset_ms)
    keystore = FileKeystore(folders.identity)
    opened = open_journal(JournalPlace(folders.journal, folders.identity, clock, keystore, config.kiosk, config.hall))
    journal = opened.journal
    try:
        restore_session_clock(journal, clock)
        packs = TinyPackStore(folders.packs, version_floor=journal.recorded_pack)
        StartKiosk(journal, packs, program_name())(opened.damage)
        stores = _Stores(folders, clock, keystore, journal, packs, SharedStateBoard())
        return _assemble(config, stores, load_trust(folders.identity))
    except BaseException:
        journal.close()
        raise


def _assemble(config: KioskConfig, stores: _Stores, trust: ServerTrust | None) -> Kiosk:
    _, clock, _, journal, packs, board = stores
    printer = choose_printer(config.printer, stores.folders.tickets)
    agent = None
    if trust is not None and trust.certificate_line is not None:
        agent = _build_agent(config, stores, trust)
        journal.on_append(agent.nudge)
    return Kiosk(
        config=config,
        clock=clock,
        journal=journal,
        packs=packs,
        board=board,
        printer=printer,
        scan_badge=ScanBadge(journal, packs, clock),
        issue_ticket=IssueTicket(config.kiosk, journal, packs, board, printer, clock),
        print_ticket=PrintTicket(journal, packs, printer, clock),
        file_complaint=FileComplaint(journal, packs),
        agent=agent,
    )


def _build_agent(config: KioskConfig, stores: _Stores, trust: ServerTrust) -> SyncAgent:
    folders, clock, keystore, journal, packs, board = stores
    ca_file = write_ca(folders.identity, trust)
    ledger = SqliteSyncLedger(journal, clock)
    slot, stop = SessionSlot(), threading.Event()
    draw = random.SystemRandom().uniform
    listening = HttpsTransport(config.server_url, ca_file)
    listener = HallListener(
        wire=listening,
        source=SignedFileSource(listening, config.hall),
        slot=slot,
        packs=packs,
        board=board,
        clock=clock,
        activate=ActivatePack(journal, packs),
        backoff=Backoff(draw),
        stop=stop,
        hall=config.hall,
    )
    uploader = ChainUploader(
        ledger=ledger,
        keystore=keystore,
        packs=packs,
        clock=clock,
        trust=trust,
        wire=HttpsTransport(config.server_url, ca_file),
        slot=slot,
        kiosk=config.kiosk,
        hall=config.hall,
    )
    agent = SyncAgent(
        ledger=ledger,
        uploader=uploader,
        listener=listener,
        board=board,
        clock=clock,
        backoff=Backoff(draw),
        stop=stop,
    )
    uploader.on_accepted = partial(agent.publish, online=True)
    return agent


def choose_printer(config: PrinterConfig, folder: Path) -> Printer:
    """Return the printer that the settings name."""
    if config.kind == "network" and config.host is not None:
        return NetworkPrinter(config.host, config.port, config.width_dots)
    if config.kind == "file" and config.device is not None:
        return FilePrinter(config.device, config.width_dots)
    return VirtualPrinter(folder, config.width_dots)


def choose_witness(config: KioskConfig, clock: Clock) -> Witness:
    """Return the witness that the settings ask for; blind in a hall."""
    log, picture = config.witness.screen_log, config.witness.picture
    if log is None and picture is None:
        return BlindWitness()
    return FileWitness(clock, Path(log) if log is not None else None, Path(picture) if picture is not None else None)


def program_name() -> str:
    """Return name and version of this program, as ``kiosk_started`` tells it."""
    try:
        return f"servicehall {version('servicehall')}"
    except PackageNotFoundError:
        return "servicehall unpackaged"


def run_kiosk(config_file: Path) -> int:
    """Run the kiosk's window until told to stop and return the exit code.

    0: told to stop; 3: a burst of faults, or the store failed: the supervisor starts it again.
    """
    log_to()
    config: KioskConfig | None = None
    kiosk: Kiosk | None = None
    try:
        config = load_config(config_file)
        kiosk = build_kiosk(config)
    except ServicehallError as error:
        _log.error("standstill %s", error)
        flow = _stand_still(error, config)
    else:
        flow = kiosk.flow()
        kiosk.start()
    try:
        return _show(flow, kiosk, config, folders_of(config).window if config is not None else None)
    finally:
        if kiosk is not None:
            kiosk.close()


def _stand_still(error: ServicehallError, config: KioskConfig | None) -> Flow:
    clock = SystemClock(config.clock_offset_ms if config is not None else 0)
    return StandstillFlow(error, clock=clock, language=config.language if config is not None else "zh")


def _show(flow: Flow, kiosk: Kiosk | None, config: KioskConfig | None, home: Path | None) -> int:
    clock = kiosk.clock if kiosk is not None else SystemClock(config.clock_offset_ms if config is not None else 0)
    with tempfile.TemporaryDirectory(prefix="servicehall-") as scratch:
        # Kivy writes into its home; where the kiosk's own folder is read-only it still gets one.
        prepare_window(config.screen if config is not None else ScreenConfig(), _writable(home) or Path(scratch))
        from kiosk.app import KioskApp  # noqa: PLC0415 - Kivy reads its settings when it is imported

        app = KioskApp(
            flow,
            clock=clock,
            scanner=WedgeDecoder(),
            watchdog=SdNotifyWatchdog(clock.mono_ms, lambda: kiosk is None or kiosk.journal.database.failure is None),
            witness=choose_witness(config, clock) if config is not None else BlindWitness(),
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: app.request_stop())
        app.run()
        return int(app.exit_code)


def _writable(home: Path | None) -> Path | None:
    if home is None:
        return None
    try:
        make_private_folder(home)
    except Unavailable:
        return None
    return home if os.access(home, os.W_OK) else None


def load_status(config: KioskConfig) -> list[ChainStatus]:
    """Return how the kiosk's chains stand, oldest first; none before enrolment."""
    return read_status(folders_of(config).journal)


def enrol(config: KioskConfig, code: str, show: Callable[[str], None], pause: Callable[[], None] | None) -> None:
    """Enrol this kiosk: show the fingerprint, then wait for approval, unless ``pause`` is None.

    Called again with the same code it goes on where it was left.

    Raises:
        OutOfOrder: ``already_enrolled``.
        Unavailable: ``already_running`` (stop the kiosk first), ``server_unreachable``, or the store failed.
        RuleViolation: ``enrolment_refused``.
        Untrusted: the certificate does not cover what the fingerprint covered.
    """
    folders = folders_of(config)
    trust = load_trust(folders.identity) if folders.identity.exists() else None
    if trust is not None and trust.certificate_line is not None:
        raise OutOfOrder("already_enrolled")
    clock, keystore = SystemClock(config.clock_offset_ms), FileKeystore(folders.identity)
    place = JournalPlace(folders.journal, folders.identity, clock, keystore, config.kiosk, config.hall)
    journal = open_journal(place).journal
    try:
        chain = journal.chain or journal.open_epoch("enrolled")
        lines = journal.opening_lines(chain)
        enrolment = Enrolment(
            config.server_url, folders.identity, config.kiosk, verify_opening(lines[:1]), lines[0], journal
        )
        pending = enrolment.ask(code)
        show(pending.fingerprint)
        if pause is not None:
            wait_for_approval(enrolment, pending, pause)
    finally:
        journal.close()
