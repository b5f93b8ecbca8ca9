"""Where a Chinese line may break: between any two characters but the ones that must not begin or end a line.

Kivy breaks at spaces only. Rules after GB/T 15834-2011 (5.1) and W3C clreq (3.1.3): closing marks do not
begin a line, opening marks do not end one, a run of Latin letters or digits stays whole, and a number
stays with its unit. Pure: the width of a text comes in as a function.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

NO_LINE_START: Final = frozenset("，。、；：？！）》〉」』】〕”’％‰℃…—～·,.;:?!)]}%")
NO_LINE_END: Final = frozenset("（《〈「『【〔“‘([{￥$#")
_CLAUSE_ENDS: Final = frozenset("，。；：")
_LATIN_CLAUSE_ENDS: Final = frozenset(",.;:")
_SENTENCE_ENDS: Final = frozenset("。；.;")
_ELLIPSIS: Final = "…"
_TWO: Final = 2
_HALVINGS: Final = 6
"""Brings the width within a hundredth of the best."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9À-ɏ'’@#&_./:+\-–]+|[ \t]+|.", re.DOTALL)


def break_lines(text: str, width_of: Callable[[str], float], width: float) -> list[str]:
    """Return the lines of ``text``, none wider than ``width`` where it can be helped.

    ``width_of``: the width of a piece of text in the same unit as ``width``. A word that is wider than
    the line by itself is cut between its characters.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_break_paragraph(paragraph, width_of, width))
    return lines


def balance_lines(text: str, width_of: Callable[[str], float], width: float) -> list[str]:
    """Return as few lines as :func:`break_lines`, as even as they get: no last line of one character."""
    lines = break_lines(text, width_of, width)
    if len(lines) <= 1 + text.count("\n"):
        return lines
    words = (width_of(token) for token in _TOKEN.findall(text))
    if len(lines) == _TWO:
        parted = _break_after_clause(text, width_of, width)
        if parted is not None:
            return parted
    least, most = max([width / 2, *(word for word in words if word <= width)]), width
    for _ in range(_HALVINGS):
        tried = (least + most) / 2
        narrower = break_lines(text, width_of, tried)
        if len(narrower) > len(lines):
            least = tried
        else:
            lines, most = narrower, tried
    return lines


def _break_after_clause(text: str, width_of: Callable[[str], float], width: float) -> list[str] | None:
    """Return two lines that part where the text does, at the end of a sentence rather than of a clause.

    None where there is no such place, or the parts are too wide.
    """
    parted = [
        (text[place] not in _SENTENCE_ENDS, text[: place + 1], text[place + 1 :].lstrip())
        for place in range(len(text) - 1)
        if _ends_clause(text, place)
    ]
    fitting = [
        (weaker, max(width_of(one), width_of(other)), [one, other])
        for weaker, one, other in parted
        if width_of(one) <= width and width_of(other) <= width
    ]
    return min(fitting)[2] if fitting else None


def _ends_clause(text: str, place: int) -> bool:
    following = text[place + 1]
    if text[place] in _LATIN_CLAUSE_ENDS:
        return following == " "
    return text[place] in _CLAUSE_ENDS and following not in NO_LINE_START


def shorten_lines(lines: list[str], most: int, width_of: Callable[[str], float], width: float) -> list[str]:
    """Return at most ``most`` lines; what is left out is told by an ellipsis at the end."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width_of(last + _ELLIPSIS) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + _ELLIPSIS]


def _break_paragraph(paragraph: str, width_of: Callable[[str], float], width: float) -> list[str]:
    lines: list[str] = []
    line: list[str] = []
    used = 0.0
    for token in _tokens(paragraph, width_of, width):
        room = width_of(token)
        if used + room > width and line and not token.isspace():
            carried = _split_off(line, token)
            lines.append("".join(line).rstrip())
            line = carried
            used = sum(width_of(piece) for piece in carried)
        if line or not token.isspace():
            line.append(token)
            used += room
    lines.append("".join(line).rstrip())
    return lines


def _tokens(paragraph: str, width_of: Callable[[str], float], width: float) -> list[str]:
    tokens: list[str] = []
    for token in _TOKEN.findall(paragraph):
        if len(token) > 1 and width_of(token) > width:
            tokens.extend(token)
        else:
            tokens.append(token)
    return tokens


def _split_off(line: list[str], following: str) -> list[str]:
    """Take from the end of ``line`` what must go to the next line together with ``following``."""
    carried: list[str] = []
    if following[0] in NO_LINE_START and len(line) > 1:
        carried.insert(0, line.pop())
        while len(line) > 1 and carried[0][0] in NO_LINE_START:
            carried.insert(0, line.pop())
    while len(line) > 1 and line[-1] in NO_LINE_END:
        carried.insert(0, line.pop())
    while carried and carried[0].isspace():
        carried.pop(0)
    return carried
