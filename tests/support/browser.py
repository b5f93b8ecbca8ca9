"""Chromium for tests and pictures: Debian's where it is installed, else the one that Playwright keeps."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Yield a headless Chromium that is closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none", "--no-proxy-server"],
        )
        try:
            yield browser
        finally:
            browser.close()
