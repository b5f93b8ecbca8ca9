from __future__ import annotations

import pytest

from shared.errors import MalformedInput, RuleViolation
from shared.ticket_number import (
    KIOSK_CHARACTERS,
    TicketNumber,
    kiosk_character,
    next_count,
    parse_ticket_number,
    spoken_characters,
)


def test_number_is_shown_and_spoken_as_the_hall_does() -> None:
    number = TicketNumber("A", "2", 17)
    assert str(number) == "A2-017"
    assert parse_ticket_number("A2-017") == number
    assert spoken_characters(number) == ["A", "2", "0", "1", "7"]


@pytest.mark.parametrize(
    "text", ["", "A2-17", "A2-000", "A2-0017", "a2-017", "A0-017", "AI-017", "AO-017", "A2017", "A2-017\n", "A2-٠١٧"]
)
def test_number_has_one_spelling(text: str) -> None:
    with pytest.raises(MalformedInput, match="ticket_number_malformed"):
        parse_ticket_number(text)


def test_every_kiosk_of_a_hall_has_its_own_character() -> None:
    characters = [kiosk_character(f"H1-K{number:02d}") for number in range(1, 34)]
    assert "".join(characters) == KIOSK_CHARACTERS
    assert len(set(characters)) == 33


@pytest.mark.parametrize("kiosk", ["H1-K00", "H1-K34", "H1-K100"])
def test_kiosk_without_a_character_gives_no_numbers(kiosk: str) -> None:
    with pytest.raises(RuleViolation, match="kiosk_without_ticket_character"):
        kiosk_character(kiosk)


@pytest.mark.parametrize(
    ("last", "floor", "epoch_is_new", "count"),
    [
        (0, 0, False, 1),
        (16, 0, False, 17),
        (0, 100, False, 100),
        (105, 100, False, 106),
        (99, 100, False, 100),
        (0, 0, True, 100),
        (16, 0, True, 100),
        (99, 0, True, 100),
        (100, 0, True, 200),
        (16, 300, True, 300),
        (350, 300, True, 400),
        (998, 0, False, 999),
    ],
)
def test_count_goes_on_or_jumps_to_the_next_full_hundred(last: int, floor: int, epoch_is_new: bool, count: int) -> None:  # noqa: FBT001 - a column of the table
    assert next_count(last, floor=floor, epoch_is_new=epoch_is_new) == count


@pytest.mark.parametrize(("last", "floor", "epoch_is_new"), [(999, 0, False), (900, 0, True), (0, 1000, False)])
def test_day_with_no_number_left_says_so(last: int, floor: int, epoch_is_new: bool) -> None:  # noqa: FBT001 - a column of the table
    with pytest.raises(RuleViolation, match="ticket_numbers_exhausted"):
        next_count(last, floor=floor, epoch_is_new=epoch_is_new)
