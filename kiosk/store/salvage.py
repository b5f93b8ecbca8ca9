"""Getting records out of a journal that SQLite cannot open any more, by what they are and not where they lie.

A record's json, its signature and its hash lie one after another in the file, and the json has one
spelling. So each is found by its beginning, and is believed only if its own hash or its chain's key
agrees. Sealed texts are not looked for; what is missing is told to the server as lost.
"""

from __future__ import annotations

import mmap
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.chain import verify_opening
from shared.errors import MalformedInput, ServicehallError
from shared.limits import MAX_JSON_BYTES
from shared.records import parse_record
from shared.signed_line import SIGNATURE_BYTES, PublicKey, Purpose, hash_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from kiosk.store.lineage import KnownChain
    from shared.records import Record

_BEGINNING: Final = re.compile(rb'\{"at":[0-9]+,"boot":"[0-9a-f]{8}","clock":[012],"data":\{')
_END: Final = re.compile(rb'"seq":[0-9]+,"type":"[a-z_]+","v":1\}')
_HASH_BYTES: Final = 32


class SalvagedRecord(NamedTuple):
    """A record that proved itself. ``chain``: name of the chain it belongs to; ``hash``: 64 hex."""

    chain: str
    record: Record
    json: bytes
    signature: bytes
    hash: str


def salvage_records(files: Iterable[Path], chains: Sequence[KnownChain]) -> Iterator[SalvagedRecord]:
    """Give every record in ``files`` that proves itself, in the order found, some of them twice."""
    keys = _keys_by_epoch(chains)
    for file in files:
        if not file.exists() or file.stat().st_size == 0:
            continue
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            for beginning in _BEGINNING.finditer(raw):
                found = _prove(raw[beginning.start() : beginning.start() + MAX_JSON_BYTES + 128], keys)
                if found is not None:
                    yield found


def _keys_by_epoch(chains: Sequence[KnownChain]) -> dict[tuple[str, int], tuple[str, PublicKey]]:
    keys = {}
    for chain in chains:
        try:
            opened = verify_opening([chain.opening[0].encode("utf-8")])
        except (ServicehallError, IndexError):
            continue
        keys[opened.opening.kiosk, opened.opening.epoch] = (opened.name, opened.key)
    return keys


def _prove(raw: bytes, keys: dict[tuple[str, int], tuple[str, PublicKey]]) -> SalvagedRecord | None:
    end = _END.search(raw)
    if end is None:
        return None
    json = raw[: end.end()]
    signature = raw[end.end() : end.end() + SIGNATURE_BYTES]
    stored_hash = raw[end.end() + SIGNATURE_BYTES : end.end() + SIGNATURE_BYTES + _HASH_BYTES].hex()
    try:
        record = parse_record(json)
    except MalformedInput:
        return None
    known = keys.get((record.kiosk, record.epoch))
    if known is None:
        return None
    name, key = known
    true_hash = hash_json(Purpose.RECORD, json)
    if true_hash != stored_hash and not key.is_signature(Purpose.RECORD, signature, json):
        return None
    return SalvagedRecord(name, record, json, signature, true_hash)
