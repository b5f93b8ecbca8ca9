"""The roles that use cases, flow and the sync agent need filled; what fills them is bootstrap's choice.

Owns no behaviour. Every method that stores raises ``Unavailable`` with one of the codes
``disk_full``, ``storage_failed``, ``folder_read_only`` and then has stored nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kiosk.published import PublishedHall
    from kiosk.use_cases.answers import PrinterState
    from shared.chain import Head
    from shared.pack import Pack
    from shared.records import RecordData, TicketIssued
    from shared.signed_line import SigningKey
    from shared.sync_messages import StateFields
    from shared.sync_session import OpenedSession, VerifiedReceipt

ClockTrust: TypeAlias = Literal[0, 1, 2]


class Clock(Protocol):
    """The one place that reads the time. ``boot``: 8 hex, another at each start of the machine."""

    @property
    def boot(self) -> str:
        """Name of this run of the machine; ``mono_ms`` counts within it."""

    @property
    def trust(self) -> ClockTrust:
        """How far ``now_ms`` is to be believed: see :class:`shared.records.ClockTrust`."""

    def now_ms(self) -> int:
        """Return unix milliseconds, as well as they are known."""

    def mono_ms(self) -> int:
        """Return milliseconds since ``boot``; never goes back, counts through sleep."""

    def set_from_session(self, server_ms: int, mono_ms: int) -> None:
        """Take the server's time, which it had when ``mono_ms`` was read."""


class Recorded(NamedTuple):
    """A fact that is durable. ``chain``: 64 hex; ``at_ms``, ``mono_ms``: as in the record."""

    chain: str
    seq: int
    at_ms: int
    mono_ms: int


class TicketsSoFar(NamedTuple):
    """What this disk knows of a day's numbers of a service.

    ``last``: newest count, 0 if none; ``epoch_is_new``: numbers of an epoch before may be missing.
    """

    last: int
    epoch_is_new: bool


class BadgeSeen(NamedTuple):
    """The newest accepted scan of a badge on this disk, and when its run of repeats began."""

    boot: str
    mono_ms: int
    at_ms: int
    first_at_ms: int


class Journal(Protocol):
    """The truth: signed records in one chain, durable before a method returns; usable from any thread."""

    def append(self, data: RecordData) -> Recorded:
        """Record a fact."""

    def append_scan(
        self, compose: Callable[[BadgeSeen | None, int, int], RecordData], badge: int
    ) -> tuple[Recorded, BadgeSeen]:
        """Record an accepted scan, composed from the badge's last one, ``at_ms`` and ``mono_ms``."""

    def append_ticket(
        self, service: str, day: str, compose: Callable[[TicketsSoFar], TicketIssued]
    ) -> tuple[Recorded, TicketIssued]:
        """Record a number, composed from the day's numbers so far; two callers never see the same."""

    def append_sealed(self, data: RecordData, confided: Mapping[str, object], sealing_key: bytes) -> Recorded:
        """Record a fact whose personal part is sealed to ``sealing_key`` in the same transaction."""

    def tickets_not_in(self, service: str, day: str, as_of_ms: int) -> int:
        """Return how many of the day's own numbers a server state of ``as_of_ms`` cannot contain."""

    @property
    def ticket_floor(self) -> tuple[str, int]:
        """The newest day and ``ticket_floor`` that a session named; ``("", 0)`` before any."""

    @property
    def recorded_pack(self) -> int:
        """The newest version that a ``pack_activated`` of this disk names; 0 before the first."""

    def begin_run(self) -> Literal["none", "stopped", "killed"]:
        """Take note that a run began, durable, and return how the one before ended."""

    def end_run(self) -> None:
        """Take note that this run ends in order."""


class PackStore(Protocol):
    """What is published: the one version in force and the proof of how fresh it is."""

    @property
    def active(self) -> PublishedHall | None:
        """The version in force; None before the first."""

    @property
    def damaged(self) -> bool:
        """Whether a version was stored here and could not be read at the start."""

    @property
    def confirmed_ms(self) -> int | None:
        """Server time at which this version was last known to be the newest."""

    def activate(self, pack: Pack) -> PublishedHall:
        """Put a verified version in force, whole or not at all.

        Raises:
            OutOfOrder: ``pack_older`` than the one in force.
        """

    def confirm(self, version: int, as_of_ms: int) -> None:
        """Take note that the server still had ``version`` as its newest at ``as_of_ms``."""


@dataclass(frozen=True)
class SyncStatus:
    """How it stands with the server. Times are the server's; ``standing``: that of the newest chain."""

    online: bool = False
    last_session_ms: int | None = None
    unsent: int = 0
    oldest_unsent_ms: int | None = None
    standing: str | None = None


@dataclass(frozen=True)
class SeenState:
    """A state line and when it came. ``received_mono_ms``: kiosk's running time at its arrival."""

    fields: StateFields
    received_mono_ms: int


class StateBoard(Protocol):
    """What the agent last heard, readable at any time from any thread without waiting."""

    @property
    def status(self) -> SyncStatus:
        """The newest status."""

    @property
    def state(self) -> SeenState | None:
        """The newest state of this run of the program; None before the first."""

    def publish_status(self, status: SyncStatus) -> None:
        """Replace the status."""

    def publish_state(self, state: SeenState) -> None:
        """Replace the state."""


@dataclass(frozen=True)
class TicketPaper:
    """The words of a ticket, top to bottom. ``number`` is set largest."""

    hall: str
    number: str
    service: str
    ahead: str
    window: str
    time: str
    advice: str


class Printer(Protocol):
    """A ticket printer."""

    def state(self) -> PrinterState:
        """Ask the printer how it is; never raises."""

    def print_ticket(self, paper: TicketPaper) -> None:
        """Print and cut; returns when the printer took all of it.

        Raises:
            Unavailable: code ``no_paper``, ``offline``, ``cover_open`` or ``error``.
        """


class CodeScanned(NamedTuple):
    """A whole code came from the scanner, as typed."""

    text: str


class ScanDropped(NamedTuple):
    """Characters came that can be no code. ``reason``: ``too_long`` or ``cut``; ``length``: how many."""

    reason: Literal["too_long", "cut"]
    length: int


ScanEvent: TypeAlias = CodeScanned | ScanDropped


class Scanner(Protocol):
    """Characters in, scans out; knows no window."""

    def feed(self, characters: str, mono_ms: int) -> list[ScanEvent]:
        """Take characters, CR or LF being Enter, and return what they completed."""

    def tick(self, mono_ms: int) -> list[ScanEvent]:
        """Return what a silence until ``mono_ms`` completed; call it some times a second."""


class Voice(Protocol):
    """Says joined clips; never blocks."""

    def say(self, clips: Sequence[str]) -> None:
        """Say the clips one after another, or nothing where there is no sound."""


class Watchdog(Protocol):
    """Tells the supervisor that the screen's loop is alive."""

    def ready(self) -> None:
        """Say once that the first frame was drawn."""

    def beat(self) -> None:
        """Say that the loop is alive; at most as often as is worth it."""

    def stopping(self) -> None:
        """Say that the end is meant."""


class Witness(Protocol):
    """Tells tests and the demo what a person could see; the shipped kiosk has none."""

    def shown(self, screen: Mapping[str, object]) -> None:
        """Take note of a screen once a frame with it was drawn."""

    @property
    def wants_picture(self) -> bool:
        """Whether the app should make pictures at all."""

    def keep_picture(self, png: bytes) -> None:
        """Keep the newest picture."""


class Keystore(Protocol):
    """Private keys of this kiosk's chains, by the chain's name."""

    def load(self, chain: str) -> SigningKey | None:
        """Return the key, or None where there is none or it cannot be read."""

    def store(self, chain: str, key: SigningKey) -> None:
        """Keep a new key, durable before this returns."""


class ChainSummary(NamedTuple):
    """One chain on this disk. ``head``: newest record; ``name``: 64 hex."""

    name: str
    head: Head
    epoch: int
    reason: str


class ChainLedger(NamedTuple):
    """All that a session about one chain begins with. Lines are without LF; see :mod:`shared.sync_session`."""

    name: str
    epoch: int
    opening_lines: tuple[bytes, ...]
    certificate_line: bytes | None
    branch: str | None
    head: Head
    accepted: Head
    challenge: str | None
    last_challenge: str | None
    incarnation: str | None
    receipt_line: bytes | None


class StoredLine(NamedTuple):
    """A record as it lies on disk; ``hash`` is that of the bytes that were signed, 64 hex."""

    seq: int
    json: bytes
    signature: bytes
    hash: str
    sealed: str | None


class WaitingBlob(NamedTuple):
    """A sealed blob whose record the server has. ``hash``: 64 hex."""

    seq: int
    hash: str


class Unsent(NamedTuple):
    """What no receipt covers: how many records, and ``at_ms`` of the oldest."""

    records: int
    oldest_at_ms: int | None


class SyncLedger(Protocol):
    """The journal as the agent sees it: what to send, and what was heard, durable before it is used."""

    def ledgers(self) -> list[ChainLedger]:
        """Return every chain, oldest first."""

    def draw_challenge(self, chain: str) -> ChainLedger:
        """Return the chain with its challenge: the one not answered yet, else a new one, durable."""

    def draw_anew(self, chain: str) -> None:
        """Forget a challenge that the server called old; what it last verified still stands."""

    def keep_session(self, opened: OpenedSession, *, day: str | None, mono_ms: int) -> None:
        """Keep a verified hello reply, in one transaction: ratchet, receipt, keys, certificate, floor, time."""

    def keep_receipt(self, receipt: VerifiedReceipt) -> None:
        """Keep a verified receipt, durable before it is used."""

    def stored_lines(self, chain: str, first: int, count: int) -> list[StoredLine]:
        """Return up to ``count`` records from position ``first``; positions may be missing."""

    def hash_at(self, chain: str, seq: int) -> str | None:
        """Return the hash of a position of the chain, None where it is not known here."""

    def mend_signature(self, chain: str, seq: int, signature: bytes) -> None:
        """Replace a signature that rotted by the same one, made anew."""

    def waiting_blobs(self, chain: str, up_to: int) -> list[WaitingBlob]:
        """Return blobs of accepted records that were not handed over yet."""

    def blob(self, digest: str) -> bytes | None:
        """Return a blob as stored, None where there is none."""

    def blob_handed_over(self, digest: str, *, handed_over: bool) -> None:
        """Take note that the server took a blob, or asked for it again."""

    def unsent(self) -> Unsent:
        """Return what no receipt covers yet."""

    @property
    def keys_line(self) -> bytes | None:
        """The newest keys line that was verified."""

    def name_branch(self, chain: str) -> None:
        """Send what is left of an older chain as a branch under the chain that this disk opened next."""

    def branch_off(self, chain: str, reason: Literal["forked", "rotated"]) -> None:
        """Open the next epoch after ``chain``; ``forked`` makes what follows the fork a branch."""
