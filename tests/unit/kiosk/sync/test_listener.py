from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk.sync.backoff import BASE_S, CAP_S, Backoff
from kiosk.sync.listener import HallListener, SignedFileSource
from kiosk.sync.session_slot import LiveSession, SessionSlot
from kiosk.sync.transport import Reply
from kiosk.use_cases.activate_pack import ActivatePack
from shared.errors import OutOfOrder, ServicehallError, Unavailable, Untrusted
from shared.server_keys import NamedKey, ServerKeys, verify_keys_line
from shared.signed_line import Purpose, SigningKey, sign_line
from shared.sync_messages import StateFields
from tests.support.http_proxy import PORTAL
from tests.support.kiosk_stores import KioskStores
from tests.support.small_hall import HALL, SmallHall

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATE_KEY = SigningKey(b"state key".ljust(32, b"."))
LINES = "application/vnd.servicehall.lines"
INCARNATION = "ab" * 8


@dataclass
class PlannedWire:
    """Answers as planned, in order, and keeps what was asked."""

    plan: list[Reply | ServicehallError] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    is_closed: bool = False

    def get(self, path: str, *, token: str | None = None, **_: float) -> Reply:
        assert token == "t" * 43
        self.asked.append(path)
        answer = self.plan.pop(0)
        if isinstance(answer, ServicehallError):
            raise answer
        return answer

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Ear:
    """A listener over real stores and a planned wire."""

    stores: KioskStores
    wire: PlannedWire = field(default_factory=PlannedWire)
    slot: SessionSlot = field(default_factory=SessionSlot)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.live = LiveSession("t" * 43, INCARNATION, keys_of(self.stores.hall))
        self.slot.put(self.live)
        self.listener = HallListener(
            wire=self.wire,
            source=SignedFileSource(self.wire, HALL),
            slot=self.slot,
            packs=self.stores.packs,
            board=self.stores.board,
            clock=self.stores.clock,
            activate=ActivatePack(self.stores.journal, self.stores.packs),
            backoff=Backoff(lambda *_: 0.0),
            stop=self.stop,
            hall=HALL,
        )

    def state(self, version: int = 1, pack: int = 0, **changed: object) -> Reply:
        fields = StateFields(
            as_of=self.stores.clock.now_ms() + version,
            hall=HALL,
            incarnation=INCARNATION,
            key=STATE_KEY.public.key_id(Purpose.STATE),
            on_duty=[],
            pack=pack,
            revocations=0,
            services=[],
            version=version,
        )
        line = sign_line(STATE_KEY, Purpose.STATE, msgspec.structs.replace(fields, **changed))
        return Reply(200, LINES, line + b"\n")

    def pack(self, version: int) -> Reply:
        return Reply(200, "application/vnd.servicehall.pack", self.stores.hall.pack(version).raw)

    def hear(self, *plan: Reply | ServicehallError) -> None:
        self.wire.plan = list(plan)
        self.listener.listen_once(self.live)


def keys_of(hall: SmallHall) -> ServerKeys:
    """Return the small hall's keys with one for states."""
    named = [
        NamedKey(id=key.public.key_id(purpose), key=key.public.text, purpose=purpose.value)
        for key, purpose in ((hall.pack_key, Purpose.PACK), (STATE_KEY, Purpose.STATE))
    ]
    identity = hall.identity_key
    line = sign_line(
        identity,
        Purpose.KEYS,
        {
            "keys": [msgspec.structs.asdict(one) for one in named],
            "number": 1,
            "server": identity.public.text,
            "v": 1,
        },
    )
    return verify_keys_line(line, identity.public)


@pytest.fixture
def ear(tmp_path: Path) -> Ear:
    return Ear(KioskStores(tmp_path))


def test_a_signed_state_is_shown_and_asked_on_from(ear: Ear) -> None:
    ear.hear(ear.state(version=4))
    assert ear.stores.board.state is not None
    assert ear.stores.board.state.fields.version == 4
    assert ear.stores.board.state.received_mono_ms == ear.stores.clock.mono_ms()
    ear.hear(ear.state(version=5))
    assert ear.wire.asked == ["/state", "/state?since=4"]


@pytest.mark.fault("T20")
def test_a_newer_pack_is_fetched_as_soon_as_a_state_names_it(ear: Ear) -> None:
    ear.hear(ear.state(pack=2), ear.pack(2))
    assert ear.stores.packs.active is not None
    assert ear.stores.packs.active.version == 2
    assert ear.stores.packs.confirmed_ms is not None
    ear.hear(ear.state(version=2, pack=2))
    assert ear.wire.asked == ["/state", "/packs/hall?have=0", "/state?since=1"]


@pytest.mark.fault("T12")
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: Reply(200, "text/html", PORTAL.body), id="portal"),
        pytest.param(lambda _: Reply(200, LINES, PORTAL.body), id="portal that lies about its type"),
        pytest.param(lambda _: Reply(200, LINES, b""), id="nothing"),
        pytest.param(lambda ear: Reply(200, LINES, ear.state().body * 2), id="two"),
        pytest.param(lambda ear: Reply(302, LINES, ear.state().body), id="redirect"),
        pytest.param(lambda ear: Reply(200, LINES, ear.state().body[:-20] + b"\n"), id="cut"),
        pytest.param(lambda ear: ear.state(hall="H2"), id="another hall"),
        pytest.param(lambda ear: ear.state(incarnation="cd" * 8), id="another incarnation"),
        pytest.param(lambda ear: Reply(200, LINES, b"A" + ear.state().body[1:]), id="forged"),
        pytest.param(lambda _: Unavailable("server_unreachable"), id="nobody"),
    ],
)
def test_what_is_no_signed_state_shows_nothing(ear: Ear, spoil: Callable[[Ear], Reply | ServicehallError]) -> None:
    with pytest.raises(ServicehallError):
        ear.hear(spoil(ear))
    assert ear.stores.board.state is None


def test_a_state_older_than_the_one_shown_is_not_shown(ear: Ear) -> None:
    ear.hear(ear.state(version=4))
    with pytest.raises(OutOfOrder, match="state_older"):
        ear.hear(ear.state(version=3))
    assert ear.stores.board.state is not None
    assert ear.stores.board.state.fields.version == 4


@pytest.mark.fault("T19")
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda ear: Reply(200, "", ear.pack(2).body[:-1]), id="cut"),
        pytest.param(
            lambda ear: Reply(200, "", ear.pack(2).body.replace(b"\xe5\xbc\xa0", b"\xe6\x9d\x8e")), id="changed"
        ),
        pytest.param(lambda _: Reply(200, "text/html", PORTAL.body), id="portal"),
        pytest.param(lambda _: Reply(404, "", b""), id="none"),
    ],
)
def test_a_pack_that_is_not_whole_and_signed_is_never_in_force(ear: Ear, spoil: Callable[[Ear], Reply]) -> None:
    ear.stores.publish(1)
    with pytest.raises(ServicehallError):
        ear.hear(ear.state(pack=2), spoil(ear))
    assert ear.stores.packs.active is not None
    assert ear.stores.packs.active.version == 1
    assert ear.stores.packs.confirmed_ms is None


@pytest.mark.fault("T19")
def test_an_old_pack_offered_as_new_is_refused(ear: Ear) -> None:
    ear.stores.publish(5)
    with pytest.raises(OutOfOrder, match="pack_older"):
        ear.hear(ear.state(pack=6), ear.pack(4))


def test_a_pack_of_another_hall_is_refused(ear: Ear, tmp_path: Path) -> None:
    stranger = SmallHall(pack_key=SigningKey(b"x" * 32))
    with pytest.raises(Untrusted):
        ear.hear(ear.state(pack=1), Reply(200, "", stranger.pack(1).raw))


def test_a_session_that_is_refused_is_taken_out_and_only_that_one(ear: Ear) -> None:
    with pytest.raises(Unavailable):
        ear.hear(Reply(401, "application/problem+json", b"{}"))
    assert ear.slot.wait(0) is None
    newer = LiveSession("u" * 43, INCARNATION, ear.live.keys)
    ear.slot.put(newer)
    ear.slot.take_out(ear.live)
    assert ear.slot.wait(0) is newer


def test_no_failure_ends_the_listening(ear: Ear) -> None:
    ear.wire.plan = [Unavailable("server_unreachable"), Reply(502, "text/html", b""), ear.state(version=9)]
    listening = threading.Thread(target=ear.listener.run)

    @dataclass
    class StopAfterPlan(PlannedWire):
        def get(self, path: str, *, token: str | None = None, **_: float) -> Reply:
            if len(self.plan) == 1:
                ear.stop.set()
            return super().get(path, token=token)

    ear.listener.wire = StopAfterPlan(ear.wire.plan)
    listening.start()
    listening.join(30)
    assert not listening.is_alive()
    assert ear.stores.board.state is not None
    assert ear.stores.board.state.fields.version == 9


def test_waits_grow_to_a_bound_are_drawn_evenly_and_begin_anew_after_a_success() -> None:
    bounds: list[tuple[float, float]] = []
    backoff = Backoff(lambda low, high: bounds.append((low, high)) or high)  # type: ignore[func-returns-value]
    waits = [backoff.next_wait_s() for _ in range(100)]
    assert waits[:4] == [BASE_S, BASE_S * 2, BASE_S * 4, BASE_S * 8]
    assert waits[-1] == CAP_S
    assert all(low == 0.0 for low, _ in bounds), "full jitter: from nothing"
    backoff.succeeded()
    assert backoff.next_wait_s() == BASE_S
