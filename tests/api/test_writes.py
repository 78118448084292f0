"""Changes under /api/v1: bodies, versions by ETag and If-Match, and repetition by Idempotency-Key."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from quart import Blueprint, abort

from app.db.audit import AuditAction, AuditOutcome, record_by
from app.identity import Scope
from app.web import api, api_writes, guards
from app.web.api_writes import ApiWrite, Created
from tests.api.conftest import administrator, new_token, program_client
from tests.pipeline.conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = "/api/v1/settings"
DEFAULTS = {
    "zone": None,
    "numbers": "point",
    "colours": "green-red",
    "density": "dense",
    "theme": "system",
    "rate": None,
    "reduced_data": False,
    "home": "desk",
}
NOTES = "/api/v1/notes"


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class Gate:
    """Holds views until it opens."""

    def __init__(self) -> None:
        self.entered, self.open, self.reactions = asyncio.Event(), asyncio.Event(), 0
        self.open.set()

    async def react(self) -> None:
        self.reactions += 1


gate = Gate()
notes_blueprint = Blueprint("notes_api", __name__, url_prefix=api.ROOT)


@notes_blueprint.post("/notes")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(Note, body=Note, creates=True)
async def make(note: Note, write: ApiWrite) -> Created:
    """Writes a note into the audit."""
    gate.entered.set()
    await gate.open.wait()
    await record_by(write.connection, guards.identity(), AuditAction.EXPORT, AuditOutcome.OK, "", note.text)
    if note.text == "refused":
        abort(409, "There is one of that name.")
    write.after_commit(gate.react)
    return Created(note, f"{NOTES}/1", 1)


@notes_blueprint.delete("/notes")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(None)
async def remove(write: ApiWrite) -> None:
    """Removes nothing, at version 3."""
    write.require(3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(market: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a token that may change what is its owner's, on a desk with notes."""
    vars(market.app)["_got_first_request"] = False
    market.app.register_blueprint(notes_blueprint)
    async with market.client() as client:
        token = await new_token(client, "jobs", "Writer")
    async with program_client(market, token) as client:
        yield client


async def notes(market: Desk) -> list[str]:
    async with market.context.pools.own.acquire() as connection:
        rows = await connection.fetch("select detail from app.audit where action = 'export' order by id")
    return [row["detail"] for row in rows]


async def send(program: httpx.AsyncClient, text: str, key: str | None, path: str = NOTES) -> httpx.Response:
    return await program.post(path, json={"text": text}, headers={"Idempotency-Key": key} if key else {})


async def test_settings_are_replaced_at_the_version_that_was_read(market: Desk, program: httpx.AsyncClient) -> None:
    first = await program.get(SETTINGS)
    assert (first.status_code, first.headers["ETag"], first.json()) == (200, '"0"', DEFAULTS)

    changed = {**DEFAULTS, "zone": "Asia/Tokyo", "rate": "5s", "theme": "dark", "home": "patterns"}
    answer = await program.put(SETTINGS, json=changed, headers={"If-Match": '"0"'})
    again = await program.put(SETTINGS, json=DEFAULTS, headers={"If-Match": '"0"'})
    weak = await program.put(SETTINGS, json=DEFAULTS, headers={"If-Match": 'W/"1"'})
    read = await program.get(SETTINGS)

    assert (answer.status_code, answer.headers["ETag"], answer.json()) == (200, '"1"', changed)
    assert (again.status_code, weak.status_code) == (412, 412)
    assert again.headers["Content-Type"] == "application/problem+json"
    assert (read.json(), read.headers["ETag"]) == (changed, '"1"')
    anyhow = await program.put(SETTINGS, json=DEFAULTS, headers={"If-Match": "*"})
    assert (anyhow.status_code, anyhow.headers["ETag"]) == (200, '"2"')


async def test_an_unchanged_resource_is_not_sent_again(program: httpx.AsyncClient) -> None:
    tag = (await program.get(SETTINGS)).headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = await program.get(SETTINGS, headers={"If-None-Match": sent})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)

    assert (await program.get(SETTINGS, headers={"If-None-Match": '"x"'})).status_code == 200


async def test_of_two_changes_of_one_version_one_is_refused(program: httpx.AsyncClient) -> None:
    tag = (await program.get(SETTINGS)).headers["ETag"]
    answers = await asyncio.gather(*(program.put(SETTINGS, json=DEFAULTS, headers={"If-Match": tag}) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


@pytest.mark.parametrize(
    ("content", "kind", "status", "detail"),
    [
        (msgspec.json.encode(DEFAULTS), "text/plain", 415, "Content-Type: application/json"),
        (msgspec.json.encode(DEFAULTS), None, 415, "Content-Type: application/json"),
        (b"{", "application/json", 400, "not JSON"),
        (b"\xff", "application/json", 400, "not JSON"),
        (b'{"zone":"\xff"}', "application/json", 400, "not JSON"),
        (b"[]", "application/json", 422, "Expected `object`"),
        (b"{}", "application/json", 422, "`zone`"),
        (msgspec.json.encode({**DEFAULTS, "more": 1}), "application/json", 422, "`more`"),
        (msgspec.json.encode({**DEFAULTS, "theme": "pink"}), "application/json; charset=utf-8", 422, "theme: "),
        (msgspec.json.encode({**DEFAULTS, "zone": "Mars"}), "application/json", 422, "zone: "),
        (msgspec.json.encode({**DEFAULTS, "zone": "U" * 70_000}), "application/json", 413, ""),
    ],
)
async def test_a_body_that_cannot_be_taken_is_refused_and_changes_nothing(
    program: httpx.AsyncClient, content: bytes, kind: str | None, status: int, detail: str
) -> None:
    before = (await program.get(SETTINGS)).headers["ETag"]
    headers = {"If-Match": "*", **({"Content-Type": kind} if kind else {})}
    answer = await program.put(SETTINGS, content=content, headers=headers)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    assert detail in answer.json()["detail"]
    assert (await program.get(SETTINGS)).headers["ETag"] == before


async def test_a_change_without_a_version_is_refused(program: httpx.AsyncClient) -> None:
    assert (await program.put(SETTINGS, json=DEFAULTS)).status_code == 428
    assert (await program.delete(NOTES)).status_code == 428
    assert (await program.delete(NOTES, headers={"If-Match": '"2"'})).status_code == 412
    done = await program.delete(NOTES, headers={"If-Match": '"2", "3"'})
    assert (done.status_code, done.content) == (204, b"")
    unknown = await program.put(f"{SETTINGS}?zone=UTC", json=DEFAULTS, headers={"If-Match": "*"})
    assert unknown.status_code == 400


async def test_a_token_that_reads_changes_nothing(market: Desk) -> None:
    async with market.client() as client:
        token = await new_token(client, "read", "Reader")
    async with program_client(market, token) as reader:
        answer = await reader.put(SETTINGS, json=DEFAULTS, headers={"If-Match": "*"})

        assert (answer.status_code, (await reader.get(SETTINGS)).status_code) == (403, 200)


async def test_a_repeated_request_is_answered_as_the_first_time(market: Desk, program: httpx.AsyncClient) -> None:
    reactions = gate.reactions
    first, second = await send(program, "one", "key-1"), await send(program, "one", "key-1")

    assert (first.status_code, first.headers["Location"], first.headers["ETag"]) == (201, f"{NOTES}/1", '"1"')
    assert (second.status_code, second.content, second.headers["Location"], second.headers["ETag"]) == (
        first.status_code,
        first.content,
        first.headers["Location"],
        first.headers["ETag"],
    )
    assert ((await notes(market)).count("one"), gate.reactions - reactions) == (1, 1)
    assert [(await send(program, "one", None)).status_code for _ in range(2)] == [201, 201]
    assert (await notes(market)).count("one") == 3
    assert (await send(program, "another", "key-1")).status_code == 422
    assert "another" not in await notes(market)


async def test_keys_of_different_people_are_different(market: Desk, program: httpx.AsyncClient) -> None:
    assert (await send(program, "mine", "shared")).status_code == 201
    async with administrator(market) as admin:
        token = await new_token(admin, "jobs")
        async with program_client(market, token) as other:
            assert (await send(other, "theirs", "shared")).status_code == 201

    assert {"mine", "theirs"} <= set(await notes(market))


async def test_a_refused_request_may_be_corrected_under_its_key(market: Desk, program: httpx.AsyncClient) -> None:
    assert (await send(program, "refused", "key-2")).status_code == 409
    assert (await send(program, "corrected", "key-2")).status_code == 201

    assert {"refused", "corrected"} & set(await notes(market)) == {"corrected"}


async def test_a_request_under_a_key_that_is_still_running_is_refused(market: Desk, program: httpx.AsyncClient) -> None:
    gate.open.clear()
    gate.entered.clear()
    running = asyncio.create_task(send(program, "slow", "key-3"))
    await asyncio.wait_for(gate.entered.wait(), 30)
    meanwhile = await send(program, "slow", "key-3")
    gate.open.set()

    assert (meanwhile.status_code, (await running).status_code) == (409, 201)
    assert (await send(program, "slow", "key-3")).status_code == 201
    assert (await notes(market)).count("slow") == 1


async def test_a_key_ends_after_a_day(market: Desk, program: httpx.AsyncClient) -> None:
    assert (await send(program, "early", "key-4")).status_code == 201
    async with market.context.pools.own.acquire() as connection:
        await connection.execute("update app.idempotency_keys set created_at = created_at - interval '24 hours'")
    assert (await send(program, "late", "key-4")).status_code == 201

    async with market.context.pools.own.acquire() as connection:
        keys = [row["key"] for row in await connection.fetch("select key from app.idempotency_keys")]
    assert keys == ["key-4"]


@pytest.mark.parametrize("key", ["", "k" * 65, "two words", "caf\u00e9"])
async def test_a_text_that_is_no_key_is_refused(program: httpx.AsyncClient, key: str) -> None:
    headers: Any = {"Idempotency-Key": key.encode()}
    assert (await program.post(NOTES, json={"text": "x"}, headers=headers)).status_code == 400


async def test_a_body_must_forbid_unknown_fields() -> None:
    class Loose(msgspec.Struct):
        text: str

    with pytest.raises(TypeError, match="unknown fields"):
        api_writes.typed(None, body=Loose)


async def test_the_document_describes_changes(market: Desk, program: httpx.AsyncClient) -> None:
    paths = (await program.get("/api/v1/openapi.json")).json()["paths"]
    put, post, get = paths["/api/v1/settings"]["put"], paths[NOTES]["post"], paths["/api/v1/settings"]["get"]

    assert {"200", "409", "412", "413", "415", "422", "428"} <= set(put["responses"])
    assert put["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/SettingsDocument")
    assert [(each["name"], each["required"]) for each in put["parameters"]] == [("If-Match", True)]
    assert [(each["name"], each["required"]) for each in post["parameters"]] == [("Idempotency-Key", False)]
    assert {"ETag", "Location"} == set(post["responses"]["201"]["headers"])
    assert "428" not in post["responses"]
    assert "304" in get["responses"]
    assert set(paths[NOTES]["delete"]["responses"]) & {"200", "204"} == {"204"}
