"""An invalid setting stops the start with one line that names it and never shows its value."""

import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from tomllib import loads

import pytest

from app.settings.load import NOT_IN_FILES, Settings, load, setting_paths
from app.settings.sections import ROOT
from app.settings.sources import BadSetting

GOOD_SECRET = "kQ3vZ8mN1xR7tY5wB2cF9hJ4sL6dG0pA_uE"
ASIDE = {"database.url", "database.market_url", "engine.database_url", "massive.api_key", "engine.on", "ingest.on"}

BAD = [
    ("PORT", "http", "Input should be a valid integer"),
    ("PORT", "65536", "less than or equal to 65535"),
    ("REDIS_URL", "hunter2://hunter2", "must begin with redis://"),
    ("DATABASE_URL", "mysql://u:hunter2@h/d", "must begin with postgresql://"),
    ("MARKET_DATABASE_URL", "hunter2", "must begin with postgresql://"),
    ("REDIS_PORT", "hunter2", "must be a number from 1 to 65535"),
    ("REDIS_HOST", "user:hunter2@host", "must be the name of a host"),
    ("REDIS_PATTERN_CHANNEL", "two words hunter2", "should match pattern"),
    ("PUBLIC_URL", "hunter2.example.org", "should match pattern"),
    ("ENGINE", "hunter2", "valid boolean"),
    ("INGEST", "perhaps", "valid boolean"),
    ("LOG_FILE_ENABLED", "hunter2", "valid boolean"),
    ("LOG_DB_SEVERITY_THRESHOLD", "hunter2", "'error'"),
    ("WEBSOCKET_MAX_CONNECTIONS", "0", "greater than or equal to 1"),
    ("TICKSTOCK_ENVIRONMENT", "hunter2", "must be development, testing or production"),
    ("TICKSTOCK_REPLAY_SPEED", "nan", "less than or equal to 10000"),
    ("TICKSTOCK_REPLAY_HISTORY_UNTIL", "hunter2", "valid date"),
    ("TICKSTOCK_ENGINE_TIMEFRAMES", "1min,hunter2", "'1min', '5min'"),
    ("TICKSTOCK_WEB_ZONE", "Mars/Hunter2", "is no time zone"),
    ("TICKSTOCK_REPLAY_SPED", "hunter2", "unknown setting (is TICKSTOCK_REPLAY_SPEED meant?)"),
    ("TICKSTOCK_HUNTER", "hunter2", "unknown setting"),
    ("SECRET_KEY", "", "is empty"),
    ("SECRET_KEY", "hunter2", "is shorter than 32 bytes"),
    ("SECRET_KEY", "a" * 64, "is a known sample"),
    ("SECRET_KEY", "your-secret-key-here-hunter2-hunter2-hunter2", "is a known sample"),
    ("DATA_DIR", "/dev/null/hunter2", "cannot be kept"),
]


@pytest.mark.parametrize(("name", "value", "reason"), BAD)
def test_an_invalid_value_is_reported_by_name_without_the_value(
    tmp_path: Path, name: str, value: str, reason: str
) -> None:
    with pytest.raises(BadSetting) as refusal:
        load({"DATA_DIR": str(tmp_path), name: value}, tmp_path)

    line = str(refusal.value)
    assert line.startswith(f"{name}: ")
    assert reason in line
    assert "\n" not in line
    assert "hunter2" not in line.replace(value, "", 1) if name == "DATA_DIR" else "hunter2" not in line


def test_production_requires_a_secret(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="SECRET_KEY: is missing"):
        load({"DATA_DIR": str(tmp_path), "TICKSTOCK_ENVIRONMENT": "production"}, tmp_path)


FILES = {
    '[replay]\nsped = "hunter2"': "config/default.toml: unknown setting [replay] sped (is replay.speed meant?)",
    '[hunter]\nkey = "hunter2"': "config/default.toml: unknown setting [hunter] key",
    'port = "hunter2"': "config/default.toml: port stands in no section",
    '[server]\nsecret_key = "hunter2"': "config/default.toml: unknown setting [server] secret_key",
    '[replay]\nspeed = "hunter2"': "config/default.toml: [replay] speed: Input should be a valid number",
    '[replay]\nspeed = = "hunter2"': "config/default.toml: is not TOML: Invalid value (at line 2, column 9)",
}


@pytest.mark.parametrize(("text", "line"), FILES.items())
def test_an_invalid_settings_file_is_named_without_its_content(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "default.toml").write_text(text)

    with pytest.raises(BadSetting) as refusal:
        load({"DATA_DIR": str(tmp_path)}, tmp_path)

    assert str(refusal.value).startswith(line)
    assert "hunter2" not in str(refusal.value)


SLIPS = {
    "REDIS_ULR": "REDIS_URL",
    "REDIS_PASWORD": "REDIS_PASSWORD",
    "DATABASE_URI": "DATABASE_URL",
    "PROT": "PORT",
    "SECRETKEY": "SECRET_KEY",
    "WEBSOCKET_CORS_ORIGIN": "WEBSOCKET_CORS_ORIGINS",
    "log_db_enabled": "LOG_DB_ENABLED",
}


@pytest.mark.parametrize(("slip", "intended"), SLIPS.items())
def test_a_misspelt_setting_is_reported_with_the_intended_name(tmp_path: Path, slip: str, intended: str) -> None:
    _, warnings = load({"DATA_DIR": str(tmp_path), slip: "hunter2"}, tmp_path)

    assert warnings == (f"{slip}: not a setting; {intended} is",)


@pytest.mark.parametrize(
    "name", ["HOME", "HOSTNAME", "PGHOST", "PGPORT", "SHELL", "PATH", "PWD", "REPORT", "ENGINES_X"]
)
def test_variables_of_other_programs_are_ignored(tmp_path: Path, name: str) -> None:
    assert load({"DATA_DIR": str(tmp_path), name: "value"}, tmp_path).warnings == ()


def test_kubernetes_links_are_no_settings(tmp_path: Path) -> None:
    links = {
        "REDIS_PORT": "tcp://10.0.0.1:6379",
        "REDIS_PORT_6379_TCP_ADDR": "10.0.0.1",
        "REDIS_SERVICE_HOST": "10.0.0.1",
        "TICKSTOCK_PORT": "tcp://10.0.0.2:80",
        "TICKSTOCK_SERVICE_HOST": "10.0.0.2",
        "TICKSTOCK_PORT_80_TCP": "tcp://10.0.0.2:80",
    }

    settings, warnings = load({"DATA_DIR": str(tmp_path), **links}, tmp_path)

    assert settings.redis.url is None
    assert settings.engine.on
    assert "REDIS_PORT: ignored, Kubernetes set it for a service of that name" in warnings


def test_the_shipped_settings_files_equal_the_defaults_in_the_code(tmp_path: Path) -> None:
    tables: Mapping[str, Mapping[str, object]] = {
        **loads((ROOT / "config" / "default.toml").read_text()),
        **loads((ROOT / "config" / "logging.toml").read_text()),
    }
    in_files = {f"{section}.{key}" for section, table in tables.items() for key in table}

    assert in_files == setting_paths() - ASIDE - {path for path in setting_paths() if path.startswith("redis.")}
    silent, _ = load({"DATA_DIR": str(tmp_path)}, tmp_path)
    shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("history", "bootstrap"))
    shipped, _ = load({"DATA_DIR": str(tmp_path)}, tmp_path)
    assert shipped == silent


def test_every_setting_has_its_own_environment_variable(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path), "TICKSTOCK_LIVE_FRAME_SECONDS": "0.5", "TICKSTOCK_SERVER_PORT": "9000"}

    settings, warnings = load(environ, tmp_path)

    assert (settings.live.frame_seconds, settings.port, warnings) == (0.5, 9000, ())
    assert not NOT_IN_FILES & setting_paths()


def test_the_environment_wins_over_dotenv_and_dotenv_over_files(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "default.toml").write_text("[server]\nport = 1\n[replay]\nspeed = 2\nticks_per_second = 1")
    (tmp_path / "config" / "production.toml").write_text("[replay]\nticks_per_second = 3")
    (tmp_path / ".env").write_text(f"PORT=2\nTICKSTOCK_REPLAY_SPEED=5\nSECRET_KEY={GOOD_SECRET}\nUNRELATED=x\n")

    settings, _ = load({"DATA_DIR": str(tmp_path), "PORT": "3", "TICKSTOCK_ENVIRONMENT": "production"}, tmp_path)

    assert (settings.port, settings.replay.speed, settings.replay.ticks_per_second) == (3, 5, 3)
    assert settings.secret_key.get_secret_value() == GOOD_SECRET


def test_the_secret_is_generated_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    first, second = (load({"DATA_DIR": str(tmp_path / "new")}, tmp_path).settings for _ in range(2))

    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"REDIS_HOST": "cache"}, "redis://cache:6379/0"),
        ({"REDIS_PORT": "6380"}, "redis://localhost:6380/0"),
        ({"REDIS_HOST": "::1", "REDIS_PASSWORD": "p@ss/word"}, "redis://:p%40ss%2Fword@[::1]:6379/0"),
        ({"REDIS_HOST": "cache", "REDIS_URL": "rediss://other:1/2"}, "rediss://other:1/2"),
    ],
)
def test_host_port_and_password_form_an_address_where_no_url_is_given(
    tmp_path: Path, environ: dict[str, str], url: str
) -> None:
    settings, _ = load({"DATA_DIR": str(tmp_path), **environ}, tmp_path)

    assert settings.redis.url is not None
    assert settings.redis.url.get_secret_value() == url


@pytest.mark.parametrize("foreign", [{"REDIS_HOST": "h"}, {"DATABASE_URL": "postgresql://h/d"}])
def test_with_external_servers_engine_and_feed_run_only_on_request(tmp_path: Path, foreign: dict[str, str]) -> None:
    quiet, _ = load({"DATA_DIR": str(tmp_path), **foreign}, tmp_path)
    with_engine, _ = load({"DATA_DIR": str(tmp_path), **foreign, "ENGINE": "on"}, tmp_path)

    assert (quiet.engine.on, quiet.ingest.on) == (False, False)
    assert (with_engine.engine.on, with_engine.ingest.on) == (True, False)


def test_allowing_any_origin_causes_a_warning(tmp_path: Path) -> None:
    settings, warnings = load({"DATA_DIR": str(tmp_path), "WEBSOCKET_CORS_ORIGINS": "*"}, tmp_path)

    assert settings.live.allowed_origins == ("*",)
    assert warnings[0].startswith("WEBSOCKET_CORS_ORIGINS=*: ")


def test_settings_show_no_secret_when_printed() -> None:
    settings = Settings.model_validate({"secret_key": GOOD_SECRET, "redis": {"url": "redis://:hunter2@h"}})

    assert GOOD_SECRET not in f"{settings!r}{settings}"
    assert "hunter2" not in f"{settings!r}{settings}"


@pytest.mark.parametrize(
    ("host", "url"), [("0.0.0.0", "http://localhost:8000"), ("::1", "http://[::1]:8000"), ("h", "http://h:8000")]
)
def test_the_address_that_is_printed_can_be_visited(host: str, url: str) -> None:
    assert Settings(host=host).public_url == url


def test_a_desk_for_other_machines_without_a_public_url_causes_a_warning(tmp_path: Path) -> None:
    _, warnings = load({"DATA_DIR": str(tmp_path), "HOST": "0.0.0.0"}, tmp_path)
    _, content = load({"DATA_DIR": str(tmp_path), "HOST": "0.0.0.0", "PUBLIC_URL": "https://desk.example"}, tmp_path)

    assert warnings[0].startswith("PUBLIC_URL: not set")
    assert content == ()
