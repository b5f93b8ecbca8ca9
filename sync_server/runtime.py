"""What every request may use: settings, database, clock and keys of the running server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from flask import current_app

if TYPE_CHECKING:
    from sync_server.clock import Clock
    from sync_server.config import Settings
    from sync_server.db import Database
    from sync_server.keyring import Keyring

EXTENSION: Final = "servicehall"


@dataclass(frozen=True)
class Runtime:
    """The parts that create_app put together, once a program."""

    settings: Settings
    database: Database
    clock: Clock
    keyring: Keyring

    @property
    def hall(self) -> str:
        """The hall that this server serves."""
        return self.settings.hall


def get_runtime() -> Runtime:
    """Return the runtime of the request at hand."""
    return cast("Runtime", current_app.extensions[EXTENSION])
