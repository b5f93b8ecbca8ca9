"""Makes posts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from shared.errors import RuleViolation
from sync_server.posts.models import Post

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_CODE: Final = re.compile(r"[A-Za-z0-9-]{1,32}")
_COUNTED: Final = re.compile(r"P-([0-9]{1,9})")
MAX_NAME: Final = 200
MAX_WINDOW_TEXT: Final = 40


def make_post(  # noqa: PLR0913 - the fields of one form, all by keyword
    session: Session, hall: str, *, code: str, name_zh: str, name_en: str, department_id: int, window: str | None
) -> Post:
    """Add a post; the caller publishes.

    Raises:
        RuleViolation: ``post_code_malformed``, ``post_code_taken``, ``post_name_missing``, ``post_text_too_long``.
    """
    if _CODE.fullmatch(code) is None:
        raise RuleViolation("post_code_malformed")
    if not name_zh.strip():
        raise RuleViolation("post_name_missing")
    window = (window or "").strip() or None
    if max(len(name_zh), len(name_en)) > MAX_NAME or len(window or "") > MAX_WINDOW_TEXT:
        raise RuleViolation("post_text_too_long", limit=MAX_NAME)
    if session.scalar(select(Post.id).where(Post.hall == hall, Post.code == code)) is not None:
        raise RuleViolation("post_code_taken", post=code)
    post = Post(
        hall=hall,
        code=code,
        name_zh=name_zh.strip(),
        name_en=name_en.strip() or name_zh.strip(),
        department_id=department_id,
        window=window,
    )
    session.add(post)
    session.flush()
    return post


def next_post_number(codes: list[str]) -> int:
    """Return the number after the highest of ``P-012`` codes. Pure."""
    return max((int(match[1]) for code in codes if (match := _COUNTED.fullmatch(code))), default=0) + 1
