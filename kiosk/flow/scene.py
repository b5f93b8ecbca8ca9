"""What a screen is made from beside its place: the words, the hour, the hall, the network. Frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from shared.limits import STALE_LIST_HOURS

if TYPE_CHECKING:
    from kiosk.flow.texts import Words
    from kiosk.ports import SeenState, SyncStatus
    from kiosk.published import PublishedHall
    from shared.pack import Names
    from shared.sync_messages import ServiceState

HOME_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""The hall's clock until the hall has said where it is."""

STATE_IS_OLD_AFTER_S: Final = 300
"""A figure of people waiting older than this is set apart by colour; its age stands beside it at any age."""

_CONTENT_IS_OLD_AFTER_S: Final = STALE_LIST_HOURS * 3600


@dataclass(frozen=True)
class Scene:
    """The surroundings at one moment. ``offline``: the network is gone for long enough to be told.

    ``status`` and ``state`` are what the sync agent last heard; ``confirmed_ms``: server time at which
    what is published was last known to be the newest.
    """

    words: Words
    now_ms: int
    mono_ms: int
    clock_is_set: bool
    published: PublishedHall | None
    confirmed_ms: int | None
    status: SyncStatus
    state: SeenState | None
    offline: bool

    @property
    def zone(self) -> ZoneInfo:
        """The hall's zone."""
        return HOME_ZONE if self.published is None else self.published.zone

    @property
    def state_age_s(self) -> int | None:
        """How old the newest figures of people waiting are, None where there never were any."""
        return None if self.state is None else max(0, self.mono_ms - self.state.received_mono_ms) // 1000

    @property
    def state_is_old(self) -> bool:
        """Whether those figures are old or were never heard."""
        return self.state_age_s is None or self.state_age_s > STATE_IS_OLD_AFTER_S

    @property
    def offline_s(self) -> int | None:
        """Seconds since the last session, None where there never was one."""
        return self._since(self.status.last_session_ms)

    @property
    def content_age_s(self) -> int | None:
        """Seconds since what is published was last known to be the newest."""
        return self._since(self.confirmed_ms)

    @property
    def content_is_old(self) -> bool:
        """Whether the lists are older than a hall should work with."""
        return self.published is not None and (self.content_age_s or 0) > _CONTENT_IS_OLD_AFTER_S

    def _since(self, unix_ms: int | None) -> int | None:
        return None if unix_ms is None else max(0, self.now_ms - unix_ms) // 1000

    def name_of(self, names: Names) -> str:
        """Return a name in the language of the screen."""
        return names.zh if self.words.language == "zh" else names.en

    def waiting_for(self, letter: str) -> ServiceState | None:
        """Return who waits for a service, as last heard."""
        if self.state is None:
            return None
        return next((service for service in self.state.fields.services if service.service == letter), None)
