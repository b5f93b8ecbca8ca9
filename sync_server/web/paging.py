"""Pages of a long list, by ``page=`` in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import request, url_for

ROWS: Final = 50
"""Lines of one page of a list."""


@dataclass(frozen=True)
class Paging:
    """Where a list stands. ``page``: from 1."""

    page: int
    pages: int

    @property
    def offset(self) -> int:
        """How many lines come before this page."""
        return (self.page - 1) * ROWS

    def link(self, page: int) -> str:
        """Return the address of another page of the list at hand, its filters kept."""
        kept = {**(request.view_args or {}), **request.args.to_dict(), "page": page}
        return url_for(str(request.endpoint), **kept)


def paging_of(total: int) -> Paging:
    """Return the page that the request asks for, the nearest that there is."""
    pages = max(1, -(-total // ROWS))
    asked = request.args.get("page", 1, type=int)
    return Paging(page=min(max(1, asked), pages), pages=pages)
