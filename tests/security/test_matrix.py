"""Who may call what: every route and method, tried by everybody, against its guard."""

import hashlib
from collections.abc import Mapping
from itertools import product

import pytest
from quart import Response
from quart.testing.connections import WebsocketResponseError

from app.identity import Role, Scope
from tests.house.lines import OWNED, Who
from tests.security.conftest import Site
from tests.support.route_matrix import (
    CHANGING,
    FOREIGN,
    OWN,
    PASSABLE,
    Route,
    example_path,
    open_route,
    routes,
    unconnected_app,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


PEOPLE = {"user": Role.USER, "other": Role.USER, "admin": Role.ADMIN}
TOKENS = {"reader": Scope.READ, "asker": Scope.JOBS, "steward": Scope.ADMIN}
CALLERS = ("anonymous", "revoked", "withdrawn", *PEOPLE, *TOKENS)
"""Without anything, with a session or a token that is over, by cookie, and by token; the steward's is an admin's."""

MANNERS: Mapping[str, Mapping[str, str]] = {
    "page": {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"},
    "htmx": {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "HX-Request": "true"},
    "program": {"Accept": "application/json"},
}


WRONG = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


def expected(route: Route, caller: str, manner: str) -> int | None:
    """The status of the refusal; None for who is let in."""
    if route.line.who is Who.ALL or (route.endpoint == "health.metrics" and route.method == "OPTIONS"):
        return None
    takes_tokens = route.line.who in (Who.READ, Who.WRITE, Who.WHOLE)
    if caller not in PEOPLE and not (caller in TOKENS and takes_tokens):
        led = manner == "page" and not route.path.startswith("/api/") and route.endpoint != "health.metrics"
        return 303 if led else 401
    if route.line.who is Who.WRITE and caller == "reader":
        return 403
    for_admins = route.line.who in (Who.ADMINS, Who.WHOLE)
    return 403 if for_admins and caller not in ("admin", "steward") else None


def allowed_status(route: Route, caller: str) -> int:
    """The status for who is not refused, and sends nothing."""
    line = route.line
    if route.method == "OPTIONS":
        return 200
    if route.method == "HEAD" and line.head:
        return line.head
    return line.signed_in_status if line.signed_in_status and caller in PEOPLE else line.status


async def credentials(site: Site, caller: str) -> dict[str, str]:
    if caller == "anonymous":
        return {}
    if caller in TOKENS:
        role = Role.ADMIN if caller == "steward" else Role.USER
        return {"Authorization": f"Bearer {await site.new_token(role, TOKENS[caller])}"}
    if caller == "withdrawn":
        return {"Authorization": f"Bearer {await site.replaced_token()}"}
    sid = await (
        site.ended_session(Role.ADMIN) if caller == "revoked" else site.new_session(PEOPLE[caller], caller == "other")
    )
    return {"Cookie": site.cookie(sid)}


@pytest.mark.parametrize("route", routes(), ids=str)
async def test_a_route_admits_exactly_the_people_of_its_matrix_row(site: Site, route: Route) -> None:
    manners = MANNERS if route.method not in ("HEAD", "OPTIONS") else ("program",)
    for caller in CALLERS:
        own_headers = await credentials(site, caller)
        for manner in manners:
            answer = await open_route(site, route.method, route.path, {**MANNERS[manner], "Origin": OWN, **own_headers})
            assert_allowed(route, caller, manner, answer)


def assert_allowed(route: Route, caller: str, manner: str, answer: Response) -> None:
    refusal, who = expected(route, caller, manner), f"{caller} by {manner}: {answer.status_code}"
    to_sign_in = answer.headers.get("Location", "").startswith("/login")
    if refusal is None:
        assert answer.status_code == allowed_status(route, caller), who
        assert not (to_sign_in and route.line.who is not Who.ALL), who
        return
    assert answer.status_code == refusal, who
    assert to_sign_in == (refusal == 303), who
    if route.path.startswith("/api/"):
        assert answer.headers["Content-Type"] == "application/problem+json", who
        assert ("WWW-Authenticate" in answer.headers) == (refusal == 401), who
    elif (refusal, manner) == (401, "htmx"):
        assert answer.headers["HX-Redirect"].startswith("/login"), who


@pytest.mark.parametrize("path", sorted({route.path for route in routes()}))
async def test_an_unsupported_method_is_refused_for_everybody(site: Site, path: str) -> None:
    allowed = {route.method for route in routes() if route.path == path}
    for caller in ("anonymous", "admin", "steward"):
        own_headers = await credentials(site, caller)
        for method, manner in product(sorted({*WRONG} - allowed), ("htmx", "program")):
            answer = await open_route(site, method, path, {**MANNERS[manner], "Origin": OWN, **own_headers})
            assert answer.status_code == 405, f"{method} by {caller}"
            assert set(answer.headers["Allow"].split(", ")) == allowed, f"{method} by {caller}"


@pytest.mark.parametrize("endpoint", sorted(OWNED))
async def test_an_object_of_another_person_is_a_404(site: Site, endpoint: str) -> None:
    token_id, session = await site.insert_token(Role.USER), await site.new_session(Role.USER)
    sent = {"session": hashlib.sha256(session.encode()).hexdigest()} if endpoint == "accounts.end_sessions" else {}
    (rule,) = (rule for rule in unconnected_app().url_map.iter_rules() if rule.endpoint == endpoint)
    path = example_path(rule).replace(PASSABLE["uuid"], str(token_id))
    for caller, manner in product(("other", "admin"), MANNERS):
        own_headers = {**MANNERS[manner], "Origin": OWN, **await credentials(site, caller)}
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = await site.app.test_client(False).open(path, method=method, headers=own_headers, form=sent or None)
            assert answer.status_code == 404, f"{method} by {caller}"

    assert await site.still_has(token_id)
    own = {"Cookie": site.cookie(session)}
    assert (await site.app.test_client(False).get("/account/tokens", headers=own)).status_code == 200


@pytest.mark.parametrize("route", routes(sockets=True), ids=str)
async def test_a_socket_admits_exactly_the_people_of_its_matrix_row(site: Site, route: Route) -> None:
    for caller, origin in product(CALLERS, (OWN, "https://evil.example", "null", None)):
        headers = {"Origin": origin, **await credentials(site, caller)} if origin else await credentials(site, caller)
        refusal = expected(route, caller, "program") if origin == OWN else 403

        with pytest.raises(WebsocketResponseError) as error:
            async with site.app.test_client(False).websocket(route.path, headers=headers) as socket:
                await socket.receive()

        assert error.value.response.status_code == (refusal or route.line.status), f"{caller} from {origin}"


@pytest.mark.parametrize("route", [each for each in routes() if each.method in CHANGING], ids=str)
async def test_changing_routes_refuse_requests_from_another_site(site: Site, route: Route) -> None:
    sid = await site.new_session(Role.ADMIN)
    for headers in FOREIGN:
        signed_in = {**headers, "Cookie": site.cookie(sid)}
        answer = await site.app.test_client(False).open(route.path, method=route.method, headers=signed_in)
        assert answer.status_code == 403, headers

    assert (await site.app.test_client(False).get("/symbols", headers={"Cookie": site.cookie(sid)})).status_code == 200


@pytest.mark.parametrize("route", [each for each in routes() if each.method == "GET"], ids=str)
async def test_no_answer_is_readable_by_scripts_of_another_site(site: Site, route: Route) -> None:
    for origin_kind in ("cross-site", "same-site"):
        headers = {"Sec-Fetch-Site": origin_kind, "Sec-Fetch-Mode": "cors", "Origin": "https://evil.example"}
        signed_in = {**headers, "Cookie": site.cookie(await site.new_session(Role.ADMIN))}
        answer = await site.app.test_client(False).get(route.path, headers=signed_in)

        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_the_matrix_is_made_of_all_routes() -> None:
    covered = {(route.method, route.path) for kind in (False, True) for route in routes(sockets=kind)}

    assert {path for _, path in covered} == {example_path(rule) for rule in unconnected_app().url_map.iter_rules()}
    assert {("GET", "/"), ("POST", "/login"), ("GET", "/admin/wire"), ("GET", "/stream")} <= covered
