"""Which passwords are accepted, and how they are stored."""

import asyncio

import pytest
from argon2 import PasswordHasher

from app.accounts import passwords, throttle


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "Password2026!",
        "qwertyuiop12",
        "123456789012",
        "passwordpassword",
        "aaaaaaaaaaaaaa",
        "abababababab",
        "abcdefghijkl",
        "lkjhgfdsapoiuytrewq",
        "TickStock2026",
        "alice.trader1",
        "1qaz2wsx3edc4rfv",
        "x" * 1025,
        "ж" * 600,
    ],
)
def test_a_common_password_is_refused_with_a_reason(password: str) -> None:
    reason = passwords.weakness(password, "alice.trader@example.org")

    assert reason
    assert reason.endswith(".")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "trades on a train with one bar",
        "a" * 4 + "b7Q!" * 30,
        "парольизчетырехслов",
        "kT9#vv2Lm0qZ",
        "   leading spaces   ",
    ],
)
def test_a_long_uncommon_password_is_accepted(password: str) -> None:
    assert passwords.weakness(password, "alice@example.org") is None


async def test_a_password_is_stored_as_argon2id_without_truncation() -> None:
    password = "x1 " * 300
    password_hash = await passwords.hash_password(password)

    assert password_hash.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert (await passwords.verify(password_hash, password)).right
    assert not (await passwords.verify(password_hash, password[:-1])).right
    assert not (await passwords.verify(None, password)).right
    assert not (await passwords.verify("no hash at all", password)).right


async def test_a_weaker_hash_verifies_and_needs_rehashing() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("a password of old")

    assert await passwords.verify(weak, "a password of old") == (True, True)


COMPOSED, DECOMPOSED = "caf\u00e9 au lait at noon", "cafe\u0301 au lait at noon"


async def test_a_password_is_hashed_in_nfc_and_an_older_unnormalised_hash_still_verifies() -> None:
    typed_before = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1).hash(DECOMPOSED)
    password_hash = await passwords.hash_password(DECOMPOSED)

    assert await passwords.verify(password_hash, COMPOSED) == (True, False)
    assert await passwords.verify(password_hash, DECOMPOSED) == (True, False)
    assert await passwords.verify(typed_before, DECOMPOSED) == (True, True)
    assert not (await passwords.verify(typed_before, COMPOSED)).right
    assert passwords.weakness("e\u0301" * 6 + "abcde") == passwords.weakness("\u00e9" * 6 + "abcde") is not None


@pytest.mark.parametrize(("typed", "cost"), [(COMPOSED, 1), (DECOMPOSED, 2)])
async def test_verifying_costs_the_same_number_of_hashes_for_known_and_unknown_accounts(
    typed: str, cost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    hashes = [None, "no hash", weak.hash(COMPOSED), weak.hash(DECOMPOSED), weak.hash("another one")]
    tries: list[object] = []
    verify = PasswordHasher.verify

    def recording_verify(self: PasswordHasher, password_hash: str | bytes, password: str | bytes) -> bool:
        tries.append(password_hash)
        return bool(verify(self, password_hash, password))

    monkeypatch.setattr(PasswordHasher, "verify", recording_verify)
    for password_hash in hashes:
        await passwords.verify(password_hash, typed)

    assert len(tries) == cost * len(hashes)


async def test_too_many_simultaneous_hashes_are_refused_at_once() -> None:
    tries = [asyncio.create_task(passwords.verify(None, "x")) for _ in range(30)]
    results = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(isinstance(result, passwords.Busy) for result in results) == 12


def test_ipv6_addresses_of_one_64_network_share_a_limit() -> None:
    assert throttle.client_network("2001:db8::1") == throttle.client_network("2001:db8::ffff")
    assert throttle.client_network("2001:db8::1") != throttle.client_network("2001:db8:0:1::1")
    assert throttle.client_network("::ffff:192.0.2.7") == "192.0.2.7"
    assert throttle.client_network("<local>") == "<local>"
