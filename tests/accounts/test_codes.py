"""One-time codes, their QR code and the encryption of their secret, checked with published examples."""

import re

import pytest

from app.accounts.mfa import codes
from app.accounts.mfa.encryption import SecretCipher

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_match_the_test_vectors_of_the_standard(at: int, code: str) -> None:
    assert codes.step_of(RFC_SECRET, code, at) == at // 30


@pytest.mark.parametrize(("off", "counts"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_off_by_one_step(off: int, counts: bool) -> None:
    now = 1_700_000_010

    assert (codes.step_of(RFC_SECRET, codes.pyotp.TOTP(RFC_SECRET).at(now + off), now) is not None) == counts


def test_recovery_codes_are_many_long_and_legible() -> None:
    recovery = codes.new_recovery()

    assert len(set(recovery)) == 10
    assert all(re.fullmatch(r"([a-z2-7]{6}-){3}[a-z2-7]{6}", code) for code in recovery)
    assert all(codes.is_recovery(codes.normal(f" {code.upper().replace('-', ' ')} ")) for code in recovery)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "12345x", "\x00" * 6, "x" * 25], ids=range(7))
def test_invalid_text_is_neither_a_code_nor_a_recovery_code(typed: str) -> None:
    assert not codes.is_totp(codes.normal(typed))
    assert not codes.is_recovery(codes.normal(typed))


def test_the_qr_code_is_square_and_dark_at_its_finder_patterns() -> None:
    qr = codes.picture(codes.address(RFC_SECRET, "alice@example.org"))
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", qr.path)}

    assert qr.path.count("M") == len(dark)
    assert {(x, y) for x in range(4, 11) for y in (4, 10)} <= dark
    assert not any(x < 4 or y < 4 or x >= qr.size - 4 or y >= qr.size - 4 for x, y in dark)


def test_an_encrypted_secret_decrypts_only_with_its_owner_and_key() -> None:
    seal = SecretCipher("a" * 32)
    closed = seal.encrypt(RFC_SECRET, "alice")

    assert RFC_SECRET.encode() not in closed
    assert closed != seal.encrypt(RFC_SECRET, "alice")
    assert seal.decrypt(closed, "alice") == RFC_SECRET
    assert seal.decrypt(closed, "bob") is None
    assert SecretCipher("b" * 32).decrypt(closed, "alice") is None
    assert seal.decrypt(closed[:-1], "alice") is None
    assert seal.decrypt(b"", "alice") is None
