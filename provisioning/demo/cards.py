"""A badge as a person holds it: the card's PDF from the office, its picture, and the code read from that."""

from __future__ import annotations

import pypdfium2
import zxingcpp

from shared.errors import Unavailable

_DOTS_PER_INCH = 300
_POINTS_PER_INCH = 72


def read_card(pdf: bytes) -> str:
    """Return the text of the one QR code on a card, read from its picture at 300 dpi.

    Raises:
        Unavailable: ``demo_card_unreadable``.
    """
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        picture = page.render(scale=_DOTS_PER_INCH / _POINTS_PER_INCH).to_pil()
    finally:
        document.close()
    codes = zxingcpp.read_barcodes(picture)
    if len(codes) != 1:
        raise Unavailable("demo_card_unreadable", codes=len(codes))
    return codes[0].text
