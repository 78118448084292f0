"""Every route of the application, and who may call it."""

import asyncio
import os
from collections.abc import Mapping
from functools import cache
from itertools import count
from typing import NamedTuple

from quart import Quart, Response
from werkzeug.routing import Rule

from app.server.factory import create_app
from app.settings.load import load
from tests.house.lines import LINES, Line
from tests.security.conftest import Site

OWN = "http://127.0.0.1:8000"

PASSABLE = {
    "default": "x",
    "string": "x",
    "slug": "x",
    "path": "x",
    "int": "1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
"""What stands for an argument, by its converter: enough to reach the guard, too little to name a thing that exists."""

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}

numbers = count(1)


class Route(NamedTuple):
    method: str
    path: str
    endpoint: str
    line: Line

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@cache
def unconnected_app() -> Quart:
    """The application without any server behind it."""
    away = {"REDIS_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    return create_app(load({"PATH": os.environ["PATH"], "SECRET_KEY": os.urandom(32).hex(), **away}).settings)


def example_path(rule: Rule) -> str:
    """The rule's path with something in the place of each argument."""
    path = ""
    for is_variable, value in rule._trace:
        if not is_variable:
            path += value.lstrip("|")
            continue
        kind = type(rule._converters[value])
        names = [name for name, each in rule.map.converters.items() if each is kind and name in PASSABLE]
        assert names, f"{rule.rule}: PASSABLE has nothing for <{kind.__name__}>, so nobody can try this route"
        path += PASSABLE[names[0]]
    return path


def routes(*, sockets: bool = False) -> list[Route]:
    app, listed = unconnected_app(), []
    for rule in app.url_map.iter_rules():
        path = example_path(rule)
        for method in sorted(rule.methods or ()):
            if rule.websocket is sockets:
                endpoint, _ = app.url_map.bind("").match(path, method, websocket=sockets)
                assert endpoint in LINES, f"{endpoint} has no line in tests/house/lines.py"
                listed.append(Route(method, path, endpoint, LINES[endpoint]))
    return listed


async def open_route(site: Site, method: str, path: str, headers: Mapping[str, str]) -> Response:
    """Requests a route from an address of its own, so that rate limits of other cases do not count."""
    number = next(numbers)
    async with asyncio.timeout(10):
        return await site.app.test_client(False).open(
            path,
            method=method,
            headers={**headers},
            scope_base={"client": (f"198.18.{number // 250 % 250}.{number % 250 + 1}", 4000)},
        )


FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.127.0.0.1:8000"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
    {"Origin": "http://evil.example", "Host": "evil.example"},
]
