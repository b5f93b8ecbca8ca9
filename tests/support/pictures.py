"""``make pictures``: every kiosk screen and every office page, Chinese and English.

Pictures go to ``var/pictures/``, contact sheets to ``assets/gallery/``. Ends with 1 if a page
overflows or complains.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.support.contact_sheet import Block, write_contact_sheet
from tests.support.office_pictures import render_all

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "var" / "pictures"
GALLERY: Final = ROOT / "assets" / "gallery"
PORTRAIT: Final = (270, 480)
PAGE: Final = (640, 450)
FRONT_PORTRAIT: Final = (324, 576)
FRONT_PAGE: Final = (1032, 640)

FRONT_KIOSK: Final = (
    "kiosk-1-first",
    "kiosk-2-services",
    "kiosk-2-ticket-printed",
    "kiosk-3-badge-accepted",
    "kiosk-3-badge-revoked",
    "kiosk-4-offline",
)
FRONT_PAGES: Final = (
    "page-home-overview",
    "page-attendance-session-page",
    "page-badges-list-badges",
    "page-queue-window-page",
    "page-fleet-list-kiosks",
    "page-staff-staff-import",
)
"""What the README shows first; the other sheets have everything."""


def main() -> int:
    """Make all pictures and sheets; return the exit code."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    GALLERY.mkdir(parents=True, exist_ok=True)
    # Kivy keeps one window a process and reads its settings at import.
    subprocess.run([sys.executable, "-m", "tests.support.kiosk_pictures", str(PICTURES)], check=True, cwd=ROOT)
    with tempfile.TemporaryDirectory(prefix="servicehall-pictures-") as work:
        office = render_all(PICTURES, Path(work) / "hall", PICTURES / "kiosk-1-first-zh.png")
    for language in ("zh", "en"):
        kiosk = sorted(PICTURES.glob(f"kiosk-*-{language}.png"))
        pages = [file for file in office.files if file.stem.endswith((f"-{language}", "-card", "-ticket"))]
        write_contact_sheet(GALLERY / f"kiosk-{language}.png", Block(kiosk, 8, PORTRAIT))
        write_contact_sheet(GALLERY / f"pages-{language}.png", Block(pages, 3, PAGE))
        front, behind = (
            [PICTURES / f"{name}-{language}.png" for name in names] for names in (FRONT_KIOSK, FRONT_PAGES)
        )
        write_contact_sheet(
            GALLERY / f"front-{language}.png", Block(front, 6, FRONT_PORTRAIT), Block(behind, 2, FRONT_PAGE)
        )
    sys.stdout.write(f"{len(list(PICTURES.iterdir()))} pictures in {PICTURES}, sheets in {GALLERY}\n")
    for fault in office.faults:
        sys.stdout.write(f"fault: {fault}\n")
    return 1 if office.faults else 0


if __name__ == "__main__":
    sys.exit(main())
