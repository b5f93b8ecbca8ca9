"""The 80 articles of the ten work systems that this software answers, each with the parts in which it must show.

``office`` is asked of all; ``kiosk``, ``public`` and ``paper`` where a visitor or an archive meets the
article. An article with items is whole only when a test speaks of each item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TITLES: Final[dict[str, str]] = {
    "R1.1": "when badges are worn: work, gatherings, events",
    "R1.2": "how a badge is worn; dress and manners",
    "R1.3": "life of a badge: issue, loss, lending, return",
    "R1.4": "irregular inspection, criticism and circular",
    "R2.0": "post cards and authorised numbers",
    "R2.1": "posts exist for work",
    "R2.2": "authority matches responsibility",
    "R2.3": "each duty has a standard",
    "R2.4": "each duty has one person and a measure",
    "R3.1": "the first person asked stays responsible",
    "R3.2": "no contact without an answer",
    "R3.3": "own duty: handled, completed, or told at once",
    "R3.4": "inside the department: handed over and accepted",
    "R3.5": "outside the department: led to the right door",
    "R3.6": "manners at the counter and on the telephone",
    "R4.0": "everything told at one time",
    "R4.1": "can it be handled, is it complete",
    "R4.2": "service guides",
    "R4.3": "received or not, on the spot, item by item",
    "R4.4": "no permit needed: said at once",
    "R4.5": "not our power: decision and the right authority",
    "R4.6": "faults mended on the spot",
    "R4.7": "complete and in form: accepted",
    "R4.8": "one written notice of all that is missing",
    "R4.9": "unclear law goes to a leader",
    "R4.10": "cannot be handled: reason and basis, once",
    "R4.11": "voucher of acceptance or refusal",
    "R5.1": "promised limits within the statutory ones",
    "R5.2": "limits for handling, whole and by stage",
    "R5.3": "limits for replying, whole and by stage",
    "R5.4": "the district's share is part of the limit",
    "R5.5": "approved limits are published",
    "R5.6": "how days are counted",
    "R5.7": "not of this organ: told within the limit",
    "R5.8": "extension: asked, decided, told in time",
    "R5.9": "special procedures stop the clock",
    "R5.10": "silence to the end of the limit approves",
    "R5.11": "an applicant who does not come",
    "R5.12": "complaint of an overdue case",
    "R6.1": "the four grounds of a denial report",
    "R6.2": "applicant told, leader signs",
    "R6.3": "what the form must hold",
    "R6.4": "major cases wait for the superior",
    "R6.5": "confirmed, or overturned and reopened",
    "R6.6": "in writing, within the statutory limit",
    "R6.7": "papers returned against signature",
    "R7.1": "published: conditions, steps, limits, fees",
    "R7.2": "published: departments and their functions",
    "R7.3": "published: other services",
    "R7.4": "the touch screen shows policy, procedure, results",
    "R7.5": "promises tracked, broken ones dealt with",
    "R7.6": "conduct: courtesy",
    "R7.7": "conduct: discipline",
    "R7.8": "the eight commitments in a conspicuous place",
    "R7.9": "complaints and ratings",
    "R8.0": "B covers when A is away; gaps alarm",
    "R8.1": "pairs registered, filed, trained",
    "R8.2": "pairs stay stable",
    "R8.3": "leave with a hand-over",
    "R8.4": "who covers is shown; A can be reached",
    "R8.5": "B may not refuse",
    "R8.6": "B has A's rights for that time",
    "R8.7": "gap answered by A",
    "R8.8": "gap answered by B",
    "R8.9": "one-person units and heads; three findings",
    "R9.1": "course of a dereliction case",
    "R9.2": "the twelve grounds",
    "R9.3": "evidence that can be verified outside",
    "R9.4": "each link answers for its own",
    "R9.5": "intent makes no difference to being responsible",
    "R9.6": "false statements fall on the handler",
    "R9.7": "advice overruled falls on who overruled it",
    "R9.8": "opinions changed fall on who changed them",
    "R9.9": "group decisions: the chair mainly",
    "R10.1": "figures lead to their records; open and anonymous",
    "R10.2": "units in four aspects, staff in six",
    "R10.3": "whom the centre appraises; reconsideration",
    "R10.4": "who judges, when, with what weight",
    "R10.5": "the four grades and their borders",
    "R10.8": "results filed, praised, barred",
}

_ALSO: Final[dict[str, str]] = {
    "kiosk": "R1.1 R1.3 R2.0 R3.4 R3.5 R4.0 R4.1 R4.2 R4.11 R5.5 R5.12 R7.1 R7.2 R7.3 R7.4 R7.8 R7.9 R8.4",
    "public": "R4.2 R4.11 R5.5 R5.12 R7.1 R7.2 R7.3 R7.4 R7.5 R7.8 R7.9",
    "paper": "R1.3 R1.4 R3.5 R4.2 R4.8 R4.10 R4.11 R5.7 R5.8 R5.9 R5.10 R6.3 R6.6 R6.7 R7.8 R8.3 R9.3 R10.8",
}

ITEMS: Final[dict[str, int]] = {"R6.1": 4, "R7.8": 8, "R9.2": 12}
"""Articles that are whole only with all their items, and how many they have."""


@dataclass(frozen=True)
class Row:
    """One id of a table: what it is about, and each thing that a test must show of it."""

    title: str
    asked: tuple[str, ...]


def _asked_of(article: str) -> tuple[str, ...]:
    parts = ["office", *(part for part, articles in _ALSO.items() if article in articles.split())]
    items = [f"{article}.{number}" for number in range(1, ITEMS.get(article, 0) + 1)]
    return (*parts, *items)


ARTICLES: Final[dict[str, Row]] = {article: Row(title, _asked_of(article)) for article, title in TITLES.items()}


def locate_regulation(mark: str) -> tuple[str, set[str]]:
    """Return the article that ``R7.8.1@kiosk`` speaks of and what it shows of it.

    Raises LookupError for an article, item or part that the table does not have. Pure.
    """
    name, _, part = mark.partition("@")
    article = ".".join(name.split(".")[:2])
    row = ARTICLES[article]
    item = {name} if name != article else set()
    if part not in row.asked or part.startswith("R") or (item and not _is_item(name, article)):
        raise LookupError(mark)
    return article, {part} | (item & set(row.asked))


def _is_item(name: str, article: str) -> bool:
    number = name.removeprefix(f"{article}.")
    return number.isdecimal() and 1 <= int(number) <= ITEMS.get(article, int(number))
