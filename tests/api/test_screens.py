"""Saved screens under /api/v1."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.scans.screens.screen import MAX_SCREENS
from tests.api.conftest import administrator, new_token, program_client
from tests.pipeline.conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCREENS = "/api/v1/screens"
ANY = {"If-Match": "*"}
CONTENT = {"name": "Oversold", "rule": "RSI(14)<40, close:0..", "scope": ["market_leaders:top_2"], "sort": "-change"}


@pytest_asyncio.fixture(loop_scope="module")
async def oversold(program: httpx.AsyncClient) -> AsyncIterator[str]:
    """The path of a screen."""
    answer = await program.post(SCREENS, json=CONTENT)
    assert answer.status_code == 201, answer.text
    yield answer.headers["Location"]
    await program.delete(answer.headers["Location"], headers=ANY)


async def test_a_saved_rule_is_read_in_its_one_spelling(program: httpx.AsyncClient, oversold: str) -> None:
    answer = await program.get(oversold)

    document = answer.json()
    assert (document["slug"], document["name"], document["rule"]) == ("oversold", "Oversold", "rsi14:lt:40,close:0..")
    assert (document["scope"], document["sort"], document["columns"]) == (["market_leaders:top_2"], "-change", "std")
    assert (await program.get(SCREENS)).json() == {"screens": [document]}
    assert (await program.get(oversold, headers={"If-None-Match": answer.headers["ETag"]})).status_code == 304


async def test_a_post_that_is_sent_again_saves_one_screen(program: httpx.AsyncClient, oversold: str) -> None:
    key = {"Idempotency-Key": "screen-1"}
    answers = [await program.post(SCREENS, json={"name": "Once", "rule": "close:0.."}, headers=key) for _ in range(2)]

    assert [(each.status_code, each.content) for each in answers] == [(201, answers[0].content)] * 2
    assert [each["slug"] for each in (await program.get(SCREENS)).json()["screens"]] == ["oversold", "once"]
    assert (await program.post(SCREENS, json={"name": "ONCE", "rule": "close:0.."})).status_code == 409
    moved = await program.patch(f"{SCREENS}/once", json={"place": 1, "name": "First"}, headers=ANY)
    assert moved.status_code == 200
    assert [each["name"] for each in (await program.get(SCREENS)).json()["screens"]] == ["First", "Oversold"]
    await program.delete(f"{SCREENS}/once", headers=ANY)


async def test_of_two_replacements_of_one_version_one_is_refused(program: httpx.AsyncClient, oversold: str) -> None:
    tag = {"If-Match": (await program.get(oversold)).headers["ETag"]}
    bodies = [{"name": "Oversold", "rule": rule} for rule in ("close:1..", "close:2..")]
    answers = await asyncio.gather(*(program.put(oversold, json=body, headers=tag) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    (winner,) = [each for each in answers if each.status_code == 200]
    read = await program.get(oversold)
    assert (read.json(), read.headers["ETag"]) == (winner.json(), winner.headers["ETag"])
    assert (read.json()["scope"], read.json()["sort"]) == ([], "symbol")


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({"rule": "clsoe:5.."}, 422, "rule: "),
        ({"rule": ""}, 422, "rule: "),
        ({"scope": ["<x>"]}, 422, "scope: "),
        ({"timeframe": "y"}, 422, "timeframe: "),
        ({"sort": "rsi99"}, 422, "sort: "),
        ({"columns": "all"}, 422, "columns: "),
        ({"name": "a\u200eb"}, 422, "seen"),
        ({"place": 1}, 422, "place"),
    ],
)
async def test_what_is_no_screen_changes_nothing(
    program: httpx.AsyncClient, oversold: str, change: dict[str, Any], status: int, detail: str
) -> None:
    before = await program.get(oversold)
    answers = [
        await program.put(oversold, json={**CONTENT, **change}, headers=ANY),
        await program.post(SCREENS, json={**CONTENT, "name": "Other", **change}),
    ]

    for answer in answers:
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert detail in answer.json()["detail"]
        assert ("errors" in answer.json()) == ("rule" in change)
    assert (await program.get(oversold)).headers["ETag"] == before.headers["ETag"]
    assert len((await program.get(SCREENS)).json()["screens"]) == 1


async def test_a_deleted_screen_comes_back(program: httpx.AsyncClient, oversold: str) -> None:
    before = (await program.get(oversold)).json()
    answer = await program.delete(oversold, headers=ANY)

    assert (answer.status_code, answer.json()["seconds"]) == (200, 60)
    assert (await program.get(oversold)).status_code == 404
    restored = await program.post(f"{SCREENS}/undo/{answer.json()['undo_id']}")
    assert (restored.status_code, {**restored.json(), "updated_at": ""}) == (200, {**before, "updated_at": ""})
    assert (await program.post(f"{SCREENS}/undo/{answer.json()['undo_id']}")).status_code == 404


async def test_a_change_names_the_version_that_was_read(program: httpx.AsyncClient, oversold: str) -> None:
    for method, body in (("PUT", CONTENT), ("PATCH", {"name": "X"}), ("DELETE", None)):
        for headers, status in (({}, 428), ({"If-Match": '"999"'}, 412)):
            assert (await program.request(method, oversold, json=body, headers=headers)).status_code == status
    assert (await program.get(oversold)).json()["name"] == "Oversold"


async def test_the_limit_of_screens_is_named(program: httpx.AsyncClient) -> None:
    answers = [
        await program.post(SCREENS, json={"name": f"Screen {number}", "rule": "close:0.."})
        for number in range(MAX_SCREENS + 1)
    ]

    assert [each.status_code for each in answers] == [201] * MAX_SCREENS + [409]
    assert str(MAX_SCREENS) in answers[-1].json()["detail"]
    for each in answers[:MAX_SCREENS]:
        await program.delete(each.headers["Location"], headers=ANY)


async def test_a_screen_of_somebody_else_is_a_404(market: Desk, program: httpx.AsyncClient, oversold: str) -> None:
    await program.post(SCREENS, json={"name": "Gone", "rule": "close:0.."})
    removal = await program.delete(f"{SCREENS}/gone", headers=ANY)
    async with administrator(market) as admin:
        token = await new_token(admin, "jobs")
    async with program_client(market, token) as other:
        for method, path, body in (
            ("GET", oversold, None),
            ("PUT", oversold, CONTENT),
            ("PATCH", oversold, {"name": "X"}),
            ("DELETE", oversold, None),
            ("POST", f"{SCREENS}/undo/{removal.json()['undo_id']}", None),
        ):
            assert (await other.request(method, path, json=body, headers=ANY)).status_code == 404, (method, path)
        assert (await other.get(SCREENS)).json() == {"screens": []}
    assert (await program.get(oversold)).json()["name"] == "Oversold"
