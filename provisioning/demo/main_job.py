"""The main job without a person, on the real parts: badges from paper, scans, tickets, three dead lines, a kill.

Cards are printed by the office, read from their pictures, typed into the kiosk's real window; numbers
are drawn by touch; the server is stopped, turned into a black hole and into a portal; the kiosk is
killed in the middle. In the end what the screen showed is held against what the server keeps and what
the office page shows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich.console import Console

from provisioning.demo import comparison, outages
from provisioning.demo.cards import read_card
from provisioning.demo.ledger import Ledger
from provisioning.demo.processes import virtual_display, wait_for
from provisioning.demo.running import RunningHall
from provisioning.demo.screen import ScreenSeen
from provisioning.demo.set_up import EVENT_IN, TIMEZONE
from provisioning.demo.wedge import Hands
from sync_server.accounts.policy import Role

if TYPE_CHECKING:
    from provisioning.demo.set_up import DemoHall

ONLINE_SCANS: Final = 20
REVOKED: Final = 2
OFFLINE_SCANS: Final = 20
ONLINE_TICKETS: Final = 10
OFFLINE_TICKETS: Final = 10
GARBAGE: Final = "6901234567892"
_SYNCED_S: Final = 180.0
_SERVICES: Final = "ABCDEF"


@dataclass(frozen=True)
class Cards:
    """Codes read from cards: to scan with the line up, with the line dead, and two to revoke."""

    online: list[str]
    offline: list[str]
    revoked: list[str]


class MainJob:
    """One run. ``run()`` returns whether everything agreed."""

    def __init__(self, hall: DemoHall, running: RunningHall, hands: Hands, console: Console) -> None:
        """Take the parts; nothing happens yet."""
        self._hall = hall
        self._running = running
        self._hands = hands
        self._console = console
        self._screen = ScreenSeen(hall.screen_log, running.kiosk)
        self._ledger = Ledger(hall.database)
        self._tickets_drawn = 0

    def run(self) -> bool:
        """Do the whole job and compare."""
        self._say("服务器与办公室 · server and office")
        self._running.start_server()
        fingerprint = self._running.enrol()
        self._say(f"触摸屏入网，双方核对指纹 · kiosk enrolled, fingerprint {fingerprint}")
        self._running.start_kiosk()
        cards = self._read_cards()
        self._say(f"读出胸牌二维码 · read {sum(map(len, vars(cards).values()))} codes from pictures of cards")
        self._scan_online(cards)
        for _ in range(ONLINE_TICKETS):
            self._take_number()
        self._say(f"联网：{ONLINE_SCANS} 次扫描、{ONLINE_TICKETS} 张号票 · online scans and tickets done")
        self._go_dark(cards.offline)
        self._running.start_server()
        self._say("服务器恢复，等待全部上传 · server is back, waiting until all is acknowledged")
        wait_for("sync", self._all_acknowledged, limit_s=_SYNCED_S, child=self._running.kiosk)
        return comparison.compare(self._hall, self._running, self._screen, self._ledger, self._console)

    def _read_cards(self) -> Cards:
        office = self._running.sign_in(Role.OFFICE)
        folder = self._hall.folder / "cards"
        folder.mkdir(exist_ok=True)
        codes = []
        for number in range(1, ONLINE_SCANS + REVOKED + OFFLINE_SCANS + 1):
            pdf = office.submit(f"/badges/staff/{number}", {}, where="card.pdf").content
            (folder / f"card-{number:04d}.pdf").write_bytes(pdf)
            codes.append(read_card(pdf))
        return Cards(
            codes[:ONLINE_SCANS], codes[ONLINE_SCANS + REVOKED :], codes[ONLINE_SCANS : ONLINE_SCANS + REVOKED]
        )

    def _scan_online(self, cards: Cards) -> None:
        for code in cards.online:
            self._scan(code, accepted=True)
        before = self._ledger.newest_pack()
        office = self._running.sign_in(Role.OFFICE)
        today = f"{self._hall.event_begins.astimezone(ZoneInfo(TIMEZONE)) - EVENT_IN:%Y-%m-%d}"
        for number in range(ONLINE_SCANS + 1, ONLINE_SCANS + REVOKED + 1):
            office.submit(f"/badges/staff/{number}", {"reason": "lost", "lost_on": today}, where="revoke")
        wait_for("revocations", lambda: self._ledger.newest_pack() >= before + REVOKED, limit_s=_SYNCED_S)
        for code in cards.revoked:
            self._scan(code, accepted=False)
        forged = cards.online[0]
        place = len(forged) // 2
        self._scan(forged[:place] + ("A" if forged[place] != "A" else "B") + forged[place + 1 :], accepted=False)
        self._scan(GARBAGE, accepted=False)

    def _go_dark(self, codes: list[str]) -> None:
        third = len(codes) // 3
        self._running.server.stop()
        self._say("服务器停机 · server stopped")
        self._work_dark(codes[:third], OFFLINE_TICKETS // 3)
        with outages.black_hole(self._hall.sync_port):
            self._say("网络黑洞；中途杀掉触摸屏再启动 · black hole; kiosk killed in the middle and started again")
            self._work_dark(codes[third : third + third // 2], 2)
            self._running.kiosk.kill()
            self._running.start_kiosk()
            self._work_dark(codes[third + third // 2 : 2 * third], OFFLINE_TICKETS // 3 - 2)
        keys = self._hall.keys
        with outages.portal(self._hall.sync_port, keys / "server.pem", keys / "server.key") as portal:
            self._say("登录门户，一律回 200 网页 · portal that answers 200 with a page")
            self._work_dark(codes[2 * third :], OFFLINE_TICKETS - 2 * (OFFLINE_TICKETS // 3))
            wait_for("portal", lambda: portal.misled > 0, limit_s=_SYNCED_S)

    def _work_dark(self, codes: list[str], tickets: int) -> None:
        for code in codes:
            self._scan(code, accepted=True)
        for _ in range(tickets):
            self._take_number()

    def _scan(self, code: str, *, accepted: bool) -> None:
        since = self._screen.count()
        self._hands.scan(code)
        self._screen.wait_for_next(
            "badge answer", since, lambda screen: screen["kind"] == "badge" and (screen["tone"] == "done") is accepted
        )

    def _take_number(self) -> None:
        self._leave_to_first()
        self._touch("open_services", "services")
        letter = _SERVICES[self._tickets_drawn % len(_SERVICES)]
        self._touch("choose_service", "ticket", letter)
        self._tickets_drawn += 1

    def _leave_to_first(self) -> None:
        if self._screen.newest().get("kind") == "first":
            return
        if any(target["action"] == "leave" for target in self._screen.newest().get("touch", [])):
            self._touch("leave", "first")
            return
        wait_for("first screen", lambda: self._screen.newest().get("kind") == "first", limit_s=_SYNCED_S)

    def _touch(self, action: str, leads_to: str, value: str | None = None) -> None:
        since = self._screen.count()
        self._hands.touch(*self._screen.place_of(action, value))
        self._screen.wait_for_next(leads_to, since, lambda screen: screen["kind"] == leads_to)

    def _all_acknowledged(self) -> bool:
        shown = sum(answer.accepted for answer in self._screen.badge_answers())
        return self._ledger.scans().total() >= shown and self._screen.tickets() <= self._ledger.tickets()

    def _say(self, text: str) -> None:
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}")


def run_main_job(hall: DemoHall) -> bool:
    """Run the main job on a hall that is set up; return whether everything agreed."""
    console = Console()
    with virtual_display(hall.folder, 1080, 1920) as display, RunningHall(hall, display=display) as running:
        return MainJob(hall, running, Hands(display), console).run()
