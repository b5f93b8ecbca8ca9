"""What the tests of the server's domains share."""

from __future__ import annotations

from tests.support.domain_database import database

__all__ = ["database"]
