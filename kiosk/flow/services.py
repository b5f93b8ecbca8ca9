"""Take a number: the services as cards, six a page, with who waits and how old that figure is. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kiosk.flow.frame import compose_frame, way_home
from kiosk.flow.models import Action, Choice, Icon, IdleWarning, ServiceCard, ServicesModel
from kiosk.flow.phrases import format_age

if TYPE_CHECKING:
    from kiosk.flow.places import AtServices
    from kiosk.flow.scene import Scene
    from kiosk.flow.texts import Words
    from shared.pack import PublishedService

CARDS_A_PAGE: Final = 6
_WINDOW_NUMBERS: Final = re.compile(r"[0-9A-Z][0-9A-Z ,、\-–—]*")


def count_pages(scene: Scene) -> int:
    """Return how many pages of services there are, at least one."""
    services = () if scene.published is None else scene.published.services
    return max(1, -(-len(services) // CARDS_A_PAGE))


def compose_services(scene: Scene, place: AtServices, idle: IdleWarning | None) -> ServicesModel:
    """Return a page of services; a page that is no more is the first."""
    words = scene.words
    services = () if scene.published is None else scene.published.services
    pages = count_pages(scene)
    page = place.page if place.page < pages else 0
    shown = services[page * CARDS_A_PAGE : (page + 1) * CARDS_A_PAGE]
    return ServicesModel(
        frame=compose_frame(scene, leave=way_home(scene), idle=idle),
        title=words("services.title"),
        hint=words("services.hint"),
        freshness=words("services.unheard")
        if scene.state_age_s is None
        else words("services.fresh", age=format_age(scene.state_age_s, words)),
        freshness_tone="attention" if scene.state_is_old else "plain",
        cards=tuple(_card(service, scene, busy=service.letter == place.asked) for service in shown),
        next_page=Choice(
            Action.NEXT_PAGE, words("services.next_page", page=page + 1, pages=pages), Icon.FORWARD, value=str(page)
        )
        if pages > 1
        else None,
    )


def format_windows(windows: str | None, words: Words) -> str:
    """Return which windows, ``3–6 号窗口``; a text that already says so is left as it is. Pure."""
    if not windows:
        return ""
    if not _WINDOW_NUMBERS.fullmatch(windows):
        return windows
    return words("services.windows", windows=windows.replace("-", "–").replace("、", words("services.and")))


def _card(service: PublishedService, scene: Scene, *, busy: bool) -> ServiceCard:
    words = scene.words
    heard = scene.waiting_for(service.letter)
    return ServiceCard(
        choice=Choice(
            Action.CHOOSE_SERVICE,
            scene.name_of(service.name),
            value=service.letter,
            sub=format_windows(service.windows, words),
        ),
        letter=service.letter,
        waiting="" if heard is None or busy else str(heard.waiting),
        waiting_word=words("services.busy" if busy else "services.unknown" if heard is None else "services.waiting"),
        busy=busy,
    )
