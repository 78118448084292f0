"""The examples in docs/api.md work, and the desk answers as its OpenAPI document says."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest

from tests.api.conftest import administrator, get, new_token
from tests.pipeline.conftest import Desk
from tests.support import symbol_examples

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
ARGUMENT = re.compile(r"\{(\w+)\}")
EXAMPLES = re.findall(r"```sh\n(.*?)```", TEXT, re.S)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
async def test_every_example_of_the_page_runs(market: Desk) -> None:
    async with market.client() as client:
        token = await new_token(client, "jobs")
    environ = {"PATH": os.environ["PATH"], "DESK": f"http://127.0.0.1:{market.settings.port}", "TOKEN": token}

    assert len(EXAMPLES) >= 4
    for example in EXAMPLES:
        curl = await asyncio.create_subprocess_shell(
            f"{example.strip()} --noproxy '*'", env=environ, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(curl.communicate(), 30)
        assert curl.returncode == 0, (example, output)
        assert isinstance(json.loads(output), dict)


async def test_the_printed_error_is_the_one_that_is_sent(market: Desk, token: str) -> None:
    (printed,) = re.findall(r"```json\n(.*?)```", TEXT, re.S)

    assert (await get(market, "/api/v1/quotes?limits=1", token)).json() == json.loads(printed)


async def test_symbols_in_paths_are_described_by_the_same_pattern(market: Desk) -> None:
    paths = (await get(market, "/api/v1/openapi.json", None)).json()["paths"]
    described = [
        parameter["schema"]
        for operation in operations(paths)
        for parameter in operation["parameters"]
        if (parameter["in"], parameter["name"]) == ("path", "symbol")
    ]

    assert len(described) == 6
    for schema in described:
        assert [symbol for symbol in symbol_examples.ODD if not re.search(schema["pattern"], symbol)] == []
        # Python's $ also stands before a line's end, that of JSON Schema does not.
        assert [text for text in symbol_examples.NONE if re.search(schema["pattern"], text)] == ["A\n"]
        assert schema["maxLength"] == max(map(len, symbol_examples.ODD))


async def test_every_api_route_is_in_the_document(market: Desk, token: str) -> None:
    routes = TEXT[TEXT.index("\n## Routes\n") : TEXT.index("\n## Tables\n")]
    documented = set(re.findall(r"^\| `(/[^`]+)` \|", routes, re.M))
    paths = (await get(market, "/api/v1/openapi.json", None)).json()["paths"]

    assert documented == {ARGUMENT.sub(lambda match: match[1].upper(), path.removeprefix("/api/v1")) for path in paths}


def operations(paths: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in paths.values():
        yield from item.values()


class Case(NamedTuple):
    """One request of a route: `value` None says nothing of the parameter."""

    path: str
    name: str = ""
    value: str | None = None

    @property
    def address(self) -> str:
        separator = "&" if "?" in self.path else "?"
        return self.path if self.value is None else f"{self.path}{separator}{self.name}={quote(self.value)}"


OPAQUE = {"cursor", "q", "in"}
"""Cursors that the desk gave out, rules, and names of universes and lists: no schema can say what these are."""

EXAMPLE_ARGUMENTS = {"symbol": "BRK.B", "slug": "documented", "name": "market_leaders", "key": "top_2"}
"""In a path: what the market or its administrator has."""


def values(schema: dict[str, Any]) -> Iterator[str]:
    """Empty, documented, at each bound and just beyond it."""
    yield from ("", "null", *schema.get("examples", ()), *map(str, schema.get("enum", ())), "\x00", "\u00df")
    if "default" in schema:
        yield str(schema["default"])
    for bound, beyond in (("minimum", -1), ("maximum", 1)):
        if bound in schema:
            yield from (str(schema[bound]), str(schema[bound] + beyond))
    if "maxLength" in schema:
        yield from ("A" * schema["maxLength"], "A" * (schema["maxLength"] + 1))
    if schema.get("pattern", "").startswith("^(?:(?:19|20"):
        yield from ("2012-02-29", "2100-02-29", "2012-02-30", "1899-12-31", "2199-12-31", "2200-01-01", "2012-13-01")
        yield from ("2012-08-31T13:30Z", "2012-08-31T24:00Z", "2012-08-31T13:30:00", "2012-08-31T13:30:00.5+09:00")


def example_path(template: str) -> str:
    return ARGUMENT.sub(lambda match: EXAMPLE_ARGUMENTS.get(match[1], match[0]), template)


COMPUTED = ("at",)
"""Parameters whose answer an engine computes, which this market does not have."""


def cases(document: dict[str, Any]) -> Iterator[tuple[Case, dict[str, Any]]]:
    for template, item in document["paths"].items():
        if "get" not in item:
            continue
        path = example_path(template)
        required = [each for each in item["get"]["parameters"] if each["in"] == "query" and each["required"]]
        path += "?" * bool(required) + "&".join(
            f"{each['name']}={quote(each['schema']['examples'][0])}" for each in required
        )
        yield Case(path), {}
        for parameter in item["get"]["parameters"]:
            if parameter["in"] == "query" and parameter["name"] not in OPAQUE:
                for value in dict.fromkeys(values(parameter["schema"])):
                    yield Case(path, parameter["name"], value), parameter["schema"]


def errors(schema: dict[str, Any], value: object) -> list[str]:
    """What of a value the schema does not take."""
    # Not at the top: its grammars take three seconds, which every worker would spend that collects this file.
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def matches(schema: dict[str, Any], text: str) -> bool:
    """Whether the document takes this text for that parameter."""
    value: object = text
    if schema.get("type") in ("integer", "number"):
        try:
            value = (int if schema["type"] == "integer" else float)(text)
        except ValueError:
            return False
    return not errors(schema, value)


def body_fits(document: dict[str, Any], answer: httpx.Response, response: dict[str, Any]) -> None:
    """Whether an answer has the media type, the headers and the form that the document gives it."""
    ((kind, content),) = response["content"].items()
    assert answer.headers["Content-Type"] == kind
    assert {name.lower() for name in response.get("headers", ())} <= set(answer.headers)
    schema = {**content["schema"], "components": document["components"]}
    assert errors(schema, answer.json()) == []


async def test_every_parameter_is_accepted_and_refused_as_documented(market: Desk) -> None:
    document = (await get(market, "/api/v1/openapi.json", None)).json()
    async with administrator(market) as admin:
        admin.headers["Authorization"] = f"Bearer {await new_token(admin, 'admin')}"
        assert (await admin.post("/api/v1/watchlists", json={"name": "documented"})).status_code == 201
        screen = {"name": "documented", "rule": "close:0.."}
        assert (await admin.post("/api/v1/screens", json=screen)).status_code == 201
        count = 0
        for case, schema in cases(document):
            answer = await admin.get(case.address)
            expected = 200 if case.value is None or matches(schema, case.value) else 400
            if case.name in COMPUTED and case.value and expected == 200:
                expected = 503
            assert answer.status_code == expected, (case, answer.text)
            (template,) = [path for path in document["paths"] if example_path(path) == case.path.partition("?")[0]]
            responses = document["paths"][template]["get"]["responses"]
            body_fits(document, answer, responses[str(expected)])
            count += 1

    assert count > 100


async def test_errors_have_the_documented_form(market: Desk, token: str) -> None:
    document = (await get(market, "/api/v1/openapi.json", None)).json()
    for path, bearer, status in (
        ("/api/v1/quotes", None, 401),
        ("/api/v1/quotes", "ts_wrong", 401),
        ("/api/v1/audit", token, 403),
        ("/api/v1/quotes/NOBODY", token, 404),
        ("/api/v1/bars/NOBODY", token, 404),
    ):
        answer = await get(market, path, bearer)
        (responses,) = [
            item["get"]["responses"]
            for template, item in document["paths"].items()
            if template == path.replace("NOBODY", "{symbol}")
        ]
        assert answer.status_code == status
        body_fits(document, answer, responses[str(status)])


async def test_every_schema_is_used_and_every_route_names_its_errors(market: Desk) -> None:
    document = (await get(market, "/api/v1/openapi.json", None)).json()
    text = json.dumps(document)

    for kind, parts in document["components"].items():
        for name in parts:
            assert kind == "securitySchemes" or f'"#/components/{kind}/{name}"' in text, name
    assert document["servers"] == [{"url": market.settings.public_url or "/"}]
    assert {name for each in document["security"] for name in each} == set(document["components"]["securitySchemes"])
    for operation in operations(document["paths"]):
        assert {"400", "401", "403", "429", "500", "503"} <= set(operation["responses"])
        assert set(operation["responses"]) & {"200", "201", "204"}
