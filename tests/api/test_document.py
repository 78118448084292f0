"""The examples in docs/api.md do what they say."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.api.conftest import asked
from tests.finance import grammar
from tests.stream.conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"```sh\n(.*?)```", TEXT, re.S)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
async def test_every_example_runs(market: Desk, token: str) -> None:
    known = {"PATH": os.environ["PATH"], "DESK": f"http://127.0.0.1:{market.settings.port}", "TOKEN": token}

    assert len(EXAMPLES) >= 4
    for example in EXAMPLES:
        curl = await asyncio.create_subprocess_shell(
            f"{example.strip()} --noproxy '*'", env=known, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asyncio.wait_for(curl.communicate(), 30)
        assert curl.returncode == 0, (example, said)
        assert isinstance(json.loads(said), dict)


async def test_the_refusal_that_is_printed_is_the_one_that_comes(market: Desk, token: str) -> None:
    (printed,) = re.findall(r"```json\n(.*?)```", TEXT, re.S)

    assert (await asked(market, "/api/v1/quotes?limits=1", token)).json() == json.loads(printed)


async def test_a_symbol_in_a_path_is_described_by_the_one_grammar(market: Desk) -> None:
    paths = (await asked(market, "/api/v1/openapi.json", None)).json()["paths"]
    described = [
        parameter["schema"]
        for item in paths.values()
        for parameter in item["get"]["parameters"]
        if (parameter["in"], parameter["name"]) == ("path", "symbol")
    ]

    assert len(described) == 3
    for schema in described:
        assert [symbol for symbol in grammar.ODD if not re.search(schema["pattern"], symbol)] == []
        # Python's $ also stands before a line's end, that of JSON Schema does not.
        assert [text for text in grammar.NONE if re.search(schema["pattern"], text)] == ["A\n"]
        assert schema["maxLength"] == max(map(len, grammar.ODD))


async def test_every_route_stands_in_it(market: Desk, token: str) -> None:
    told = set(re.findall(r"^\| `(/[^`]+)` \|", TEXT, re.M))
    paths = (await asked(market, "/api/v1/openapi.json", None)).json()["paths"]

    assert told == {path.removeprefix("/api/v1").replace("{symbol}", "SYMBOL") for path in paths}
