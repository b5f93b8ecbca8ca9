"""Every route with every role: the policy table is what happens, and it says what the office means."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from flask import Blueprint

import sync_server
from shared.errors import RuleViolation
from sync_server.accounts.operations import create_account
from sync_server.accounts.policy import Role
from sync_server.web.routing import MACHINE_PREFIX, policy_of
from tests.support.office_hall import HALL, PASSWORD, OfficeHall, OfficePerson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from werkzeug.routing import Rule

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PEOPLE = tuple(role for role in Role if role is not Role.KIOSK)
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    hall = OfficeHall(tmp_path_factory.mktemp("office"), NOW)
    with hall.app.app_context(), hall.runtime.database.transaction() as session:
        for role in set(PEOPLE) - {Role.OFFICE, Role.CLERK, Role.LEADER}:
            create_account(
                session,
                hall=HALL,
                username=role.value,
                display_name=role.value,
                role=role,
                password=PASSWORD,
                clock=hall.clock,
            )
    yield hall
    hall.close()


def address_of(rule: Rule) -> str:
    """Return an address of the rule at which nothing is: 404 to whoever may, 403 to whoever may not."""
    path = re.sub(r"<int:[^>]+>", "999999", rule.rule)
    path = re.sub(r"<any\((\w+)[^)]*\):[^>]+>", r"\1", path)
    return re.sub(r"<[^>]+>", "nothing", path)


def routes(office: OfficeHall) -> list[tuple[str, str, str]]:
    found = [
        (rule.endpoint, method, address_of(rule))
        for rule in office.app.url_map.iter_rules()
        if not rule.rule.startswith(MACHINE_PREFIX)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found, key=lambda route: route[0] == "accounts.sign_out")


def ask(client: FlaskClient, method: str, address: str, token: str) -> int:
    with client.open(address, method=method, data={"form_token": token} if method != "GET" else None) as answer:
        return answer.status_code


@pytest.mark.fault("T25")
@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_opens_what_the_policy_names_and_nothing_else(office: OfficeHall, role: Role) -> None:
    policy = policy_of(office.app)
    person = OfficePerson(office.app.test_client(), role.value)
    token = _TOKEN.search(person.text("/"))
    assert token is not None

    for endpoint, method, address in routes(office):
        code = ask(person.client, method, address, token[1])
        if policy.allows(endpoint, role):
            assert code not in {401, 403, 405, 500}, (role, method, address, code)
        else:
            assert code == 403, (role, method, address, code)


def test_a_visitor_is_sent_to_sign_in_from_every_page_but_the_public_ones(office: OfficeHall) -> None:
    policy = policy_of(office.app)
    client = office.app.test_client()
    token = _TOKEN.search(client.get("/sign-in").get_data(as_text=True))
    assert token is not None

    for endpoint, method, address in routes(office):
        answer = client.open(address, method=method, data={"form_token": token[1]} if method != "GET" else None)
        if policy.allows(endpoint, None):
            assert answer.status_code not in {401, 403, 500}, address
        else:
            assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/sign-in"), address
        answer.close()


@pytest.mark.fault("T25")
def test_no_administrator_does_the_offices_work_and_the_auditor_changes_nothing(office: OfficeHall) -> None:
    policy = policy_of(office.app)
    changing = {endpoint for endpoint, method, _address in routes(office) if method != "GET"}
    changing -= {"accounts.sign_in", "accounts.sign_out"}

    assert not any(policy.allows(endpoint, Role.AUDIT_ADMINISTRATOR) for endpoint in changing)
    for administrator in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR):
        assert not policy.allows("badges.issue", administrator)
        assert not policy.allows("badges.revoke", administrator)
    assert not any(
        policy.allows(endpoint, Role.SYSTEM_ADMINISTRATOR) for endpoint in changing if not endpoint.startswith("fleet.")
    )


@pytest.mark.parametrize(
    ("endpoint", "may"),
    [
        ("badges.issue", {Role.OFFICE}),
        ("badges.revoke", {Role.OFFICE}),
        ("badges.reissue", {Role.OFFICE}),
        ("badges.card", {Role.OFFICE}),
        ("fleet.make_slot", {Role.OFFICE, Role.SYSTEM_ADMINISTRATOR}),
        ("fleet.approve", {Role.OFFICE, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR}),
        ("home.overview", set(PEOPLE)),
    ],
)
def test_the_policy_says_what_the_office_means(office: OfficeHall, endpoint: str, may: set[Role]) -> None:
    assert policy_of(office.app).roles(endpoint) == may


def test_a_route_without_a_policy_stops_the_program_at_its_start(
    office: OfficeHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = Blueprint("forgotten", __name__)
    forgotten.add_url_rule("/forgotten", view_func=lambda: "anybody may read this", endpoint="page")
    monkeypatch.setattr(sync_server, "BLUEPRINTS", (*sync_server.BLUEPRINTS, forgotten))

    with pytest.raises(RuleViolation, match="policy_missing") as refused:
        sync_server.create_app(office.runtime.settings, clock=office.clock)

    assert refused.value.facts["endpoint"] == "forgotten.page"


def test_kiosks_paths_take_and_give_no_cookie(office: OfficeHall) -> None:
    person = office.person()

    for path in ("/sync/v1/hello", "/sync/v1/state", "/sync/v1/packs/hall", "/sync/nowhere"):
        answer = person.client.get(path)
        assert "Set-Cookie" not in answer.headers, path
        assert answer.mimetype == "application/problem+json", path
        assert answer.status_code in {401, 403, 404, 405, 422}, (path, answer.status_code)


def test_asking_a_kiosks_path_what_it_takes_is_refused_as_any_other_method(office: OfficeHall) -> None:
    client = office.app.test_client()

    for path in ("/sync/v1/hello", "/sync/v1/batches", "/sync/v1/state", "/sync/v1/packs/hall", "/sync/nowhere"):
        asked, deleted = client.options(path), client.delete(path)
        assert (asked.status_code, asked.mimetype) == (404, "application/problem+json"), path
        assert asked.get_json() == deleted.get_json(), path


def test_the_menu_shows_only_what_opens(office: OfficeHall) -> None:
    for role in PEOPLE:
        person = OfficePerson(office.app.test_client(), role.value)
        menu = re.search(r'<nav class="site-menu".*?</nav>', person.text("/"), re.DOTALL)
        assert menu is not None
        links = re.findall(r'href="([^"]+)"', menu[0])
        assert "/" in links
        for link in links:
            assert person.get(link).status_code == 200, (role, link)
