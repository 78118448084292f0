"""Secrets may be given in files, as containers do."""

from pathlib import Path

import pytest

from app.commands.addresses import Addresses, for_children
from app.settings.load import load
from app.settings.sources import BadSetting

GOOD_SECRET = "kQ3vZ8mN1xR7tY5wB2cF9hJ4sL6dG0pA_uE"

IN_FILES = {
    "SECRET_KEY": GOOD_SECRET,
    "METRICS_TOKEN": GOOD_SECRET,
    "REDIS_URL": "redis://:hunter2@cache:6379/1",
    "DATABASE_URL": "postgresql://u:hunter2@h/d",
    "MARKET_DATABASE_URL": "postgresql://u:hunter2@h/m",
    "MAIL_PASSWORD": "hunter2",
    "TICKSTOCK_ENGINE_DATABASE_URL": "postgresql://u:hunter2@h/e",
    "MASSIVE_API_KEY": "hunter2",
}


@pytest.mark.parametrize(("name", "secret"), IN_FILES.items())
def test_a_secret_may_stand_in_a_file(tmp_path: Path, name: str, secret: str) -> None:
    (tmp_path / "said").write_text(f"\n  {secret}\n\n")
    beside = {"MAIL_HOST": "smtp", "MAIL_USER": "desk", "MAIL_FROM": "a@b"} if name == "MAIL_PASSWORD" else {}
    nowhere = {"DATA_DIR": str(tmp_path), **beside}

    for place in (str(tmp_path / "said"), "said"):
        assert load({**nowhere, f"{name}_FILE": place}, tmp_path) == load({**nowhere, name: secret}, tmp_path)


def test_a_password_in_a_file_is_part_of_an_address(tmp_path: Path) -> None:
    (tmp_path / "said").write_text("p@ss/word\n")

    settings, warnings = load(
        {"DATA_DIR": str(tmp_path), "REDIS_HOST": "localhost", "REDIS_PASSWORD_FILE": "said"}, tmp_path
    )

    assert settings.redis.url
    assert settings.redis.url.get_secret_value() == "redis://:p%40ss%2Fword@localhost:6379/0"
    assert warnings == ()


UNREADABLE = [
    (b"", "the file is empty"),
    (b" \n\t", "the file is empty"),
    (b"\xff\xfe hunter2", "is no text"),
    (b"hunter2\nhunter2", "more than one word"),
]


@pytest.mark.parametrize("name", [*IN_FILES, "REDIS_PASSWORD"])
@pytest.mark.parametrize(("content", "reason"), UNREADABLE)
def test_a_file_without_a_secret_is_named_without_its_content(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / "hunter2").write_bytes(content)
    assert_refused(tmp_path, reason, **{f"{name}_FILE": "hunter2"})


@pytest.mark.parametrize("name", [*IN_FILES, "REDIS_PASSWORD"])
def test_a_missing_secret_file_is_named(tmp_path: Path, name: str) -> None:
    assert_refused(tmp_path, "No such file", **{f"{name}_FILE": "hunter2"})
    assert_refused(tmp_path, "Is a directory", **{f"{name}_FILE": str(tmp_path)})
    assert_refused(tmp_path, "is no text", **{f"{name}_FILE": "hunter2\0"})


@pytest.mark.parametrize("name", [*IN_FILES, "REDIS_PASSWORD"])
def test_a_secret_given_as_value_and_as_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "said").write_text("hunter2")
    assert_refused(tmp_path, f"{name} is set as well", **{name: "hunter2", f"{name}_FILE": "said"})


def test_an_invalid_secret_in_a_file_is_reported_under_the_given_name(tmp_path: Path) -> None:
    (tmp_path / "said").write_text("hunter2")
    assert_refused(tmp_path, "is shorter than 32 bytes", SECRET_KEY_FILE="said")
    assert_refused(tmp_path, "must begin with postgresql://", DATABASE_URL_FILE="said")


def test_the_environment_wins_over_a_file_that_dotenv_names(tmp_path: Path) -> None:
    (tmp_path / "said").write_text("redis://other")
    (tmp_path / ".env").write_text("REDIS_URL_FILE=said\n")

    settings, _ = load({"DATA_DIR": str(tmp_path), "REDIS_URL": "redis://cache"}, tmp_path)

    assert settings.redis.url
    assert settings.redis.url.get_secret_value() == "redis://cache"


def test_child_processes_of_run_get_each_address_once() -> None:
    inherited, servers = {"REDIS_URL_FILE": "said", "SECRET_KEY_FILE": "key"}, Addresses(redis="redis://cache")

    with_feed, without = (for_children(inherited, servers, ingest=ingest) for ingest in (True, False))

    assert with_feed == {"REDIS_URL": "redis://cache", "SECRET_KEY_FILE": "key", "ENGINE": "on", "INGEST": "on"}
    assert without == {**with_feed, "INGEST": "off"}


def assert_refused(tmp_path: Path, reason: str, **environ: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        load({"DATA_DIR": str(tmp_path), **environ}, tmp_path)

    line = str(refusal.value)
    assert line.startswith(f"{next(name for name in environ if name.endswith('_FILE'))}: ")
    assert reason in line
    assert "\n" not in line
    assert "hunter2" not in line
