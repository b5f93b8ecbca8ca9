"""Windows, steps of a ticket, and where a kiosk's numbers go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import MalformedInput, RuleViolation
from shared.ticket_number import next_count
from sync_server.queue.rules import (
    NEXT_STATES,
    TicketState,
    check_step,
    derive_ticket_floor,
    format_windows,
    parse_windows,
)


@pytest.mark.parametrize("text", ["1-4, 7", "1–4，7", "1至4、7", " 1 ~ 4 ; 7", "7,1,2,3,4"])
def test_windows_are_read_in_the_usual_spellings(text: str) -> None:
    assert parse_windows(text) == {1, 2, 3, 4, 7}


@pytest.mark.parametrize("text", ["0", "4-1", "1-", "a", "1,,2", "1000", "1-4 7", "-3"])
def test_windows_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(MalformedInput, match="windows_malformed"):
        parse_windows(text)


@given(st.frozensets(st.integers(1, 999), max_size=40))
def test_windows_are_written_as_they_are_read(windows: frozenset[int]) -> None:
    assert parse_windows(format_windows(windows)) == windows


@pytest.mark.parametrize("held", list(TicketState))
@pytest.mark.parametrize("asked", list(TicketState))
def test_only_the_steps_of_the_table_are_taken(held: TicketState, asked: TicketState) -> None:
    if asked in NEXT_STATES[held]:
        check_step(held, asked)
    else:
        with pytest.raises(RuleViolation, match="ticket_state_step"):
            check_step(held, asked)


@pytest.mark.parametrize(("newest", "floor"), [(0, 0), (1, 100), (99, 100), (100, 200), (317, 400)])
def test_the_floor_is_the_next_full_hundred_above_what_other_chains_gave(newest: int, floor: int) -> None:
    assert derive_ticket_floor(newest) == floor


@given(newest=st.integers(0, 799), own=st.integers(0, 99))
def test_a_disk_enrolled_anew_never_gives_a_number_again(newest: int, own: int) -> None:
    floor = derive_ticket_floor(newest)

    first = next_count(0, floor=floor, epoch_is_new=True)

    assert first > newest
    assert next_count(first + own, floor=floor, epoch_is_new=False) == first + own + 1
