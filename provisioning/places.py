"""Where the commands look for a hall's settings when nobody names a file.

First what the environment names, then a hall installed on this machine, then the demo of this clone:
so after ``make demo`` every command works without arguments, and on a real machine nothing of a demo
is ever taken by mistake for the hall.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).resolve().parents[1]
SERVER_VARIABLE: Final = "SERVICEHALL_SERVER_CONFIG"
KIOSK_VARIABLE: Final = "SERVICEHALL_KIOSK_CONFIG"
INSTALLED: Final = Path("/etc/servicehall")
DEMO: Final = ROOT / "var" / "demo"


def find_server_settings(
    environment: Mapping[str, str], *, installed: Path = INSTALLED, demo: Path = DEMO
) -> Path | None:
    """Return the server's settings file that would be taken, or None."""
    return _first(environment.get(SERVER_VARIABLE), installed / "server.toml", demo / "server" / "server.toml")


def find_kiosk_settings(
    environment: Mapping[str, str], *, installed: Path = INSTALLED, demo: Path = DEMO
) -> Path | None:
    """Return the kiosk's settings file that would be taken, or None; of several demo kiosks the first by name."""
    of_demo = sorted(demo.glob("kiosk*/kiosk.toml"))
    return _first(environment.get(KIOSK_VARIABLE), installed / "kiosk.toml", *of_demo[:1])


def _first(named: str | None, *places: Path) -> Path | None:
    if named:
        return Path(named)
    return next((place for place in places if place.exists()), None)
