"""One real window for the tests of this folder, in this process; each test begins in a hall of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.kiosk_driver import KioskDriver
from tests.support.kiosk_stand_ins import Hall

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def window() -> Iterator[KioskDriver]:
    """The window."""
    driver = KioskDriver()
    yield driver
    driver.close()


@pytest.fixture
def kiosk(window: KioskDriver) -> KioskDriver:
    """The window on its first screen, with stand-ins behind it."""
    window.begin(Hall())
    return window
