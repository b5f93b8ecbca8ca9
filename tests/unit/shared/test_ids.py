from __future__ import annotations

import msgspec
import pytest

from shared.errors import MalformedInput
from shared.ids import CROCKFORD, KioskId, parse_enrolment_code, parse_kiosk_id


@pytest.mark.parametrize(
    ("name", "parts"), [("H1-K01", ("H1", 1)), ("CITY0001-K33", ("CITY0001", 33)), ("A-K120", ("A", 120))]
)
def test_kiosk_name_is_hall_and_number(name: str, parts: tuple[str, int]) -> None:
    assert parse_kiosk_id(name) == parts
    assert msgspec.convert(name, KioskId) == name


@pytest.mark.parametrize(
    "name", ["", "H1", "H1-K1", "H1-K001", "H1-K0100", "h1-K01", "H1-K01\n", "CITY00012-K01", "H1-K٠١", "-K01", "H1K01"]
)
def test_kiosk_name_has_one_spelling(name: str) -> None:
    with pytest.raises(MalformedInput, match="kiosk_name_malformed"):
        parse_kiosk_id(name)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, KioskId)


@pytest.mark.parametrize("typed", ["7K2M9-QX4TD", " 7k2m9qx4td\n", "7k2m9 qx4td"])
def test_enrolment_code_is_read_as_a_person_types_it(typed: str) -> None:
    assert parse_enrolment_code(typed) == "7K2M9QX4TD"


def test_letters_mistaken_for_digits_are_read_as_the_digits() -> None:
    assert parse_enrolment_code("OIL00-11111") == "0110011111"


@pytest.mark.parametrize("typed", ["", "7K2M9-QX4T", "7K2M9-QX4TD1", "7K2M9-QX4TU", "七K2M9-QX4TD"])
def test_anything_else_is_no_enrolment_code(typed: str) -> None:
    with pytest.raises(MalformedInput, match="enrolment_code_malformed"):
        parse_enrolment_code(typed)


def test_crockford_has_32_characters_and_none_that_is_misread() -> None:
    assert len(set(CROCKFORD)) == 32
    assert not set("ILOU") & set(CROCKFORD)
