"""Every journal that a test of this folder opened is closed after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.kiosk_stores import close_all_stores

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def closed_journals() -> Iterator[None]:
    """Leave no database open for the collector to complain of."""
    yield
    close_all_stores()
