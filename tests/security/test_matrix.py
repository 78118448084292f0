"""Who may come where: every route and method, tried by everybody, against what its guard says."""

import asyncio
import os
from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import NamedTuple

import pytest
from quart import Quart
from quart.testing.connections import WebsocketResponseError
from werkzeug.routing import Rule

from app.factory import create_app
from app.identity import Role
from app.settings import load
from app.web.guards import Guard, guard_of
from tests.security.conftest import Door

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = "http://127.0.0.1:8000"
PASSABLE = {"default": "x", "string": "x", "path": "x", "int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}
"""What stands for an argument, by its converter: enough to reach the guard, too little to name a thing that exists."""

ASKS_BY_ITSELF = {"health.metrics": Guard.ADMIN_ONLY}
"""Public views that look at who comes: how, their own tests say; whom they refuse, this one."""

CALLERS = ("anonymous", "revoked", "user", "admin")
MANNERS: Mapping[str, Mapping[str, str]] = {
    "page": {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"},
    "htmx": {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "HX-Request": "true"},
    "program": {"Accept": "application/json"},
}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


class Route(NamedTuple):
    method: str
    path: str
    guard: Guard | None
    asks: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@cache
def nowhere() -> Quart:
    """The application as it is put together, without a server behind it."""
    away = {"REDIS_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    return create_app(load({"PATH": os.environ["PATH"], "SECRET_KEY": os.urandom(32).hex(), **away}).settings)


def filled(rule: Rule) -> str:
    """The rule's path with something in the place of each argument."""
    path = ""
    for said, value in rule._trace:
        if not said:
            path += value.lstrip("|")
            continue
        kind = type(rule._converters[value])
        names = [name for name, each in rule.map.converters.items() if each is kind and name in PASSABLE]
        assert names, f"{rule.rule}: PASSABLE has nothing for <{kind.__name__}>, so nobody can try this route"
        path += PASSABLE[names[0]]
    return path


def routes(*, sockets: bool = False) -> list[Route]:
    app, found = nowhere(), []
    for rule in app.url_map.iter_rules():
        path = filled(rule)
        for method in sorted(rule.methods or ()):
            if rule.websocket is sockets:
                endpoint, _ = app.url_map.bind("").match(path, method, websocket=sockets)
                guard = ASKS_BY_ITSELF.get(endpoint) or guard_of(app.view_functions[endpoint])
                found.append(Route(method, path, guard, endpoint in ASKS_BY_ITSELF))
    return found


def expected(route: Route, caller: str, manner: str) -> int | None:
    """The status of the refusal; None for who is let in."""
    assert route.guard, f"{route} has no guard"
    if route.guard is Guard.PUBLIC or (route.asks and route.method == "OPTIONS"):
        return None
    if caller in ("anonymous", "revoked"):
        led = manner == "page" and not route.asks and not route.path.startswith("/api/")
        return 303 if led else 401
    return 403 if route.guard is Guard.ADMIN_ONLY and caller == "user" else None


async def keys(door: Door, caller: str) -> dict[str, str]:
    if caller == "anonymous":
        return {}
    sid = await (door.revoked(Role.ADMIN) if caller == "revoked" else door.begun(Role(caller)))
    return {"Cookie": door.cookie(sid)}


@pytest.mark.parametrize("route", routes(), ids=str)
async def test_a_route_lets_in_whom_its_guard_does_and_refuses_the_others(door: Door, route: Route) -> None:
    for caller, manner in product(CALLERS, MANNERS):
        headers = {**MANNERS[manner], "Origin": OWN, **await keys(door, caller)}
        async with asyncio.timeout(10):
            answer = await door.app.test_client(False).open(route.path, method=route.method, headers=headers)

        refusal, who = expected(route, caller, manner), f"{caller} by {manner}: {answer.status_code}"
        to_sign_in = answer.headers.get("Location", "").startswith("/login")
        if refusal is None:
            assert answer.status_code not in (401, 403), who
            assert answer.status_code < 500, who
            assert not (to_sign_in and route.guard is not Guard.PUBLIC), who
        else:
            assert answer.status_code == refusal, who
            assert to_sign_in == (refusal == 303), who
            if (refusal, manner) == (401, "htmx") and not route.path.startswith("/api/"):
                assert answer.headers["HX-Redirect"].startswith("/login"), who


@pytest.mark.parametrize("route", routes(sockets=True), ids=str)
async def test_a_socket_lets_in_whom_its_guard_does_and_refuses_the_others(door: Door, route: Route) -> None:
    for caller, origin in product(CALLERS, (OWN, "https://evil.example", "null", None)):
        headers = {"Origin": origin, **await keys(door, caller)} if origin else await keys(door, caller)
        refusal = expected(route, caller, "program") if origin == OWN else 403

        with pytest.raises(WebsocketResponseError) as refused:
            async with door.app.test_client(False).websocket(route.path, headers=headers) as socket:
                await socket.receive()

        # Whom it lets in it asks for topics, which nobody named here.
        assert refused.value.response.status_code == (refusal or 400), f"{caller} from {origin}"


FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.127.0.0.1:8000"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
    {"Origin": "http://evil.example", "Host": "evil.example"},
]


@pytest.mark.parametrize("route", [each for each in routes() if each.method in CHANGING], ids=str)
async def test_what_changes_something_takes_nothing_from_another_site(door: Door, route: Route) -> None:
    sid = await door.begun(Role.ADMIN)
    for headers in FOREIGN:
        told = {**headers, "Cookie": door.cookie(sid)}
        answer = await door.app.test_client(False).open(route.path, method=route.method, headers=told)
        assert answer.status_code == 403, headers

    assert (await door.app.test_client(False).get("/symbols", headers={"Cookie": door.cookie(sid)})).status_code == 200


@pytest.mark.parametrize("route", [each for each in routes() if each.method == "GET"], ids=str)
async def test_what_is_here_is_read_by_no_script_of_another_site(door: Door, route: Route) -> None:
    for site in ("cross-site", "same-site"):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors", "Origin": "https://evil.example"}
        told = {**headers, "Cookie": door.cookie(await door.begun(Role.ADMIN))}
        answer = await door.app.test_client(False).get(route.path, headers=told)

        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_the_matrix_is_made_of_all_routes() -> None:
    tried = {(route.method, route.path) for kind in (False, True) for route in routes(sockets=kind)}

    assert {path for _, path in tried} == {filled(rule) for rule in nowhere().url_map.iter_rules()}
    assert {("GET", "/"), ("POST", "/login"), ("GET", "/admin/wire"), ("GET", "/stream")} <= tried
