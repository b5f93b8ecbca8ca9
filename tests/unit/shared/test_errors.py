from __future__ import annotations

import pytest

from shared.errors import MalformedInput, OutOfOrder, RuleViolation, ServicehallError, Unavailable, Untrusted


def test_text_is_code_and_facts_in_the_order_given() -> None:
    error = OutOfOrder("gap", head=3, first=5)
    assert str(error) == "gap head=3 first=5"
    assert error.facts == {"head": 3, "first": 5}


def test_error_without_facts_is_its_code_alone() -> None:
    assert str(Untrusted("signature_invalid")) == "signature_invalid"


@pytest.mark.parametrize("fault", [MalformedInput, Untrusted, OutOfOrder, RuleViolation, Unavailable])
def test_every_fault_hangs_on_the_one_tree(fault: type[ServicehallError]) -> None:
    assert issubclass(fault, ServicehallError)
