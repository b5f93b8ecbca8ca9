"""A running server on both databases, for the faults that happen between kiosk and server."""

from __future__ import annotations

from tests.support.hall_server import hall_server, sqlite_server
from tests.support.postgres import postgres_cluster

__all__ = ["hall_server", "postgres_cluster", "sqlite_server"]
