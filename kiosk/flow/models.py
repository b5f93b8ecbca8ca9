"""The screens as values: every word ready, every touch named. Frozen; widgets only copy them.

Two equal models look the same, so a model that did not change is not drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator


class Destination(StrEnum):
    """The screens there are."""

    FIRST = "first"
    SERVICES = "services"
    TICKET = "ticket"
    BADGE = "badge"
    COMMITMENTS = "commitments"
    OFFLINE = "offline"
    ERROR = "error"


class Action(StrEnum):
    """What a touch can ask for; ``NOTHING`` is a touch beside everything, a sign of life."""

    NOTHING = "nothing"
    LEAVE = "leave"
    STAY = "stay"
    SWITCH_LANGUAGE = "switch_language"
    OPEN_SERVICES = "open_services"
    NEXT_PAGE = "next_page"
    CHOOSE_SERVICE = "choose_service"
    OPEN_COMMITMENTS = "open_commitments"
    OPEN_OFFLINE = "open_offline"


class Icon(StrEnum):
    """Tabler names of the icons in use."""

    HOME = "home"
    LANGUAGE = "language"
    TICKET = "ticket"
    FORWARD = "chevron-right"
    PROMISE = "heart-handshake"
    BADGE = "id-badge-2"
    OFFLINE = "cloud-off"
    ONLINE = "cloud-check"
    HISTORY = "history"
    CLOCK = "clock-question"
    LOCK = "lock"
    DONE = "circle-check"
    AGAIN = "checks"
    REFUSED = "circle-x"
    ATTENTION = "alert-triangle"
    PRINTER = "printer"
    PRINTER_OFF = "printer-off"
    CHECK = "check"
    BUILDING = "building-community"
    HOURGLASS = "hourglass"


Tone: TypeAlias = Literal["plain", "done", "refused", "attention"]
"""What a colour means: never alone, an icon and a word go with it."""

Rank: TypeAlias = Literal["primary", "secondary", "quiet"]


@dataclass(frozen=True)
class Choice:
    """Something to touch. ``value``: which of several; ``sub``: a second, softer line; ``rank``: how it stands out."""

    action: Action
    label: str
    icon: Icon | None = None
    value: str = ""
    sub: str = ""
    rank: Rank = "secondary"


@dataclass(frozen=True)
class Notice:
    """A state in a word, its icon and its tone."""

    tone: Tone
    icon: Icon
    text: str


@dataclass(frozen=True)
class Leaving:
    """The screen leaves by itself. Both in the clock's ``mono_ms``."""

    since_ms: int
    until_ms: int


@dataclass(frozen=True)
class IdleWarning:
    """Nobody touched for a minute: ask before clearing."""

    question: str
    detail: str
    stay: Choice
    leaving: Leaving


@dataclass(frozen=True)
class Frame:
    """What stands in the same place on every screen. ``leave``: the way out, None where there is none."""

    language: str
    hall: str
    date: str
    time: str
    notice: Notice | None
    leave: Choice | None
    switch_language: Choice
    idle: IdleWarning | None = None


@dataclass(frozen=True)
class CalledRow:
    """One service on the first screen: the numbers called last and who waits."""

    letter: str
    name: str
    called: str
    waiting: str


@dataclass(frozen=True)
class FirstModel:
    """The first screen. ``take`` is None where there is nothing to take a number for; then ``empty`` says why."""

    DESTINATION: ClassVar[Destination] = Destination.FIRST
    frame: Frame
    title: str
    columns: tuple[str, str, str]
    rows: tuple[CalledRow, ...]
    rows_note: str
    freshness: str
    freshness_tone: Tone
    empty: tuple[str, ...]
    take: Choice | None
    offline: Choice | None
    commitments: Choice
    staff: str

    def choices(self) -> Iterator[Choice]:
        """Everything on it that can be touched."""
        yield from frame_choices(self.frame)
        yield self.commitments
        for choice in (self.take, self.offline):
            if choice is not None:
                yield choice


@dataclass(frozen=True)
class ServiceCard:
    """A service to touch. ``waiting``: the figure, ``waiting_word``: what it counts.

    ``busy``: its number is being made; nothing else is offered until then.
    """

    choice: Choice
    letter: str
    waiting: str
    waiting_word: str
    busy: bool


@dataclass(frozen=True)
class ServicesModel:
    """One page of services, at most six."""

    DESTINATION: ClassVar[Destination] = Destination.SERVICES
    frame: Frame
    title: str
    hint: str
    freshness: str
    freshness_tone: Tone
    cards: tuple[ServiceCard, ...]
    next_page: Choice | None

    def choices(self) -> Iterator[Choice]:
        """Everything on it that can be touched."""
        yield from frame_choices(self.frame)
        if any(card.busy for card in self.cards):
            return
        for card in self.cards:
            yield card.choice
        if self.next_page is not None:
            yield self.next_page


@dataclass(frozen=True)
class TicketModel:
    """A number that is given and durable, and how its paper is doing."""

    DESTINATION: ClassVar[Destination] = Destination.TICKET
    frame: Frame
    title: str
    number: str
    service: str
    windows: str
    ahead: str
    ahead_age: str
    paper: Notice
    paper_follows: str
    at: str
    leaving: Leaving | None

    def choices(self) -> Iterator[Choice]:
        """Everything on it that can be touched."""
        yield from frame_choices(self.frame)


@dataclass(frozen=True)
class BadgeModel:
    """The answer to a badge. ``count``: which answer since the start, so that two alike are two.

    ``word`` and ``time`` are read from two metres; ``initial`` stands in the photo's place.
    """

    DESTINATION: ClassVar[Destination] = Destination.BADGE
    frame: Frame
    count: int
    tone: Tone
    icon: Icon
    word: str
    time: str
    initial: str
    name: str
    post: str
    window: str
    why: str
    advice: str
    note: str
    leaving: Leaving

    @property
    def accepted(self) -> bool:
        """Whether it says that the person is on duty."""
        return self.tone == "done"

    def choices(self) -> Iterator[Choice]:
        """Everything on it that can be touched; a touch beside it all leaves too."""
        yield from frame_choices(self.frame)


@dataclass(frozen=True)
class CommitmentLine:
    """One of the eight. ``original``: the regulation's own words, where ``text`` is a translation."""

    ordinal: str
    text: str
    original: str


@dataclass(frozen=True)
class CommitmentsModel:
    """All eight commitments, R7.8."""

    DESTINATION: ClassVar[Destination] = Destination.COMMITMENTS
    frame: Frame
    title: str
    source: str
    lines: tuple[CommitmentLine, ...]

    def choices(self) -> Iterator[Choice]:
        """Everything on it that can be touched."""
        yield from frame_choices(self.frame)


@dataclass(frozen=True)
class Figure:
    """A name and what it stands at."""

    name: str
    value: str


@dataclass(frozen=True)
class OfflineModel:
    """How it stands with the network: what happened, what follows, what to do, and the ages."""

    DESTINATION: ClassVar[Destination] = Destination.OFFLINE
    frame: Frame
    tone: Tone
    icon: Icon
    title: str
    happened: str
    follows: str
    advice: str
    figures: tuple[Figure, ...]

    def choices(self) -> Iterator[Choice]:
        """Everything on it that can be touched."""
        yield from frame_choices(self.frame)


@dataclass(frozen=True)
class ErrorModel:
    """What could not be done. ``detail``: for the administrator."""

    DESTINATION: ClassVar[Destination] = Destination.ERROR
    frame: Frame
    code: str
    title: str
    happened: str
    follows: str
    advice: str
    detail: str
    code_line: str
    leaving: Leaving | None

    def choices(self) -> Iterator[Choice]:
        """Everything on it that can be touched."""
        yield from frame_choices(self.frame)


ScreenModel: TypeAlias = (
    FirstModel | ServicesModel | TicketModel | BadgeModel | CommitmentsModel | OfflineModel | ErrorModel
)


def frame_choices(frame: Frame) -> Iterator[Choice]:
    """What can be touched around every screen. Pure."""
    yield frame.switch_language
    if frame.leave is not None:
        yield frame.leave
    if frame.idle is not None:
        yield frame.idle.stay
