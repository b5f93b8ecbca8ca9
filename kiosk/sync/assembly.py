"""How the agent's parts fit together: one wire that sends, one that listens, one session for both."""

from __future__ import annotations

import random
import threading
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from kiosk.sync.agent import SyncAgent
from kiosk.sync.backoff import Backoff
from kiosk.sync.listener import HallListener, SignedFileSource
from kiosk.sync.session_slot import SessionSlot
from kiosk.sync.transport import HttpsTransport
from kiosk.sync.uploader import ChainUploader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiosk.config import KioskConfig
    from kiosk.ports import Clock, Keystore, PackStore, StateBoard, SyncLedger
    from kiosk.sync.trust import ServerTrust
    from shared.pack import Pack


class AgentStores(NamedTuple):
    """What the agent reads and writes. ``activate``: the use case that puts a pack in force."""

    clock: Clock
    keystore: Keystore
    ledger: SyncLedger
    packs: PackStore
    board: StateBoard
    activate: Callable[[Pack], object]


def build_agent(config: KioskConfig, stores: AgentStores, trust: ServerTrust, ca_file: Path) -> SyncAgent:
    """Return the agent of an enrolled kiosk, not started."""
    slot, stop = SessionSlot(), threading.Event()
    draw = random.SystemRandom().uniform
    listening = HttpsTransport(config.server_url, ca_file)
    listener = HallListener(
        wire=listening,
        source=SignedFileSource(listening, config.hall),
        slot=slot,
        packs=stores.packs,
        board=stores.board,
        clock=stores.clock,
        activate=stores.activate,
        backoff=Backoff(draw),
        stop=stop,
        hall=config.hall,
    )
    uploader = ChainUploader(
        ledger=stores.ledger,
        keystore=stores.keystore,
        packs=stores.packs,
        clock=stores.clock,
        trust=trust,
        wire=HttpsTransport(config.server_url, ca_file),
        slot=slot,
        kiosk=config.kiosk,
        hall=config.hall,
    )
    agent = SyncAgent(
        ledger=stores.ledger,
        uploader=uploader,
        listener=listener,
        board=stores.board,
        clock=stores.clock,
        backoff=Backoff(draw),
        stop=stop,
    )
    uploader.on_accepted = partial(agent.publish, online=True)
    return agent
