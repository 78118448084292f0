"""What administrators can do to accounts, and that one administrator always remains."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from app.identity import Role
from tests.pipeline.conftest import EMAIL, Desk
from tests.support.people_pages import (
    BOB,
    CAROL,
    PAGE,
    add,
    anonymous_client,
    audit_entries,
    invite,
    signed_in,
    states,
    user_id,
)

WAITING = """
select count(*) from pg_locks
 where locktype = 'advisory' and not granted
   and database = (select oid from pg_database where datname = current_database())
"""

NOBODY = "00000000-0000-4000-8000-000000000000"


def deletion(email: str) -> tuple[str, dict[str, str]]:
    return "/delete", {"email": email}


def action_form(name: str) -> tuple[str, dict[str, str]]:
    return "", {"do": name}


async def send(client: httpx.AsyncClient, user: object, what: tuple[str, dict[str, str]]) -> httpx.Response:
    return await client.post(f"/admin/users/{user}{what[0]}", data=what[1], headers=PAGE)


async def test_the_list_shows_all_people_and_their_last_sign_in(desk: Desk) -> None:
    await add(desk, BOB)

    async with desk.client() as alice:
        text = (await alice.get("/admin/users", headers=PAGE)).text

    rows = {row.partition("</a>")[0].rpartition(">")[2]: row for row in text.split("<tr>")[2:]}
    assert "administrator" in rows[EMAIL]
    assert "<td>-</td>" not in rows[EMAIL]
    assert "<td>-</td>" in rows[BOB]


async def test_a_long_list_is_paged(desk: Desk) -> None:
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute(
            "insert into app.users (email, password_hash)"
            " select 'p' || lpad(n::text, 3, '0') || '@example.org', '' from generate_series(1, 105) as n"
        )
    async with desk.client() as alice:
        first = (await alice.get("/admin/users", headers=PAGE)).text
        second = (await alice.get("/admin/users?after=p099%40example.org", headers=PAGE)).text

    assert "p099@example.org" in first
    assert 'href="/admin/users?after=p099%40example.org"' in first
    assert "p100@example.org" not in first
    assert "p100@example.org" in second


@pytest.mark.parametrize("what", [action_form("disable"), action_form("promote"), deletion(BOB)], ids=str)
async def test_a_changed_account_is_signed_out_at_once(desk: Desk, what: tuple[str, dict[str, str]]) -> None:
    bob_id = await add(desk, BOB)
    async with signed_in(desk, BOB) as bob, desk.client() as alice:
        assert (await bob.get("/")).status_code == 200

        answer = await send(alice, bob_id, what)

        assert answer.status_code == 303
        assert (await bob.get("/")).headers["Location"].startswith("/login")


async def test_a_disabled_account_cannot_sign_in_until_it_is_enabled(desk: Desk) -> None:
    bob_id = await add(desk, BOB)
    async with desk.client() as alice:
        await send(alice, bob_id, action_form("disable"))
        with pytest.raises(AssertionError, match="do not go together"):
            async with signed_in(desk, BOB):
                pass
        await send(alice, bob_id, action_form("enable"))
        async with signed_in(desk, BOB) as bob:
            assert (await bob.get("/")).status_code == 200

    assert await audit_entries(desk) == [(EMAIL, "disable_user", "ok", BOB), (EMAIL, "enable_user", "ok", BOB)]


async def test_repeating_an_action_changes_and_audits_it_once(desk: Desk) -> None:
    bob_id = await add(desk, BOB)
    async with desk.client() as alice:
        answers = [(await send(alice, bob_id, action_form("promote"))).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert await audit_entries(desk) == [(EMAIL, "change_role", "ok", f"{BOB}, admin")]


async def test_deleting_asks_for_the_address_and_keeps_the_audit(desk: Desk) -> None:
    bob_id = await add(desk, BOB)
    async with desk.client() as alice:
        answer = await send(alice, bob_id, deletion(EMAIL))
        assert (answer.status_code, 'id="email-error"' in answer.text) == (422, True)
        assert BOB in await states(desk)

        assert (await send(alice, bob_id, deletion(" Bob@Example.org "))).status_code == 303
        assert (await send(alice, bob_id, deletion(BOB))).status_code == 404

    assert BOB not in await states(desk)
    assert await audit_entries(desk) == [(EMAIL, "delete_user", "ok", BOB)]


@pytest.mark.parametrize("what", [action_form("disable"), action_form("demote"), deletion(EMAIL)], ids=str)
async def test_the_last_administrator_cannot_be_removed(desk: Desk, what: tuple[str, dict[str, str]]) -> None:
    carol = await add(desk, CAROL, Role.ADMIN)
    await add(desk, BOB)
    async with desk.client() as alice:
        await send(alice, carol, action_form("disable"))

        answer = await send(alice, await user_id(desk), what)

        assert answer.status_code == 422
        assert "Somebody must be left" in answer.text
        assert (await alice.get("/admin/users")).status_code == 200
    assert (await states(desk))[EMAIL] == ("admin", True)
    actor, _, outcome, detail = (await audit_entries(desk))[-1]
    assert (actor, outcome, detail.split(",")[0]) == (EMAIL, "refused", EMAIL)


async def test_an_administrator_without_a_password_does_not_count_as_another_administrator(desk: Desk) -> None:
    carol = await add(desk, CAROL, Role.ADMIN)
    async with desk.client() as alice:
        assert (await send(alice, carol, action_form("reset"))).status_code == 303

        answer = await send(alice, await user_id(desk), action_form("demote"))

    assert answer.status_code == 422
    assert (await states(desk))[EMAIL] == ("admin", True)


@pytest.mark.parametrize("name", ["demote", "disable", "reset", "delete"])
async def test_two_administrators_cannot_remove_each_other_at_once(desk: Desk, name: str) -> None:
    alice_id, carol_id = await user_id(desk), await add(desk, CAROL, Role.ADMIN)
    own = desk.context.pools.own
    async with own.acquire(), own.acquire(), own.acquire():
        pass  # for each a link that is open already: a lock is waited for no longer than a second
    async with own.acquire() as holder, signed_in(desk, CAROL) as carol, desk.client() as alice:
        # Held until both were let through the door, so that neither can see what the other does.
        await holder.execute("select pg_advisory_lock(hashtext('tickstock people'))")
        requests = asyncio.gather(
            send(alice, carol_id, deletion(CAROL) if name == "delete" else action_form(name)),
            send(carol, alice_id, deletion(EMAIL) if name == "delete" else action_form(name)),
        )
        async with asyncio.timeout(20):
            while await holder.fetchval(WAITING) < 2:
                await asyncio.sleep(0.01)
        await holder.execute("select pg_advisory_unlock_all()")
        answers = await requests
        left = await holder.fetchval(
            "select count(*) from app.users where role = 'admin' and active and password_hash <> ''"
        )

    assert left == 1
    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert [row[2] for row in await audit_entries(desk) if row[1] != "refuse"] == ["ok", "refused"]


async def test_a_demoted_administrator_changes_nothing_with_a_page_that_is_still_open(desk: Desk) -> None:
    carol, bob = await add(desk, CAROL, Role.ADMIN), await add(desk, BOB)
    async with signed_in(desk, CAROL) as browser:
        assert (await browser.get(f"/admin/users/{bob}")).status_code == 200
        async with desk.context.pools.own.acquire() as connection:
            await connection.execute("update app.users set role = 'user' where id = $1", carol)

        answer = await send(browser, bob, action_form("promote"))

    assert answer.status_code == 403
    assert (await states(desk))[BOB] == ("user", True)


async def test_an_administrator_cannot_create_a_reset_link_for_themselves(desk: Desk) -> None:
    async with desk.client() as alice:
        answer = await send(alice, await user_id(desk), action_form("reset"))

        assert answer.status_code == 422
        assert (await alice.get("/admin/users")).status_code == 200


@pytest.mark.parametrize("path", ["/admin/users/nobody", f"/admin/users/{NOBODY}", f"/admin/invites/{NOBODY}"])
async def test_an_unknown_person_is_a_404(desk: Desk, path: str) -> None:
    async with desk.client() as alice:
        assert (await alice.get(path)).status_code == 404


@pytest.mark.parametrize("do", ["", "delete", "own", "\x00", "\ud800"])
async def test_an_unknown_action_is_a_400(desk: Desk, do: str) -> None:
    bob = await add(desk, BOB)
    async with desk.client() as alice:
        answer = await alice.post(
            f"/admin/users/{bob}",
            content=b"do=" + do.encode("utf-8", "surrogatepass"),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

    assert answer.status_code == 400


async def test_only_administrators_reach_the_list_of_people(desk: Desk) -> None:
    bob_id = await add(desk, BOB)
    paths = ("/admin/users", f"/admin/users/{bob_id}", f"/admin/users/{bob_id}/delete", f"/admin/invites/{uuid4()}")
    async with signed_in(desk, BOB) as bob, anonymous_client(desk) as nobody:
        for path in paths:
            assert [(await bob.request(method, path)).status_code for method in ("GET", "POST")] == [403, 403]
            assert (await nobody.get(path)).headers["Location"].startswith("/login")

    refusals = [f"{method} {path}" for path in paths for method in ("GET", "POST")]
    assert await audit_entries(desk) == [(BOB, "refuse", "refused", refusal) for refusal in refusals]


async def test_changes_are_rate_limited_and_the_answer_names_the_time_to_wait(desk: Desk) -> None:
    bob = await add(desk, BOB)
    async with desk.client() as alice:
        await invite(alice, CAROL)
        for _ in range(60):
            await desk.context.limits.hit("admin:people", str(await user_id(desk)), "60/minute")
        answers = [
            await alice.post("/admin/users", data={"email": "dave@example.org", "role": "user"}),
            await send(alice, bob, action_form("disable")),
            await send(alice, bob, deletion(BOB)),
            await alice.post(f"/admin/invites/{uuid4()}"),
        ]

    assert [answer.status_code for answer in answers] == [429] * 4
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert (await states(desk))[BOB] == ("user", True)
    assert [row[2] for row in await audit_entries(desk)] == ["ok"] + ["limited"] * 4
