"""The faults and attackers against which something is promised, T1 to T40."""

from __future__ import annotations

from typing import Final

from tests.support.articles import Row

_TITLES: Final[dict[str, str]] = {
    "T1": "power pulled in the middle of a write",
    "T2": "process killed, crash loop",
    "T3": "disk full",
    "T4": "bit rot and read errors",
    "T5": "kiosk disk stolen",
    "T6": "cloned disk, both running",
    "T7": "kiosk restored from an old backup",
    "T8": "kiosk clock wrong by years, or jumping",
    "T9": "replayed batch",
    "T10": "batches reordered or in parallel",
    "T11": "request doubled",
    "T12": "reply cut short, captive portal, error page",
    "T13": "server restored from a backup",
    "T14": "server keys rotated while a kiosk was away",
    "T15": "kiosk key revoked",
    "T16": "enrolment code guessed, man in the middle",
    "T17": "oversize body, bomb, body without end",
    "T18": "malformed JSON, Unicode, Chinese",
    "T19": "malicious publisher or mirror",
    "T20": "badge lost or stolen",
    "T21": "badge photographed",
    "T22": "badge lent",
    "T23": "malicious clerk",
    "T24": "history edited in the office or in SQL",
    "T25": "auditor and administrator in one",
    "T26": "request forged from another site",
    "T27": "session fixed or stolen",
    "T28": "passwords sprayed",
    "T29": "SQL injected",
    "T30": "script or markup in a name",
    "T31": "formula in an exported cell",
    "T32": "hostile upload",
    "T33": "slow and many requests",
    "T34": "forged log line",
    "T35": "personal data left on a public screen",
    "T36": "breaking out of the kiosk",
    "T37": "TLS intercepted, proxies, redirects",
    "T38": "dependency compromised",
    "T39": "one unreadable record in the middle of a chain",
    "T40": "batch forged in part",
}

FAULTS: Final[dict[str, Row]] = {number: Row(title, ("test",)) for number, title in _TITLES.items()}


def locate_fault(mark: str) -> tuple[str, set[str]]:
    """Return the row that ``T12`` names and what a test shows of it; LookupError for an unknown one. Pure."""
    if mark not in FAULTS:
        raise LookupError(mark)
    return mark, {"test"}
