"""URL tables: each views.py lists its routes with the roles that may open them.

A table is turned into a blueprint, and its roles into the one policy table of the program. Paths
below ``/sync/`` are for programs: no cookie is read or set there and no form token is asked, because
nothing there acts on a cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from flask import Blueprint, Flask

from sync_server.accounts.policy import PolicyTable, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask.blueprints import BlueprintSetupState
    from flask_babel.speaklater import LazyString

MACHINE_PREFIX: Final = "/sync/"
_POLICY: Final = "servicehall.policy"
_MENU: Final = "servicehall.menu"


class Menu(NamedTuple):
    """An entry of the navigation, lowest ``place`` first. ``label``: a lazy translation; ``icon``: of icons.toml."""

    label: LazyString
    icon: str
    place: int


class Route(NamedTuple):
    """One line of a URL table. ``roles``: ``None`` means public."""

    rule: str
    view: Callable[..., Any]
    roles: frozenset[Role] | None
    methods: tuple[str, ...] = ("GET",)
    menu: Menu | None = None


def blueprint_of(name: str, import_name: str, routes: Sequence[Route]) -> Blueprint:
    """Return a blueprint of ``routes``; the endpoint of a view is its name; templates lie in ``templates``."""
    blueprint = Blueprint(name, import_name, template_folder="templates")
    for route in routes:
        blueprint.add_url_rule(
            route.rule,
            view_func=route.view,
            methods=list(route.methods),
            # Flask would answer OPTIONS itself, past every refusal that programs are told in problem documents.
            provide_automatic_options=False if route.rule.startswith(MACHINE_PREFIX) else None,
        )

    def write_policy(state: BlueprintSetupState) -> None:
        app = cast("Flask", state.app)
        policy, menu = policy_of(app), _menu_of(app)
        roles_by_view: dict[str, frozenset[Role] | None] = {}
        for route in routes:
            endpoint = f"{name}.{route.view.__name__}"
            if endpoint not in roles_by_view:
                policy.set(endpoint, route.roles)
            elif roles_by_view[endpoint] != route.roles:
                raise ValueError(endpoint)
            roles_by_view[endpoint] = route.roles
            if route.menu is not None:
                menu.append((route.menu, endpoint))

    blueprint.record_once(write_policy)
    return blueprint


def policy_of(app: Flask) -> PolicyTable:
    """Return the program's one policy table."""
    return cast("PolicyTable", app.extensions.setdefault(_POLICY, PolicyTable()))


def menu_for(app: Flask, role: Role) -> list[tuple[Menu, str]]:
    """Return the entries that ``role`` may open, as (entry, endpoint), in their places."""
    policy = policy_of(app)
    return sorted((entry for entry in _menu_of(app) if policy.allows(entry[1], role)), key=lambda entry: entry[0].place)


def _menu_of(app: Flask) -> list[tuple[Menu, str]]:
    return cast("list[tuple[Menu, str]]", app.extensions.setdefault(_MENU, []))
