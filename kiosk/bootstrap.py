"""The one place that chooses adapters: settings in, a kiosk whose parts fit together out.

A kiosk that cannot open its store, or whose settings are wrong, still opens its window and says what to
do; its supervisor is not made to start it over and over.
"""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

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
from kiosk.second_wind import SecondWindFlow
from kiosk.store.packs import TinyPackStore
from kiosk.store.recovery import JournalPlace, open_journal
from kiosk.store.status import ChainStatus, read_status
from kiosk.store.sync_ledger import SqliteSyncLedger, restore_session_clock
from kiosk.sync.assembly import AgentStores, build_agent
from kiosk.sync.board import SharedStateBoard
from kiosk.sync.enrolment import Enrolment, wait_for_approval
from kiosk.sync.trust import ServerTrust, format_trust, load_trust, parse_trust, save_trust, write_ca
from kiosk.use_cases.activate_pack import ActivatePack
from kiosk.use_cases.file_complaint import FileComplaint
from kiosk.use_cases.issue_ticket import IssueTicket
from kiosk.use_cases.print_ticket import PrintTicket
from kiosk.use_cases.scan_badge import ScanBadge
from kiosk.use_cases.start_kiosk import StartKiosk
from shared.chain import verify_opening
from shared.errors import MalformedInput, OutOfOrder, ServicehallError, Unavailable
from shared.records import StorageDamaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kiosk.ports import Clock, Printer, Witness
    from kiosk.store.journal import SqliteJournal
    from kiosk.sync.agent import SyncAgent

TRUST: Final = "trust"
"""Name of the journal's copy of what the enrolment wrote down."""

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
    """A kiosk ready to be touched. ``agent`` is None where it forgot whom to trust, and then sends nothing."""

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
        try:
            self.journal.end_run()
        except Unavailable as error:
            _log.error("end_not_noted %s", error)
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


def build_kiosk(config: KioskConfig, clock: SystemClock | None = None) -> Kiosk:
    """Open the stores, record the start, and return a kiosk that is not sending yet.

    Raises:
        Unavailable: ``folder_read_only``, ``disk_full``, ``storage_failed``, ``already_running``,
            ``not_enrolled``.
    """
    folders = folders_of(config)
    clock = clock or SystemClock(config.clock_offset_ms)
    keystore = FileKeystore(folders.identity)
    place = JournalPlace(folders.journal, folders.identity, clock, keystore, config.kiosk, config.hall)
    journal, damage = open_journal(place)
    try:
        restore_session_clock(journal, clock)
        trust, lost_trust = _load_trust(folders.identity, journal)
        _check_enrolled(journal, trust)
        packs = TinyPackStore(folders.packs, version_floor=journal.recorded_pack)
        StartKiosk(journal, packs, program_name())(damage + lost_trust)
        stores = _Stores(folders, clock, keystore, journal, packs, SharedStateBoard())
        return _assemble(config, stores, trust)
    except BaseException:
        journal.close()
        raise


def _load_trust(identity: Path, journal: SqliteJournal) -> tuple[ServerTrust | None, tuple[StorageDamaged, ...]]:
    """Return whom to trust, from its file or else from the journal's copy, and what was found damaged."""
    try:
        trust = load_trust(identity)
        damage: tuple[StorageDamaged, ...] = ()
    except MalformedInput as error:
        _log.error("trust_damaged %s", error)
        trust, damage = None, (StorageDamaged(what="settings", first=0, last=0),)
    copy = journal.fact(TRUST)
    if trust is not None and trust.certificate_line is not None:
        content = format_trust(trust).decode("ascii")
        if content != copy:
            journal.keep_fact(TRUST, content)
    elif copy is not None:
        trust = parse_trust(copy.encode("ascii"))
        save_trust(identity, trust)
    return trust, damage


def _check_enrolled(journal: SqliteJournal, trust: ServerTrust | None) -> None:
    is_trusting = trust is not None and trust.certificate_line is not None
    if journal.chain is None or not (is_trusting or journal.is_certified):
        raise Unavailable("not_enrolled")


def _assemble(config: KioskConfig, stores: _Stores, trust: ServerTrust | None) -> Kiosk:
    _, clock, _, journal, packs, board = stores
    printer = choose_printer(config.printer, stores.folders.tickets)
    agent = None
    if trust is not None and trust.certificate_line is not None:
        ledger, activate = SqliteSyncLedger(journal, clock), ActivatePack(journal, packs)
        wanted = AgentStores(clock, stores.keystore, ledger, packs, board, activate)
        agent = build_agent(config, wanted, trust, write_ca(stores.folders.identity, trust))
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

    0: told to stop; 3: a burst of faults: the supervisor starts it again. A kiosk that cannot start
    opens its window all the same, says why, and tries again by itself.
    """
    log_to()
    try:
        config: KioskConfig | None = load_config(config_file)
    except ServicehallError:
        config = None
    run = _Run(config_file, config, SystemClock(config.clock_offset_ms if config is not None else 0))
    try:
        flow: Flow = run.attempt()
    except ServicehallError as error:
        _log.error("standstill %s", error)
        flow = SecondWindFlow(error, run.attempt, run.stand_still, run.clock)
    try:
        return run.show(flow)
    finally:
        if run.kiosk is not None:
            run.kiosk.close()


@dataclass
class _Run:
    """One run of the program. ``config``: as it was when the window opened, None where it was wrong."""

    config_file: Path
    config: KioskConfig | None
    clock: SystemClock
    kiosk: Kiosk | None = None

    def attempt(self) -> Flow:
        """Start the kiosk and return its flow, or raise ServicehallError."""
        self.kiosk = build_kiosk(load_config(self.config_file), self.clock)
        self.kiosk.start()
        return self.kiosk.flow()

    def stand_still(self, error: ServicehallError) -> Flow:
        """Return the flow that shows ``error``."""
        return StandstillFlow(error, clock=self.clock, language=self.config.language if self.config else "zh")

    def is_sound(self) -> bool:
        """Tell whether what started can still record."""
        return self.kiosk is None or self.kiosk.journal.database.failure is None

    def show(self, flow: Flow) -> int:
        """Run the window until it ends and return its exit code."""
        home = folders_of(self.config).window if self.config is not None else None
        with _window_folder(home) as folder:
            prepare_window(self.config.screen if self.config else ScreenConfig(), folder)
            from kiosk.app import KioskApp  # noqa: PLC0415 - Kivy reads its settings when it is imported
            from kiosk.devices.chime_kivy import KivyChime  # noqa: PLC0415 - the same
            from kiosk.devices.scanner_kivy import KivyWedge  # noqa: PLC0415 - the same

            app = KioskApp(
                flow,
                clock=self.clock,
                scanner=KivyWedge(WedgeDecoder()),
                watchdog=SdNotifyWatchdog(self.clock.mono_ms, self.is_sound),
                witness=choose_witness(self.config, self.clock) if self.config else BlindWitness(),
                chime=KivyChime(folder),
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: app.request_stop())
            app.run()
            return int(app.exit_code)


@contextmanager
def _window_folder(home: Path | None) -> Iterator[Path]:
    """Give Kivy and the chime a folder to write to: the kiosk's own, or one for this run where that is read-only.

    The kiosk's own comes first, because a folder made for a run stays behind when the run is killed.
    """
    own = _writable(home)
    if own is not None:
        yield own
        return
    with tempfile.TemporaryDirectory(prefix="servicehall-") as scratch:
        yield Path(scratch)


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
    clock, keystore = SystemClock(config.clock_offset_ms), FileKeystore(folders.identity)
    place = JournalPlace(folders.journal, folders.identity, clock, keystore, config.kiosk, config.hall)
    journal = open_journal(place).journal
    try:
        trust = load_trust(folders.identity)
        if journal.chain is not None and trust is not None and trust.certificate_line is not None:
            raise OutOfOrder("already_enrolled")
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
