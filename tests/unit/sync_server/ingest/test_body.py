"""Inflating with a bound: bombs, cuts and several members."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from shared.errors import MalformedInput
from sync_server.ingest.body import inflate

LIMIT = 100_000


@pytest.mark.parametrize("body", [b"", b"x", b"lines\n" * 1000, bytes(range(256)) * 300])
def test_what_was_zipped_comes_back(body: bytes) -> None:
    assert inflate(gzip.compress(body, mtime=0), max_bytes=LIMIT) == body


def test_several_members_are_one_body() -> None:
    assert (
        inflate(
            gzip.compress(b"one ", mtime=0) + gzip.compress(b"", mtime=0) + gzip.compress(b"two", mtime=0),
            max_bytes=LIMIT,
        )
        == b"one two"
    )


def test_every_cut_is_noticed() -> None:
    wire = gzip.compress(b"lines\n" * 100, mtime=0)

    for length in range(len(wire)):
        with pytest.raises(MalformedInput, match="body_cut"):
            inflate(wire[:length], max_bytes=LIMIT)


@pytest.mark.parametrize(
    "wire", [b"plain", b"\x1f\x8b\x08rest", zlib.compress(b"x"), gzip.compress(b"x", mtime=0) + b"tail"]
)
def test_what_is_no_gzip_is_refused(wire: bytes) -> None:
    with pytest.raises(MalformedInput, match="body_not_gzip"):
        inflate(wire, max_bytes=LIMIT)


def test_bomb_is_refused_without_ever_being_held() -> None:
    bomb = gzip.compress(bytes(256 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(MalformedInput, match="body_too_large"):
            inflate(bomb, max_bytes=4 * 1024 * 1024)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 32 * 1024 * 1024


def test_body_of_exactly_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert len(inflate(gzip.compress(bytes(LIMIT)), max_bytes=LIMIT)) == LIMIT
    with pytest.raises(MalformedInput, match="body_too_large"):
        inflate(gzip.compress(bytes(LIMIT + 1)), max_bytes=LIMIT)


def test_thousands_of_empty_members_are_refused() -> None:
    with pytest.raises(MalformedInput, match="body_too_large"):
        inflate(gzip.compress(b"", mtime=0) * 1000, max_bytes=LIMIT)
