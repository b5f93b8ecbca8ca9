"""Private keys as files of this user only, one a chain, durable before the chain's opening is used."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from kiosk.durable_file import make_private_folder, read_checked, write_checked
from shared.errors import MalformedInput, Unavailable
from shared.signed_line import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

_CHAIN: Final = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)


class FileKeystore:
    """``folder``: readable by the kiosk's user alone; file ``<chain>.key`` holds the seed in hex, 0600."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing."""
        make_private_folder(folder)
        self._folder = folder

    def load(self, chain: str) -> SigningKey | None:
        """Return the chain's key, or None where there is none or its file is damaged."""
        try:
            content = read_checked(self._file_of(chain))
            return None if content is None else SigningKey(bytes.fromhex(content.decode("ascii")))
        except (MalformedInput, Unavailable, ValueError):
            _log.exception("key_unreadable")
            return None

    def store(self, chain: str, key: SigningKey) -> None:
        """Keep the chain's key, durable before this returns."""
        write_checked(self._file_of(chain), key.seed.hex().encode("ascii"))

    def _file_of(self, chain: str) -> Path:
        if _CHAIN.fullmatch(chain) is None:
            raise MalformedInput("chain_name_malformed")
        return self._folder / f"{chain}.key"
