"""Watchlists under /api/v1: whole lists, their entries, and what two programs do to one of them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from app.watchlists.watchlist import MAX_ENTRIES, MAX_LISTS
from tests.api.conftest import administrator, new_token, program_client
from tests.pipeline.conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTS = "/api/v1/watchlists"
ANY = {"If-Match": "*"}


@pytest_asyncio.fixture(loop_scope="module")
async def core(program: httpx.AsyncClient) -> AsyncIterator[str]:
    """The path of a list with BRK.B, and BF/B in the section Spirits."""
    entries = [{"symbol": "brk-b", "note": "  old  "}, {"symbol": "BF/B", "section": "Spirits"}]
    answer = await program.post(LISTS, json={"name": "Core", "entries": entries})
    assert answer.status_code == 201, answer.text
    yield answer.headers["Location"]
    await program.delete(answer.headers["Location"], headers=ANY)


async def read(program: httpx.AsyncClient, path: str) -> tuple[dict[str, list[tuple[str, str]]], str]:
    """Symbol and note of each entry, by section; and the ETag."""
    answer = await program.get(path)
    assert answer.status_code == 200, answer.text
    sections = answer.json()["sections"]
    return {each["name"]: [(e["symbol"], e["note"]) for e in each["entries"]] for each in sections}, answer.headers[
        "ETag"
    ]


def arranged(*sections: tuple[str, list[str]]) -> dict[str, Any]:
    return {"sections": [{"name": name, "entries": [{"symbol": s} for s in symbols]} for name, symbols in sections]}


async def test_a_list_is_created_with_its_entries(program: httpx.AsyncClient, core: str) -> None:
    sections, _ = await read(program, core)
    first = (await program.get(core)).json()["sections"][0]["entries"][0]

    assert sections == {"": [("BRK.B", "old")], "Spirits": [("BF/B", "")]}
    assert first["price_added"] == 40.0
    (listed,) = (await program.get(LISTS)).json()["watchlists"]
    assert (listed["slug"], listed["name"], listed["entries"], listed["on_desk"]) == ("core", "Core", 2, False)


async def test_an_unchanged_list_is_not_sent_again(program: httpx.AsyncClient, core: str) -> None:
    _, tag = await read(program, core)

    assert (await program.get(core, headers={"If-None-Match": tag})).status_code == 304
    await program.post(f"{core}/entries", json={"entries": [{"symbol": "X:BTCUSD"}]})
    assert (await program.get(core, headers={"If-None-Match": tag})).status_code == 200


async def test_a_post_that_is_sent_again_creates_one_list(program: httpx.AsyncClient) -> None:
    answers = [
        await program.post(LISTS, json={"name": "Once"}, headers={"Idempotency-Key": "list-1"}) for _ in range(2)
    ]

    assert [(each.status_code, each.content) for each in answers] == [(201, answers[0].content)] * 2
    assert [each["slug"] for each in (await program.get(LISTS)).json()["watchlists"]] == ["once"]
    assert (await program.post(LISTS, json={"name": "ONCE"})).status_code == 409
    await program.delete(f"{LISTS}/once", headers=ANY)


async def test_added_symbols_say_what_became_of_each(program: httpx.AsyncClient, core: str) -> None:
    sent = ["x:btcusd", "BRK.B", "X:BTCUSD", "X:BTCUSC", "NOTHING-LIKE"]
    answer = await program.post(f"{core}/entries", json={"entries": [{"symbol": symbol} for symbol in sent]})

    assert answer.status_code == 200, answer.text
    outcome = answer.json()
    assert (outcome["added"], outcome["doubles"]) == (["X:BTCUSD"], ["BRK.B", "X:BTCUSD"])
    assert outcome["unknown"] == [
        {"symbol": "X:BTCUSC", "near": ["X:BTCUSD"]},
        {"symbol": "NOTHING-LIKE", "near": []},
    ]
    sections, tag = await read(program, core)
    assert (sections[""], tag) == ([("BRK.B", "old"), ("X:BTCUSD", "")], answer.headers["ETag"])

    undone = await program.post(f"{LISTS}/undo/{outcome['undo_id']}")
    assert (undone.status_code, (await read(program, core))[0][""]) == (200, [("BRK.B", "old")])
    assert (await program.post(f"{LISTS}/undo/{outcome['undo_id']}")).status_code == 404


async def test_a_list_is_replaced_as_a_whole(program: httpx.AsyncClient, core: str) -> None:
    before = (await program.get(core)).json()["sections"][1]["entries"][0]
    body = arranged(("Drinks", []), ("spirits", ["X:BTCUSD", "BF/B"]))
    answer = await program.put(core, json=body, headers={"If-Match": (await read(program, core))[1]})

    assert answer.status_code == 200, answer.text
    assert (await read(program, core))[0] == {"Drinks": [], "spirits": [("X:BTCUSD", ""), ("BF/B", "")]}
    assert answer.json()["watchlist"]["sections"][1]["entries"][1]["added_at"] == before["added_at"]
    await program.post(f"{LISTS}/undo/{answer.json()['undo']['undo_id']}")
    assert (await read(program, core))[0]["Drinks"] == [("BRK.B", "old")]


async def test_of_two_replacements_of_one_version_one_is_refused(program: httpx.AsyncClient, core: str) -> None:
    _, tag = await read(program, core)
    bodies = [arranged(("", [symbol])) for symbol in ("BRK.B", "BF/B")]
    answers = await asyncio.gather(*(program.put(core, json=body, headers={"If-Match": tag}) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert (await read(program, core))[1] == next(each for each in answers if each.status_code == 200).headers["ETag"]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (arranged(("", ["NOBODY"])), 422, "NOBODY"),
        (arranged(("", ["BF/B", "bf/b"])), 422, "twice"),
        (arranged(("", []), ("", [])), 422, "name"),
        (arranged(("A", []), ("a", [])), 409, "section"),
        (arranged(*((f"S{number}", []) for number in range(51))), 422, "50"),
        ({"sections": []}, 422, "sections"),
        ({**arranged(("", [])), "name": "New"}, 422, "name"),
        (arranged(("  A", [])), 422, "blanks"),
    ],
)
async def test_an_arrangement_that_cannot_be_changes_nothing(
    program: httpx.AsyncClient, core: str, body: dict[str, Any], status: int, detail: str
) -> None:
    before = await read(program, core)
    answer = await program.put(core, json=body, headers=ANY)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    assert detail in answer.json()["detail"]
    assert await read(program, core) == before


async def test_a_list_is_renamed_moved_and_shown_on_the_desk(program: httpx.AsyncClient, core: str) -> None:
    await program.post(LISTS, json={"name": "Second"})
    answer = await program.patch(core, json={"name": "New name", "on_desk": True, "place": 2}, headers=ANY)
    listed = (await program.get(LISTS)).json()["watchlists"]

    assert (answer.status_code, answer.json()["name"]) == (200, "New name")
    assert [(each["name"], each["on_desk"]) for each in listed] == [("Second", False), ("New name", True)]
    assert (await program.patch(core, json={"name": "second"}, headers=ANY)).status_code == 409
    assert (await program.patch(core, json={"name": "a\u200eb"}, headers=ANY)).status_code == 422
    assert (await program.patch(f"{LISTS}/second", json={"on_desk": False}, headers=ANY)).status_code == 200
    assert (await program.get(LISTS)).json()["watchlists"][1]["on_desk"]
    await program.delete(f"{LISTS}/second", headers=ANY)


async def test_a_deleted_list_comes_back(program: httpx.AsyncClient, core: str) -> None:
    answer = await program.delete(core, headers={"If-Match": (await read(program, core))[1]})

    assert (answer.status_code, answer.json()["seconds"]) == (200, 60)
    assert (await program.get(core)).status_code == 404
    assert (await program.post(f"{LISTS}/undo/{answer.json()['undo_id']}")).json()["name"] == "Core"
    assert (await read(program, core))[0] == {"": [("BRK.B", "old")], "Spirits": [("BF/B", "")]}


async def test_an_entry_is_annotated_moved_and_taken_off(program: httpx.AsyncClient, core: str) -> None:
    path = f"{core}/entries/{quote('bf/b', safe='')}"
    annotation = await program.patch(
        path, json={"note": "a  note"}, headers={"If-Match": (await read(program, core))[1]}
    )
    assert (annotation.status_code, annotation.json()["note"]) == (200, "a note"), annotation.text
    assert annotation.headers["ETag"] == (await read(program, core))[1]

    await program.patch(path, json={"section": "", "place": 1}, headers=ANY)
    assert (await read(program, core))[0] == {"": [("BF/B", "a note"), ("BRK.B", "old")], "Spirits": []}
    removal = await program.delete(path, headers=ANY)
    assert (removal.status_code, (await read(program, core))[0][""]) == (200, [("BRK.B", "old")])
    assert (await program.delete(path, headers=ANY)).status_code == 404
    assert (await program.patch(path, json={"note": ""}, headers=ANY)).status_code == 404


async def test_a_change_names_the_version_that_was_read(program: httpx.AsyncClient, core: str) -> None:
    entry = f"{core}/entries/BRK.B"
    before = await read(program, core)
    for method, path, body in (
        ("PUT", core, arranged(("", []))),
        ("PATCH", core, {"name": "X"}),
        ("DELETE", core, None),
        ("PATCH", entry, {"note": "X"}),
        ("DELETE", entry, None),
    ):
        for headers, status in (({}, 428), ({"If-Match": '"999"'}, 412)):
            answer = await program.request(method, path, json=body, headers=headers)
            assert answer.status_code == status, (method, path, answer.text)
    assert await read(program, core) == before


async def test_a_body_that_cannot_be_taken_is_refused(program: httpx.AsyncClient, core: str) -> None:
    text = await program.post(LISTS, content=b'{"name": "X"}', headers={"Content-Type": "text/plain"})
    unknown = await program.post(f"{core}/entries", json={"entries": [{"symbol": "BRK.B", "price": 3}]})
    many = await program.post(f"{core}/entries", json={"entries": [{"symbol": "BRK.B"}] * (MAX_ENTRIES + 1)})
    long = [{"symbol": "BRK.B", "note": "n" * 500}] * MAX_ENTRIES

    assert (text.status_code, unknown.status_code, many.status_code) == (415, 422, 422)
    assert "price" in unknown.json()["detail"]
    assert str(MAX_ENTRIES) in many.json()["detail"]
    assert (await program.post(f"{core}/entries", json={"entries": long})).json()["doubles"] == ["BRK.B"] * MAX_ENTRIES
    body = {"sections": [{"name": "", "entries": long}]}
    assert (await program.put(core, json=body, headers=ANY)).status_code == 422
    assert (await program.post(LISTS, json={"name": "X" * 3_000_000})).status_code == 413


async def test_the_limit_of_lists_is_named(program: httpx.AsyncClient) -> None:
    answers = [await program.post(LISTS, json={"name": f"List {number}"}) for number in range(MAX_LISTS + 1)]

    assert [each.status_code for each in answers] == [201] * MAX_LISTS + [409]
    assert str(MAX_LISTS) in answers[-1].json()["detail"]
    for each in answers[:MAX_LISTS]:
        await program.delete(each.headers["Location"], headers=ANY)


async def test_a_list_of_somebody_else_is_a_404(market: Desk, program: httpx.AsyncClient, core: str) -> None:
    removal = await program.delete(f"{core}/entries/BRK.B", headers=ANY)
    async with administrator(market) as admin:
        token = await new_token(admin, "jobs")
    before = await read(program, core)
    async with program_client(market, token) as other:
        for method, path, body in (
            ("GET", core, None),
            ("PUT", core, arranged(("", []))),
            ("PATCH", core, {"name": "X"}),
            ("DELETE", core, None),
            ("POST", f"{core}/entries", {"entries": [{"symbol": "BRK.B"}]}),
            ("PATCH", f"{core}/entries/BF%2FB", {"note": "X"}),
            ("DELETE", f"{core}/entries/BF%2FB", None),
            ("POST", f"{LISTS}/undo/{removal.json()['undo_id']}", None),
        ):
            answer = await other.request(method, path, json=body, headers=ANY)
            assert answer.status_code == 404, (method, path, answer.text)
        assert (await other.get(LISTS)).json() == {"watchlists": []}
    assert await read(program, core) == before
