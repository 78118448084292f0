"""Warnings about servers on other machines without a good password or without verified TLS."""

import stat
from pathlib import Path

import pytest

from app.settings.load import load

GOOD = "kQ3vZ8mN1xR7tY5w"
CA = "sslmode=verify-full&sslrootcert=/ca.pem"

PRIVATE = [
    {"REDIS_URL": "unix:///run/valkey.sock"},
    {"REDIS_URL": "redis://localhost:6379/0"},
    {"REDIS_URL": f"rediss://:{GOOD}@cache.example:6379/0?ssl_ca_certs=/ca.pem"},
    {"REDIS_URL": "rediss://cache.example/0?ssl_certfile=/c&ssl_keyfile=/k"},
    {"DATABASE_URL": "postgresql://u@/d?host=/run/postgres"},
    {"DATABASE_URL": "postgresql://u:x@127.0.0.1/d"},
    {"DATABASE_URL": f"postgresql://u:{GOOD}@db.example/d?{CA}"},
    {"DATABASE_URL": f"postgresql://u@db.example/d?{CA}&sslcert=/c&sslkey=/k"},
]
EXPOSED = [
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


def warnings_of(tmp_path: Path, environ: dict[str, str]) -> list[str]:
    return list(load({"DATA_DIR": str(tmp_path), **environ}, tmp_path).warnings)


@pytest.mark.parametrize("environ", PRIVATE, ids=lambda case: next(iter(case.values())))
def test_secure_connection_settings_cause_no_warning(tmp_path: Path, environ: dict[str, str]) -> None:
    assert warnings_of(tmp_path, environ) == []


@pytest.mark.parametrize(("environ", "words"), EXPOSED, ids=lambda case: case if isinstance(case, str) else "")
def test_an_insecure_connection_setting_is_named_without_its_value(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    warnings = warnings_of(tmp_path, environ)

    assert len(warnings) == 1
    assert warnings[0].startswith(words)
    assert not [secret for secret in ("hunter2", GOOD, "aaaa", "example") if secret in warnings[0]]


def test_generated_secrets_are_readable_by_the_owner_only(tmp_path: Path) -> None:
    warnings_of(tmp_path / "data", {})

    files = [path for path in (tmp_path / "data").iterdir() if path.is_file()]
    assert [path.name for path in files] == ["secret"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) & 0o077 == 0
    assert len(files[0].read_text()) >= 43
