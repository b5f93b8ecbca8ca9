"""The one state machine of the screen: an event in, the model of the screen out.

Laws:
1. A scan is answered wherever the screen is, and what it interrupted comes back.
2. What the screen does not offer at this moment cannot be done by a touch: a finger that was meant for
   the screen before does nothing.
3. From every place time alone leads back to the first screen, in the hall's own language.
4. A use case that fails is told by its code; it never leaves this class as an exception. Anything else that
   is raised is a fault of the program, and whoever runs the flow answers it with ``Failed``.
5. Nothing here waits: what may take long is handed out as :class:`Work` and its event comes back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from kiosk.flow.badge import compose_badge
from kiosk.flow.events import (
    BadgeShown,
    Event,
    Failed,
    NumberDenied,
    NumberGiven,
    PrintFinished,
    ScanLost,
    Ticked,
    Touched,
)
from kiosk.flow.first import compose_first
from kiosk.flow.frame import compose_idle_warning
from kiosk.flow.models import Action, Destination, IdleWarning, Leaving, ScreenModel
from kiosk.flow.notices import compose_commitments, compose_error, compose_offline
from kiosk.flow.places import (
    AtBadge,
    AtCommitments,
    AtError,
    AtFirst,
    AtOffline,
    AtServices,
    AtTicket,
    Place,
    place_underneath,
)
from kiosk.flow.scene import Scene
from kiosk.flow.services import compose_services, count_pages
from kiosk.flow.texts import LANGUAGES, Language, load_texts
from kiosk.flow.ticket import compose_ticket
from kiosk.use_cases.answers import BadgeAnswer, BadgeRejected, IssuedTicket, PrintOutcome
from shared.errors import ServicehallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kiosk.ports import Clock, PackStore, StateBoard

BADGE_STANDS_MS: Final = 4_000
TICKET_STANDS_MS: Final = 15_000
"""A printed ticket is in the hand by then."""
NUMBER_STANDS_MS: Final = 60_000
"""Without paper the number must be written down."""
PRINT_GIVEN_UP_MS: Final = 45_000
"""A printer that says nothing for so long has not printed."""
ERROR_STANDS_MS: Final = 20_000
SCAN_ERROR_STANDS_MS: Final = 8_000
"""Staff stand in a row at eight o'clock."""
COMES_BACK_FOR_MS: Final = 6_000
"""What a badge interrupted stands at least so long again."""
IDLE_WARNING_MS: Final = 60_000
IDLE_CLEARED_MS: Final = 80_000
SETTLE_MS: Final = 350
"""A touch so soon after the screen changed was meant for the one before."""
OFFLINE_TOLD_AFTER_MS: Final = 10_000
"""A server that is restarted is no news."""

_OPENED_BY: Final[Mapping[Action, Place]] = {
    Action.OPEN_SERVICES: AtServices(),
    Action.OPEN_COMMITMENTS: AtCommitments(),
    Action.OPEN_OFFLINE: AtOffline(),
}


class Flow(Protocol):
    """Whatever turns events into screens."""

    def handle(self, event: Event) -> Turn:
        """Take an event and say what is to be seen now."""


@dataclass(frozen=True)
class Work:
    """Something that may take long: ``run`` it off the screen's thread and hand its event back.

    ``run`` touches nothing of the flow. ``failed``: the event to hand back where it raised.
    """

    run: Callable[[], Event]
    failed: Event


class Turn(NamedTuple):
    """What an event led to."""

    model: ScreenModel
    work: Work | None = None

    @property
    def destination(self) -> Destination:
        """Which screen it is."""
        return self.model.DESTINATION


@dataclass(frozen=True)
class UseCases:
    """What the screens can do, known by their call signature only."""

    scan_badge: Callable[[str], BadgeAnswer]
    issue_ticket: Callable[[str, str], IssuedTicket]
    print_ticket: Callable[[IssuedTicket], PrintOutcome]


class KioskFlow:
    """``handle`` is called from one thread; ports are only read. ``language``: that of the hall."""

    def __init__(
        self, use_cases: UseCases, *, clock: Clock, packs: PackStore, board: StateBoard, language: Language = "zh"
    ) -> None:
        self._use_cases = use_cases
        self._clock = clock
        self._packs = packs
        self._board = board
        self._own_language: Language = language
        self._language: Language = language
        self._place: Place = AtFirst()
        now = clock.mono_ms()
        self._changed_ms = now - SETTLE_MS
        self._touched_ms = now
        self._online_ms = now
        self._answers = 0

    def handle(self, event: Event) -> Turn:
        """Take an event and say what is to be seen now. Its time is the clock's."""
        now = self._clock.mono_ms()
        self._pass_time(now)
        before = self._place
        work = self._take(event, now)
        if type(self._place) is not type(before) or self._page() != _page_of(before):
            self._changed_ms = now
        return Turn(self._compose(now), work)

    def _take(self, event: Event, now: int) -> Work | None:
        match event:
            case Touched():
                return self._touch(event, now)
            case BadgeShown(text):
                self._scan(text, now)
            case ScanLost(reason):
                self._answer(BadgeRejected("cut" if reason == "cut" else "malformed"), now)
            case NumberGiven(issued):
                return self._show_number(issued, now)
            case NumberDenied(code, facts):
                self._place = self._error(code, facts, now, stands_ms=ERROR_STANDS_MS)
            case PrintFinished(seq, outcome):
                self._finish_print(seq, outcome, now)
            case Failed(code):
                self._place = self._error(code, {}, now, stands_ms=ERROR_STANDS_MS)
            case Ticked():
                pass
        return None

    def _pass_time(self, now: int) -> None:
        if self._board.status.online:
            self._online_ms = now
        place = self._place
        if isinstance(place, AtBadge | AtError) and now >= place.until_ms:
            self._give_back(now)
            place = self._place
        if isinstance(place, AtTicket):
            if place.outcome is None and now - place.since_ms >= PRINT_GIVEN_UP_MS:
                self._finish_print(place.issued.seq, PrintOutcome(printed=False, reason="error"), now)
            elif place.outcome is not None and now >= place.until_ms:
                self._go_first(now)
        elif isinstance(place, AtFirst | AtServices | AtCommitments | AtOffline):
            asked = isinstance(place, AtServices) and place.asked is not None
            if now - self._touched_ms >= IDLE_CLEARED_MS and not asked:
                self._go_first(now)

    def _go_first(self, now: int) -> None:
        if not isinstance(self._place, AtFirst):
            self._changed_ms = now
        self._place = AtFirst()
        self._language = self._own_language

    def _give_back(self, now: int) -> None:
        """Return from an answer or an error to what it lay on, as if its time had not passed."""
        place = self._place
        if not isinstance(place, AtBadge | AtError):
            return
        self._touched_ms = min(now, self._touched_ms + now - place.since_ms)
        self._place = place.then
        if isinstance(place.then, AtTicket) and place.then.outcome is not None:
            self._place = replace(place.then, until_ms=max(place.then.until_ms, now + COMES_BACK_FOR_MS))
        self._changed_ms = now

    def _touch(self, touch: Touched, now: int) -> Work | None:
        self._touched_ms = now
        place = self._place
        if now - self._changed_ms < SETTLE_MS:
            return None
        if isinstance(place, AtBadge) and touch.action is not Action.SWITCH_LANGUAGE:
            self._give_back(now)
            return None
        offered = {(choice.action, choice.value) for choice in self._compose(now).choices()}
        return self._do(touch, now) if (touch.action, touch.value) in offered else None

    def _do(self, touch: Touched, now: int) -> Work | None:
        opened = _OPENED_BY.get(touch.action)
        if opened is not None:
            self._place = opened
        elif touch.action is Action.SWITCH_LANGUAGE:
            self._language = next(language for language in LANGUAGES if language != self._language)
        elif touch.action is Action.NEXT_PAGE:
            self._place = AtServices((self._page() + 1) % count_pages(self._scene(now)))
        elif touch.action is Action.LEAVE:
            self._leave(now)
        elif touch.action is Action.CHOOSE_SERVICE:
            self._place = AtServices(self._page(), asked=touch.value)
            job = partial(_issue, self._use_cases.issue_ticket, touch.value, self._language)
            return Work(job, failed=NumberDenied("unexpected"))
        return None

    def _leave(self, now: int) -> None:
        if isinstance(self._place, AtError):
            self._give_back(now)
        else:
            self._place = AtFirst()

    def _scan(self, text: str, now: int) -> None:
        try:
            answer = self._use_cases.scan_badge(text)
        except ServicehallError as error:
            self._place = self._error(error.code, error.facts, now, stands_ms=SCAN_ERROR_STANDS_MS)
        else:
            self._answer(answer, now)

    def _answer(self, answer: BadgeAnswer, now: int) -> None:
        self._answers += 1
        then = place_underneath(self._place)
        if isinstance(self._place, AtBadge | AtError):
            self._give_back(now)
        self._changed_ms = now
        self._place = AtBadge(answer, self._answers, now, now + BADGE_STANDS_MS, then)

    def _error(self, code: str, facts: Mapping[str, object], now: int, *, stands_ms: int) -> AtError:
        then = place_underneath(self._place)
        if isinstance(then, AtServices):
            then = replace(then, asked=None)
        self._changed_ms = now
        return AtError(code, now, now + stands_ms, then, facts)

    def _show_number(self, issued: IssuedTicket, now: int) -> Work:
        ticket = AtTicket(issued, since_ms=now, until_ms=now + NUMBER_STANDS_MS)
        self._touched_ms = now
        if isinstance(self._place, AtBadge | AtError):
            self._place = replace(self._place, then=ticket)
        else:
            self._place = ticket
        job = partial(_print, self._use_cases.print_ticket, issued)
        return Work(job, failed=PrintFinished(issued.seq, PrintOutcome(printed=False, reason="error")))

    def _finish_print(self, seq: int, outcome: PrintOutcome, now: int) -> None:
        ticket = place_underneath(self._place)
        if not isinstance(ticket, AtTicket) or ticket.issued.seq != seq or ticket.outcome is not None:
            return
        stands_ms = TICKET_STANDS_MS if outcome.printed else NUMBER_STANDS_MS
        finished = replace(ticket, outcome=outcome, since_ms=now, until_ms=now + stands_ms)
        if isinstance(self._place, AtBadge | AtError):
            self._place = replace(self._place, then=finished)
        else:
            self._place = finished

    def _page(self) -> int:
        return _page_of(self._place)

    def _scene(self, now: int) -> Scene:
        return Scene(
            words=load_texts()[self._language],
            now_ms=self._clock.now_ms(),
            mono_ms=now,
            clock_is_set=self._clock.trust > 0,
            published=self._packs.active,
            confirmed_ms=self._packs.confirmed_ms,
            status=self._board.status,
            state=self._board.state,
            offline=now - self._online_ms > OFFLINE_TOLD_AFTER_MS,
        )

    def _compose(self, now: int) -> ScreenModel:
        scene = self._scene(now)
        idle = self._idle_warning(scene, now)
        model: ScreenModel
        match self._place:
            case AtFirst():
                model = compose_first(scene)
            case AtServices() as place:
                model = compose_services(scene, place, idle)
            case AtTicket() as place:
                model = compose_ticket(scene, place)
            case AtCommitments():
                model = compose_commitments(scene, idle)
            case AtOffline():
                model = compose_offline(scene, idle)
            case AtBadge() as place:
                model = compose_badge(scene, place)
            case AtError() as place:
                model = compose_error(scene, place)
        return model

    def _idle_warning(self, scene: Scene, now: int) -> IdleWarning | None:
        since = self._touched_ms + IDLE_WARNING_MS
        if now < since:
            return None
        return compose_idle_warning(scene, Leaving(since, self._touched_ms + IDLE_CLEARED_MS))


def _page_of(place: Place) -> int:
    return place.page if isinstance(place, AtServices) else 0


def _issue(issue_ticket: Callable[[str, str], IssuedTicket], letter: str, language: str) -> Event:
    try:
        return NumberGiven(issue_ticket(letter, language))
    except ServicehallError as error:
        return NumberDenied(error.code, error.facts)


def _print(print_ticket: Callable[[IssuedTicket], PrintOutcome], issued: IssuedTicket) -> Event:
    try:
        return PrintFinished(issued.seq, print_ticket(issued))
    except ServicehallError:
        return PrintFinished(issued.seq, PrintOutcome(printed=False, reason="error"))
