"""A person at the office's pages, without a browser: opens pages, fills forms, keeps the session.

Only what a browser would send is sent: the form's own hidden fields, its method and its target.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

import requests

from shared.errors import Unavailable

_LIMIT_S: Final = 30


@dataclass
class Form:
    """One form of a page. ``action``: absolute address; ``fields``: what it would send untouched."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            action = urljoin(self.address, given.get("action") or self.address)
            self.forms.append(Form(action, (given.get("method") or "get").lower()))
        if not self.forms:
            return
        fields = self.forms[-1].fields
        name = given.get("name")
        if tag in {"input", "textarea"} and name:
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            fields[name] = given.get("value") or ""
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select and (self._select not in fields or "selected" in given):
            fields[self._select] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


class OfficePerson:
    """Somebody logged in at the office's address; ``address``: ``http://127.0.0.1:PORT``."""

    def __init__(self, address: str, username: str, password: str) -> None:
        """Log in; raises Unavailable ``demo_office_refused`` if the office does not let them in."""
        self.address = address
        self.username = username
        self._session = requests.Session()
        self._session.trust_env = False
        self.submit("/sign-in", {"username": username, "password": password}, where="sign-in")

    def get(self, path: str) -> requests.Response:
        """Return the page at ``path``, which must answer 200."""
        response = self._session.get(urljoin(self.address, path), timeout=_LIMIT_S)
        return self._checked(response)

    def submit(self, path: str, values: dict[str, str], *, where: str = "") -> requests.Response:
        """Open ``path``, fill its form whose target has ``where`` in it, send it, return what came."""
        page = self.get(path)
        parser = _Forms(page.url)
        parser.feed(page.text)
        form = next((found for found in parser.forms if found.method == "post" and where in found.action), None)
        if form is None:
            raise Unavailable("demo_form_missing", path=path, where=where)
        response = self._session.post(
            form.action,
            data={**form.fields, **values},
            timeout=_LIMIT_S,
            headers={"Origin": self.address, "Referer": page.url},
        )
        return self._checked(response)

    def cookies(self) -> list[tuple[str, str]]:
        """Return name and value of the session's cookies, so that a browser can go on as this person."""
        return [(item.name, item.value or "") for item in self._session.cookies]

    @staticmethod
    def _checked(response: requests.Response) -> requests.Response:
        if response.status_code != requests.codes.ok:
            raise Unavailable("demo_office_refused", status=response.status_code, path=response.url)
        return response
