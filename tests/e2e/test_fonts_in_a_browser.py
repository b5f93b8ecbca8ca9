"""A page loads the second megabytes of a font only for a rare character."""

from __future__ import annotations

import mimetypes
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from assets import asset_path
from assets.theme_css import STATIC
from tests.support.browser import open_browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("工作人员请直接扫描胸牌 A2-017", {"NotoSansSC-Regular-common.woff2"}),
        ("朱镕喆", {"NotoSansSC-Regular-common.woff2", "NotoSansSC-Regular-rest.woff2"}),
        ("𬭎", {"NotoSansSC-Regular-common.woff2", "NotoSansSC-Regular-rest.woff2"}),
    ],
)
def test_a_page_loads_the_rare_part_only_for_a_rare_character(tmp_path: Path, text: str, loaded: set[str]) -> None:
    assert mimetypes.guess_type("a.css")[0] == "text/css"
    (tmp_path / "static").symlink_to(STATIC)
    (tmp_path / "assets").symlink_to(asset_path("theme.toml").parent)
    page_html = (
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="static/theme.css">'
        '<link rel="stylesheet" href="static/fonts.css">'
        f'<p style="font-family: var(--family)">{text}</p>'
    )
    (tmp_path / "page.html").write_text(page_html, encoding="utf-8")
    with served(tmp_path) as address, open_browser() as browser:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        page.goto(f"{address}/page.html", wait_until="networkidle")
        page.evaluate("document.fonts.ready")
        assert {name for name in asked if name.endswith(".woff2")} == loaded
