"""Ticket printers that speak ESC/POS: over the network, as a device file, or virtual.

Owns what is sent and what the printer says of itself; refuses to own what a ticket says. A printer is
asked over the wire with a short patience, for someone stands before the kiosk. python-escpos makes the
bytes; the sending is ours, for its network class leaves a socket open where the printer is away.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast, get_args

from escpos.capabilities import Profile
from escpos.printer import Dummy

from kiosk.devices.escpos_picture import render_escpos
from kiosk.devices.ticket_raster import draw_ticket
from kiosk.use_cases.answers import PrinterState
from shared.errors import Unavailable

if TYPE_CHECKING:
    from kiosk.ports import TicketPaper

PATIENCE_S: Final = 3
"""A printer in the same cabinet answers within milliseconds."""

KEPT_PICTURES: Final = 500
"""Pictures that a virtual printer keeps, oldest deleted first."""

_ASK_OFFLINE_CAUSE: Final = b"\x10\x04\x02"
_ASK_PAPER: Final = b"\x10\x04\x04"
_COVER_OPEN: Final = 0x04
_STOPPED_FOR_PAPER: Final = 0x20
_ERROR: Final = 0x40
_PAPER_END: Final = 0x60


def ticket_bytes(paper: TicketPaper, width_dots: int) -> bytes:
    """Return the ESC/POS bytes of a ticket as one raster picture and a cut."""
    printer = Dummy(profile=_profile(width_dots))
    printer.hw("INIT")
    printer.image(draw_ticket(paper, width_dots), impl="bitImageRaster", center=False)
    printer.cut()
    return bytes(printer.output)


def _profile(width_dots: int) -> Profile:
    profile = Profile()
    profile.profile_data = {**profile.profile_data, "media": {"width": {"pixels": width_dots}}}
    return profile


def read_status(offline_cause: int, paper: int) -> PrinterState:
    """Return what two status bytes (DLE EOT 2, DLE EOT 4) say. Pure."""
    if paper & _PAPER_END == _PAPER_END or offline_cause & _STOPPED_FOR_PAPER:
        return "no_paper"
    if offline_cause & _COVER_OPEN:
        return "cover_open"
    return "error" if offline_cause & _ERROR else "ready"


class NetworkPrinter:
    """A printer at ``host``:``port`` (9100 as a rule). One that answers no status is taken to be ready."""

    def __init__(self, host: str, port: int, width_dots: int) -> None:
        """Speak to nobody yet."""
        self._host, self._port, self._width_dots = host, port, width_dots

    def state(self) -> PrinterState:
        """Ask the printer how it is."""
        try:
            with socket.create_connection((self._host, self._port), PATIENCE_S) as line:
                return self._ask(line)
        except OSError:
            return "offline"

    def print_ticket(self, paper: TicketPaper) -> None:
        """Print and cut; ask once more whether all of it came out."""
        try:
            with socket.create_connection((self._host, self._port), PATIENCE_S) as line:
                line.sendall(ticket_bytes(paper, self._width_dots))
                state = self._ask(line)
        except OSError as error:
            raise Unavailable("offline", why=type(error).__name__) from error
        if state != "ready":
            raise Unavailable(state)

    def _ask(self, line: socket.socket) -> PrinterState:
        told = []
        for question in (_ASK_OFFLINE_CAUSE, _ASK_PAPER):
            line.sendall(question)
            try:
                answer = line.recv(1)
            except TimeoutError:
                answer = b""
            if not answer:
                return "ready"
            told.append(answer[0])
        return read_status(told[0], told[1])


class FilePrinter:
    """A printer behind a device file such as ``/dev/usb/lp0``, which cannot be asked about paper."""

    def __init__(self, device: str, width_dots: int) -> None:
        """Open nothing yet."""
        self._device, self._width_dots = device, width_dots

    def state(self) -> PrinterState:
        """Tell whether the device is there."""
        return "ready" if os.access(self._device, os.W_OK) else "offline"

    def print_ticket(self, paper: TicketPaper) -> None:
        """Print and cut."""
        try:
            with Path(self._device).open("wb") as device:
                device.write(ticket_bytes(paper, self._width_dots))
        except OSError as error:
            raise Unavailable("offline", why=type(error).__name__) from error


class VirtualPrinter:
    """Draws the bytes that a printer would get into ``folder``, one PNG a ticket.

    A file ``state`` in the folder holding ``no_paper``, ``offline``, ``cover_open`` or ``error`` makes it so.
    """

    def __init__(self, folder: Path, width_dots: int) -> None:
        """Make the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._width_dots = folder, width_dots

    def state(self) -> PrinterState:
        """Return what the file ``state`` says, else ready."""
        try:
            told = (self._folder / "state").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return "ready"
        return cast("PrinterState", told) if told in get_args(PrinterState) else "ready"

    def print_ticket(self, paper: TicketPaper) -> None:
        """Draw the ticket from the bytes, named by its number."""
        state = self.state()
        if state != "ready":
            raise Unavailable(state)
        raw = ticket_bytes(paper, self._width_dots)
        picture = render_escpos(raw, self._width_dots)
        try:
            beside = self._folder / f".{paper.number}.png"
            picture.save(beside, format="PNG")
            beside.replace(self._folder / f"{paper.number}.png")
            self._forget_oldest()
        except OSError as error:
            raise Unavailable("error", why=error.strerror) from error

    def _forget_oldest(self) -> None:
        kept = sorted(self._folder.glob("*.png"), key=lambda file: file.stat().st_mtime_ns)
        for file in kept[:-KEPT_PICTURES]:
            file.unlink(missing_ok=True)
