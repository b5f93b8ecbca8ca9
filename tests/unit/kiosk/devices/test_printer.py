from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops

from kiosk.devices.escpos_picture import render_escpos
from kiosk.devices.printer import FilePrinter, NetworkPrinter, VirtualPrinter, read_status, ticket_bytes
from kiosk.devices.ticket_raster import draw_ticket
from kiosk.ports import TicketPaper
from shared.errors import MalformedInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAPER = TicketPaper(
    hall="清溪区政务服务中心",
    number="A2-017",
    service="户籍与出入境（含港澳通行证、𬭎字）",
    ahead="前面还有 7 人（刚刚统计）",
    window="请到 13-15 号窗口附近等候叫号",
    time="2026年11月23日 08:52",
    advice="过号请到服务台说明。此号当日有效。",
)
READY, NO_PAPER, COVER_OPEN, STUCK = b"\x12\x12", b"\x12\x72", b"\x16\x12", b"\x52\x12"


@contextmanager
def printer_at(status: bytes | None) -> Iterator[tuple[NetworkPrinter, bytearray]]:
    """A printer on a real socket that answers DLE EOT 2 and 4 with ``status``, or with nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard = bytearray()

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                while chunk := line.recv(65536):
                    heard.extend(chunk)
                    if status is None:
                        break
                    for asked, answer in ((b"\x10\x04\x02", status[:1]), (b"\x10\x04\x04", status[1:])):
                        if chunk.endswith(asked):
                            line.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield NetworkPrinter("127.0.0.1", listener.getsockname()[1], 576), heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_what_the_virtual_printer_draws_from_the_bytes_is_the_ticket(tmp_path: Path) -> None:
    VirtualPrinter(tmp_path, 576).print_ticket(PAPER)
    with Image.open(tmp_path / "A2-017.png") as drawn:
        assert drawn.width == 576
        meant = draw_ticket(PAPER).convert("L")
        printed = drawn.convert("L").crop((0, 0, *meant.size))
        assert ImageChops.difference(meant, printed).getbbox() is None


@pytest.mark.parametrize("width", [384, 576])
def test_no_ink_reaches_the_edge_of_the_paper(width: int) -> None:
    picture = draw_ticket(PAPER, width).convert("L")
    ink = ImageChops.invert(picture).getbbox()
    assert ink is not None
    assert ink[0] >= 4
    assert ink[2] <= width - 4


@pytest.mark.parametrize("state", ["no_paper", "offline", "cover_open", "error"])
def test_a_virtual_printer_can_be_made_to_fail(tmp_path: Path, state: str) -> None:
    (tmp_path / "state").write_text(state + "\n", encoding="ascii")
    printer = VirtualPrinter(tmp_path, 576)
    assert printer.state() == state
    with pytest.raises(Unavailable, match=state):
        printer.print_ticket(PAPER)
    assert list(tmp_path.glob("*.png")) == []


def test_rubbish_in_the_state_file_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"\xff\xfe")
    assert VirtualPrinter(tmp_path, 576).state() == "ready"


@pytest.mark.parametrize(
    ("status", "state"),
    [(READY, "ready"), (NO_PAPER, "no_paper"), (COVER_OPEN, "cover_open"), (STUCK, "error"), (None, "ready")],
)
def test_a_network_printer_is_asked_about_paper_and_cover(status: bytes | None, state: str) -> None:
    with printer_at(status) as (printer, _):
        assert printer.state() == state


def test_a_network_printer_gets_the_whole_ticket() -> None:
    with printer_at(READY) as (printer, heard):
        printer.print_ticket(PAPER)
        assert ticket_bytes(PAPER, 576) in bytes(heard)


def test_paper_that_ends_in_the_middle_of_a_ticket_is_told() -> None:
    with printer_at(NO_PAPER) as (printer, _), pytest.raises(Unavailable, match="no_paper"):
        printer.print_ticket(PAPER)


def test_a_printer_that_is_switched_off_is_offline() -> None:
    with printer_at(READY) as (printer, _):
        pass
    assert printer.state() == "offline"
    with pytest.raises(Unavailable, match="offline"):
        printer.print_ticket(PAPER)


def test_a_device_file_gets_the_bytes(tmp_path: Path) -> None:
    device = tmp_path / "lp0"
    device.touch()
    printer = FilePrinter(str(device), 384)
    assert printer.state() == "ready"
    printer.print_ticket(PAPER)
    assert device.read_bytes() == ticket_bytes(PAPER, 384)
    assert FilePrinter(str(tmp_path / "lp1"), 384).state() == "offline"
    with pytest.raises(Unavailable, match="offline"):
        FilePrinter(str(tmp_path / "none" / "lp1"), 384).print_ticket(PAPER)


def test_status_bytes_are_read_as_the_manual_says() -> None:
    assert read_status(0x12 | 0x20, 0x12) == "no_paper"
    assert read_status(0x12, 0x12 | 0x0C) == "ready", "near the end is not the end"


def test_text_in_gb18030_is_drawn_too() -> None:
    raw = b"\x1b@\x1ba\x01\x1bE\x01\x1d!\x11" + "取号 A2-017\n".encode("gb18030") + b"\x1bd\x02\x1dV\x00"
    picture = render_escpos(raw, 576)
    assert ImageChops.invert(picture).getbbox() is not None


@pytest.mark.parametrize("raw", [b"\x1b", b"\x1d\x76\x30\x00\x48\x00\xff\x00abc", b"\x1bz\x01"])
def test_bytes_that_are_no_ticket_are_refused_and_not_guessed(raw: bytes) -> None:
    with pytest.raises(MalformedInput):
        render_escpos(raw, 576)
