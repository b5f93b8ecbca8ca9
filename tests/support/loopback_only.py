"""No test speaks to another machine: an audit hook refuses every address that is not loopback.

The interpreter raises these events below every library that uses Python's sockets; it cannot be
taken out again, which is as it should be. libpq has its own sockets; its tests name a loopback host.
"""

from __future__ import annotations

import ipaddress
import socket
import sys

INTERNET = (socket.AF_INET, socket.AF_INET6)
LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost"})


class OutsideReached(RuntimeError):
    """A test tried to look up or reach another machine."""


def is_local(host: object) -> bool:
    """Say whether ``host`` names this machine. Pure."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    if name in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse_outside(event: str, details: tuple[object, ...]) -> None:
    """Raise OutsideReached where an event of the interpreter leads off this machine."""
    if event in {"socket.connect", "socket.sendto", "socket.bind"} and getattr(details[0], "family", None) in INTERNET:
        address = details[1]
        if isinstance(address, tuple) and not is_local(address[0]):
            raise OutsideReached(event, address)
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"} and not is_local(details[0]):
        raise OutsideReached(event, details[0])


sys.addaudithook(refuse_outside)
