"""No two kiosks, and no two epochs of one, issue the same number on one day."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RuleViolation
from shared.ticket_number import TicketNumber, kiosk_character, next_count, parse_ticket_number

SERVICES = "AB"


@dataclass
class Disk:
    """What one disk of a kiosk knows of the day: the newest count of each service, and which its epoch issued."""

    is_first_epoch: bool = True
    last: dict[str, int] = field(default_factory=dict)
    issued_in_epoch: set[str] = field(default_factory=set)
    floor: int = 0

    def issue(self, kiosk: str, service: str) -> str | None:
        epoch_is_new = not self.is_first_epoch and service not in self.issued_in_epoch
        try:
            count = next_count(self.last.get(service, 0), floor=self.floor, epoch_is_new=epoch_is_new)
        except RuleViolation:
            return None
        self.last[service] = count
        self.issued_in_epoch.add(service)
        return str(TicketNumber(service, kiosk_character(kiosk), count))


KIOSKS = st.integers(1, 33).map(lambda number: f"H1-K{number:02d}")
DRAWS = st.lists(st.tuples(KIOSKS, st.sampled_from(SERVICES)), max_size=60)
EVENTS = st.lists(st.sampled_from(["A", "B", "epoch", "enrolled anew"]), max_size=60)


@given(DRAWS)
def test_no_two_kiosks_issue_the_same_number(draws: list[tuple[str, str]]) -> None:
    disks: dict[str, Disk] = {}
    numbers = [disks.setdefault(kiosk, Disk()).issue(kiosk, service) for kiosk, service in draws]
    assert len(set(numbers)) == len(numbers)


@given(EVENTS)
def test_disk_that_opens_epochs_or_is_enrolled_anew_repeats_no_number(events: list[str]) -> None:
    disk, issued = Disk(), list[str]()
    for event in events:
        if event == "epoch":
            disk.is_first_epoch = False
            disk.issued_in_epoch = set()
        elif event == "enrolled anew":
            newest = max((parse_ticket_number(number).count for number in issued), default=0)
            disk = Disk(floor=(newest // 100 + 1) * 100 if newest else 0)
        elif (number := disk.issue("H1-K02", event)) is not None:
            issued.append(number)
    assert len(set(issued)) == len(issued)


@given(
    last=st.integers(0, 999), floor=st.integers(0, 11).map(lambda hundreds: hundreds * 100), epoch_is_new=st.booleans()
)
def test_count_always_grows_and_never_falls_below_the_floor(last: int, floor: int, *, epoch_is_new: bool) -> None:
    try:
        count = next_count(last, floor=floor, epoch_is_new=epoch_is_new)
    except RuleViolation:
        assert max(last + 1, floor) > 899 if epoch_is_new else max(last + 1, floor) > 999
        return
    assert count > last
    assert count >= floor
    assert count <= 999
    assert not epoch_is_new or count % 100 == 0
