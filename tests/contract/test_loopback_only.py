"""No test reaches another machine."""

from __future__ import annotations

import socket

import pytest

from tests.support.loopback_only import OutsideReached


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0)])
def test_connecting_to_another_machine_is_refused(address: tuple[object, ...]) -> None:
    family = socket.AF_INET6 if ":" in str(address[0]) else socket.AF_INET
    with socket.socket(family) as reaching, pytest.raises(OutsideReached):
        reaching.connect(address)


def test_looking_up_another_machine_is_refused() -> None:
    with pytest.raises(OutsideReached):
        socket.getaddrinfo("example.org", 443)


def test_listening_beyond_loopback_is_refused() -> None:
    with socket.socket() as listening, pytest.raises(OutsideReached):
        listening.bind(("0.0.0.0", 0))  # noqa: S104 - the refusal is the point


def test_loopback_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address) as reaching:
            assert reaching.getpeername() == address
