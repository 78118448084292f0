"""Servers on other machines: without a good password, or without TLS that proves who answers, the start says so."""

import stat
from pathlib import Path

import pytest

from app.settings.load import load

GOOD = "kQ3vZ8mN1xR7tY5w"
CA = "sslmode=verify-full&sslrootcert=/ca.pem"

WELL = [
    {"REDIS_URL": "unix:///run/valkey.sock"},
    {"REDIS_URL": "redis://localhost:6379/0"},
    {"REDIS_URL": f"rediss://:{GOOD}@cache.example:6379/0?ssl_ca_certs=/ca.pem"},
    {"REDIS_URL": "rediss://cache.example/0?ssl_certfile=/c&ssl_keyfile=/k"},
    {"DATABASE_URL": "postgresql://u@/d?host=/run/postgres"},
    {"DATABASE_URL": "postgresql://u:x@127.0.0.1/d"},
    {"DATABASE_URL": f"postgresql://u:{GOOD}@db.example/d?{CA}"},
    {"DATABASE_URL": f"postgresql://u@db.example/d?{CA}&sslcert=/c&sslkey=/k"},
]
BADLY = [
    ({"REDIS_URL": f"redis://:{GOOD}@cache.example"}, "REDIS_URL: goes over the network"),
    (
        {"REDIS_URL": f"rediss://:{GOOD}@cache.example?ssl_cert_reqs=none"},
        "REDIS_URL: goes over the network",
    ),
    ({"REDIS_URL": "rediss://cache.example"}, "REDIS_URL: names a server on another machine and no password"),
    ({"REDIS_URL": "rediss://:hunter2@cache.example"}, "REDIS_URL: its password is weak"),
    ({"REDIS_URL": f"rediss://:{'a' * 40}@cache.example"}, "REDIS_URL: its password is weak"),
    ({"DATABASE_URL": f"postgresql://u:{GOOD}@db.example/d"}, "DATABASE_URL: goes over the network without TLS"),
    ({"DATABASE_URL": f"postgresql://u:{GOOD}@db.example/d?sslmode=require"}, "DATABASE_URL: goes over the network"),
    ({"DATABASE_URL": f"postgresql://u@db.example/d?{CA}"}, "DATABASE_URL: names a server on another machine and no"),
    ({"DATABASE_URL": f"postgresql://u:hunter2@/d?host=db.example&{CA}"}, "DATABASE_URL: its password is weak"),
    ({"MARKET_DATABASE_URL": f"postgresql://u:hunter2@db.example/d?{CA}"}, "MARKET_DATABASE_URL: its password is weak"),
]


def told(tmp_path: Path, environ: dict[str, str]) -> list[str]:
    return list(load({"DATA_DIR": str(tmp_path), **environ}, tmp_path).warnings)


@pytest.mark.parametrize("environ", WELL, ids=lambda said: next(iter(said.values())))
def test_what_is_well_kept_is_not_spoken_of(tmp_path: Path, environ: dict[str, str]) -> None:
    assert told(tmp_path, environ) == []


@pytest.mark.parametrize(("environ", "words"), BADLY, ids=lambda said: said if isinstance(said, str) else "")
def test_what_lies_open_is_named_and_not_shown(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    found = told(tmp_path, environ)

    assert len(found) == 1
    assert found[0].startswith(words)
    assert not [secret for secret in ("hunter2", GOOD, "aaaa", "example") if secret in found[0]]


def test_secrets_that_we_make_are_for_us_alone(tmp_path: Path) -> None:
    told(tmp_path / "data", {})

    kept = [path for path in (tmp_path / "data").iterdir() if path.is_file()]
    assert [path.name for path in kept] == ["secret"]
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) & 0o077 == 0
    assert len(kept[0].read_text()) >= 43
