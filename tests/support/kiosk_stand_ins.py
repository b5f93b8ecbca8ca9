"""Stand-ins behind the kiosk's ports, to run flow and screens alone: a clock that is wound, a board, a hall.

Names of people and places are made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from kiosk.flow.events import Touched
from kiosk.flow.kiosk_flow import KioskFlow, Turn, UseCases
from kiosk.ports import Clock, SeenState, SyncStatus
from kiosk.published import PublishedHall
from kiosk.use_cases.answers import BadgeAccepted, BadgeAnswer, BadgeRejected, IssuedTicket, PrintOutcome
from shared.errors import RuleViolation, Unavailable
from shared.pack import HallSection, Names, PublishedService
from shared.sync_messages import ServiceState, StateFields

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 23, 8, 52, tzinfo=ZONE)
MORNING_MS = int(MORNING.timestamp() * 1000)

SERVICES = (
    ("A", "社会保险", "Social insurance", "3-6"),
    ("B", "不动产登记", "Real estate registration", "7-10"),
    ("C", "企业开办", "Starting a business", "11-12"),
    ("D", "户籍与身份证", "Household and identity card", "13-15"),
    ("E", "医疗保障", "Health insurance", "16、18"),
    ("F", "综合咨询", "General enquiries", "1-2"),
)


class WoundClock:
    """A clock that moves when it is told to."""

    boot = "0badcafe"
    trust = 1

    def __init__(self, now_ms: int = MORNING_MS) -> None:
        self._now_ms = now_ms
        self._mono_ms = 1_000_000

    def now_ms(self) -> int:
        return self._now_ms

    def mono_ms(self) -> int:
        return self._mono_ms

    def set_from_session(self, server_ms: int, mono_ms: int) -> None:
        self._now_ms = server_ms + self._mono_ms - mono_ms

    def pass_ms(self, ms: int) -> None:
        self._now_ms += ms
        self._mono_ms += ms


@dataclass
class PlainBoard:
    """A board that says what it was given."""

    status: SyncStatus = field(default_factory=SyncStatus)
    state: SeenState | None = None

    def publish_status(self, status: SyncStatus) -> None:
        self.status = status

    def publish_state(self, state: SeenState) -> None:
        self.state = state


@dataclass
class PlainPacks:
    """A store of what is published that holds one hall or none."""

    active: PublishedHall | None
    confirmed_ms: int | None


def make_hall(services: tuple[tuple[str, str, str, str | None], ...] = SERVICES) -> PublishedHall:
    """Return a published hall with these services."""
    return PublishedHall(
        version=7,
        sha256="0" * 64,
        issued_ms=MORNING_MS - 3_600_000,
        hall=HallSection(
            id="H1",
            keys="",
            name=Names(zh="清溪区政务服务中心", en="Qingxi District Service Centre"),
            sealing_key="A" * 43,
            timezone="Asia/Shanghai",
        ),
        zone=ZONE,
        services=tuple(
            PublishedService(letter=letter, name=Names(zh=zh, en=en), windows=windows)
            for letter, zh, en, windows in services
        ),
        posts=MappingProxyType({}),
        staff_by_badge=MappingProxyType({}),
        revoked_serials=MappingProxyType({}),
        badge_keys=MappingProxyType({}),
    )


def make_state(clock: WoundClock, age_s: int = 0, services: str = "ABCDEF") -> SeenState:
    """Return figures of people waiting that came ``age_s`` ago."""
    waiting = (12, 4, 0, 7, 23, 2)
    called = (("A2-014", "A1-022"), ("B2-006",), (), ("D1-031",), ("E2-040",), ("F1-009",))
    return SeenState(
        StateFields(
            as_of=clock.now_ms() - age_s * 1000,
            hall="H1",
            incarnation="0" * 16,
            key="0" * 16,
            on_duty=[],
            pack=7,
            revocations=7,
            services=[
                ServiceState(
                    service=letter, waiting=waiting[place % len(waiting)], called=list(called[place % len(called)])
                )
                for place, letter in enumerate(services)
            ],
            version=31,
        ),
        clock.mono_ms() - age_s * 1000,
    )


ON_DUTY = BadgeAccepted("陈晓岚", Names(zh="社会保险综合岗", en="Social insurance desk"), "3", MORNING_MS, ())


@dataclass
class Hall:
    """A kiosk's flow with stand-ins behind it. What the use cases answer can be set between two steps."""

    services: tuple[tuple[str, str, str, str | None], ...] = SERVICES
    language: str = "zh"
    answer: BadgeAnswer | Exception = ON_DUTY
    outcome: PrintOutcome | Exception = field(default_factory=lambda: PrintOutcome(printed=True))
    issue_error: Exception | None = None
    ahead: int | None = 6
    ahead_age_s: int | None = 40
    clock: Clock = field(default_factory=WoundClock)

    def __post_init__(self) -> None:
        self.board = PlainBoard(SyncStatus(online=True, last_session_ms=MORNING_MS), make_state(self.clock, 20))
        self.packs = PlainPacks(make_hall(self.services), MORNING_MS)
        self.scanned: list[str] = []
        self.issued: list[str] = []
        self.printed: list[str] = []
        self.flow = KioskFlow(
            UseCases(self._scan, self._issue, self._print),
            clock=self.clock,
            packs=self.packs,
            board=self.board,
            language=self.language,
        )

    def go_offline(self, since_s: int = 720) -> None:
        """Cut the network off and let the screen hear of it."""
        now = self.clock.now_ms()
        self.board.status = SyncStatus(
            online=False, last_session_ms=now - since_s * 1000, unsent=23, oldest_unsent_ms=now - (since_s - 60) * 1000
        )
        if self.board.state is not None:
            self.board.state = replace(self.board.state, received_mono_ms=self.clock.mono_ms() - since_s * 1000)

    def handle(self, event: object) -> Turn:
        """Hand an event to the flow."""
        return self.flow.handle(event)

    def touch(self, action: str, value: str = "") -> Turn:
        """Touch something, long enough after the last change."""
        self.clock.pass_ms(400)
        return self.handle(Touched(action, value))

    def _scan(self, text: str) -> BadgeAnswer:
        self.scanned.append(text)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def _issue(self, letter: str, language: str) -> IssuedTicket:
        if self.issue_error is not None:
            raise self.issue_error
        if self.packs.active is None:
            raise Unavailable("nothing_published")
        service = self.packs.active.service(letter)
        if service is None:
            raise RuleViolation("service_unknown")
        self.issued.append(letter)
        number = f"{letter}2-{16 + len(self.issued):03d}"
        return IssuedTicket(
            number, service, self.ahead, self.ahead_age_s, self.clock.now_ms(), len(self.issued), language=language
        )

    def _print(self, issued: IssuedTicket) -> PrintOutcome:
        self.printed.append(issued.number)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


REJECTIONS: tuple[BadgeRejected, ...] = tuple(
    BadgeRejected(
        reason, Names(zh="临江区政务服务中心", en="Linjiang District Service Hall") if reason == "other_hall" else None
    )
    for reason in (
        "malformed",
        "foreign",
        "cut",
        "forged",
        "key_unknown",
        "other_hall",
        "unknown",
        "revoked",
        "superseded",
        "expired",
    )
)
