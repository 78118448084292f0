"""One-time links: who creates them, who may use them, and how often."""

import asyncio
import hashlib

import pytest

from app.identity import Role
from tests.pipeline.conftest import EMAIL, Desk
from tests.support.people_pages import (
    BOB,
    CAROL,
    NEW_PASSWORD,
    PAGE,
    add,
    anonymous_client,
    audit_entries,
    invite,
    invite_link,
    signed_in,
    states,
    user_id,
)


async def test_an_invited_person_chooses_a_password_and_is_signed_in(desk: Desk) -> None:
    async with desk.client() as alice, anonymous_client(desk) as bob:
        path = await invite(alice, " Bob@Example.org ", "admin")
        assert BOB in (await bob.get(path)).text

        accepted = await bob.post(path, data={"password": NEW_PASSWORD})

        assert (accepted.status_code, accepted.headers["Location"]) == (303, "/")
        assert (await bob.get("/admin/users")).status_code == 200
        assert (await bob.get(path)).status_code == 410
        assert (await bob.post(path, data={"password": NEW_PASSWORD})).status_code == 410
    assert (await states(desk))[BOB] == ("admin", True)
    assert await audit_entries(desk) == [
        (EMAIL, "invite", "ok", f"{BOB}, admin"),
        (BOB, "accept_invite", "ok", ""),
    ]


async def test_an_invitation_is_shown_once_and_stored_as_a_hash(desk: Desk) -> None:
    async with desk.client() as alice:
        path = await invite(alice)
        again = await alice.get("/admin/users", headers=PAGE)

    token = path.removeprefix("/invite/")
    assert token not in again.text
    assert BOB in again.text
    async with desk.context.pools.own.acquire() as connection:
        row = await connection.fetchval("select row_to_json(invites)::text from app.invites as invites")
    assert token not in row
    assert hashlib.sha256(token.encode()).hexdigest() in row


async def test_only_the_newest_invitation_of_an_address_works(desk: Desk) -> None:
    async with desk.client() as alice, anonymous_client(desk) as bob:
        older = await invite(alice)
        newer = await invite(alice)

        assert (await bob.get(older)).status_code == 410
        assert (await bob.get(newer)).status_code == 200


async def test_one_of_two_simultaneous_uses_of_an_invitation_succeeds(desk: Desk) -> None:
    async with desk.client() as alice, anonymous_client(desk) as one, anonymous_client(desk) as other:
        path = await invite(alice)

        answers = await asyncio.gather(*(each.post(path, data={"password": NEW_PASSWORD}) for each in (one, other)))

    assert sorted(answer.status_code for answer in answers) == [303, 410]


async def test_an_invitation_expires_after_seven_days(desk: Desk) -> None:
    async with desk.client() as alice, anonymous_client(desk) as bob:
        path = await invite(alice)
        async with desk.context.pools.own.acquire() as connection:
            left = await connection.fetchval("select extract(epoch from expires_at - now()) from app.invites")
            await connection.execute("update app.invites set expires_at = now()")

        assert 7 * 86400 - 60 < left <= 7 * 86400
        assert (await bob.get(path)).status_code == 410
        assert (await bob.post(path, data={"password": NEW_PASSWORD})).status_code == 410


async def test_a_revoked_invitation_is_a_410_and_revoking_twice_is_audited_once(desk: Desk) -> None:
    async with desk.client() as alice, anonymous_client(desk) as bob:
        path = await invite(alice)
        async with desk.context.pools.own.acquire() as connection:
            link = f"/admin/invites/{await connection.fetchval('select id from app.invites')}"
        assert BOB in (await alice.get(link, headers=PAGE)).text

        answers = [(await alice.post(link)).status_code for _ in range(2)]

        assert answers == [303, 303]
        assert (await bob.get(path)).status_code == 410
        assert (await alice.get(link)).status_code == 404
    assert [action for _, action, _, _ in await audit_entries(desk)] == ["invite", "revoke_invite"]


async def test_invitations_of_a_removed_administrator_no_longer_work(desk: Desk) -> None:
    carol = await add(desk, CAROL, Role.ADMIN)
    async with signed_in(desk, CAROL) as browser, desk.client() as alice, anonymous_client(desk) as bob:
        path = await invite(browser, BOB, "admin")
        assert (await bob.get(path)).status_code == 200

        await alice.post(f"/admin/users/{carol}", data={"do": "demote"})

        assert (await bob.get(path)).status_code == 410
        assert (await bob.post(path, data={"password": NEW_PASSWORD})).status_code == 410


async def test_a_weak_password_has_an_error_beside_its_field_and_the_invitation_still_works(desk: Desk) -> None:
    async with desk.client() as alice, anonymous_client(desk) as bob:
        path = await invite(alice)

        answers = [await bob.post(path, data={"password": weak}) for weak in ("password1234", "bob@example.org!", "")]

        assert [answer.status_code for answer in answers] == [422] * 3
        assert all('id="password-error"' in answer.text for answer in answers)
        assert "password1234" not in answers[0].text
        assert (await bob.post(path, data={"password": NEW_PASSWORD})).status_code == 303


@pytest.mark.parametrize("email", ["", "bob", "a b@example.org", "bob@example.org\x00", EMAIL])
async def test_an_invalid_address_has_an_error_beside_its_field(desk: Desk, email: str) -> None:
    async with desk.client() as alice:
        answer = await alice.post("/admin/users", data={"email": email, "role": "user"}, headers=PAGE)

    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert await audit_entries(desk) == []


async def test_an_unknown_role_has_an_error_beside_its_field(desk: Desk) -> None:
    async with desk.client() as alice:
        answer = await alice.post("/admin/users", data={"email": BOB, "role": "owner"}, headers=PAGE)

    assert answer.status_code == 422
    assert 'id="role-error"' in answer.text
    assert f'value="{BOB}"' in answer.text


async def test_invented_links_are_a_410_and_attempts_are_limited(desk: Desk) -> None:
    async with anonymous_client(desk) as mallory:
        assert (await mallory.get("/invite/%00%ff")).status_code == 410
        answers = [await mallory.post("/invite/nothing", data={"password": NEW_PASSWORD}) for _ in range(31)]

    assert [answer.status_code for answer in answers] == [410] * 30 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_a_new_password_ends_the_sessions_and_the_old_one(desk: Desk) -> None:
    bob_id = await add(desk, BOB)
    async with signed_in(desk, BOB) as bob, desk.client() as alice, anonymous_client(desk) as fresh:
        assert (await bob.get("/")).status_code == 200

        reset = await alice.post(f"/admin/users/{bob_id}", data={"do": "reset"}, headers=PAGE)
        path = await invite_link(alice)

        assert reset.status_code == 303
        assert (await bob.get("/")).headers["Location"].startswith("/login")
        with pytest.raises(AssertionError, match="do not go together"):
            async with signed_in(desk, BOB):
                pass
        accepted = await fresh.post(path, data={"password": NEW_PASSWORD})
        assert (accepted.status_code, accepted.headers["Location"]) == (303, "/login")
        assert (await fresh.get(path)).status_code == 410
        async with signed_in(desk, BOB, NEW_PASSWORD):
            pass
    assert await audit_entries(desk) == [(EMAIL, "reset_link", "ok", BOB), (BOB, "accept_reset", "ok", "")]
    assert await user_id(desk, BOB) == bob_id


async def test_a_link_for_a_new_password_opens_nothing_while_the_account_is_disabled(desk: Desk) -> None:
    bob_id = await add(desk, BOB)
    async with desk.client() as alice, anonymous_client(desk) as bob:
        await alice.post(f"/admin/users/{bob_id}", data={"do": "reset"})
        path = await invite_link(alice)
        await alice.post(f"/admin/users/{bob_id}", data={"do": "disable"})

        assert (await bob.post(path, data={"password": NEW_PASSWORD})).status_code == 410
        answer = await alice.post(f"/admin/users/{bob_id}", data={"do": "reset"}, headers=PAGE)

    assert answer.status_code == 422
    assert "Enable it first" in answer.text
