"""Who asks, and over what, behind nginx and without it."""

from __future__ import annotations

from typing import Any

import pytest

from sync_server.web.proxy import LocalProxy, is_this_machine


def seen_by_the_program(**environ: str) -> tuple[str, str, bool]:
    seen: dict[str, Any] = {}

    def program(given: dict[str, Any], _start: object) -> list[bytes]:
        seen.update(given)
        return []

    LocalProxy(program)({"wsgi.url_scheme": "http", **environ}, lambda *_: None)  # type: ignore[arg-type]
    return seen["REMOTE_ADDR"], seen["wsgi.url_scheme"], any(key.startswith("HTTP_X_FORWARDED") for key in seen)


@pytest.mark.parametrize("proxy", ["127.0.0.1", "::1", ""])
def test_the_proxy_on_this_machine_is_believed(proxy: str) -> None:
    seen = seen_by_the_program(REMOTE_ADDR=proxy, HTTP_X_FORWARDED_FOR="192.0.2.9", HTTP_X_FORWARDED_PROTO="https")

    assert seen == ("192.0.2.9", "https", False)


def test_only_what_the_proxy_itself_added_is_believed() -> None:
    seen = seen_by_the_program(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.1, 192.0.2.9")

    assert seen == ("192.0.2.9", "http", False)


@pytest.mark.fault("T28")
def test_a_guesser_does_not_choose_the_place_that_tries_are_counted_for() -> None:
    seen = seen_by_the_program(
        REMOTE_ADDR="198.51.100.7", HTTP_X_FORWARDED_FOR="192.0.2.9", HTTP_X_FORWARDED_PROTO="https"
    )

    assert seen == ("198.51.100.7", "http", False)


@pytest.mark.parametrize(("address", "scheme"), [("", ""), ("nonsense", "ftp"), ("1.2.3", "https\n")])
def test_what_is_no_address_and_no_scheme_changes_nothing(address: str, scheme: str) -> None:
    seen = seen_by_the_program(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=address, HTTP_X_FORWARDED_PROTO=scheme)

    assert seen == ("127.0.0.1", "http", False)


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("", True), ("10.0.0.1", False), ("x", False)],
)
def test_this_machine_is_loopback_or_a_socket(address: str, local: bool) -> None:  # noqa: FBT001  # a row of a table
    assert is_this_machine(address) is local
