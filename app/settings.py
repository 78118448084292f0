"""Settings: frozen, read once from config/*.toml, `.env` and the environment; loud about what is wrong."""

import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from app import naming, toml
from app.naming import ChannelNames
from app.toml import BadSetting, Said

ROOT = Path(__file__).resolve().parents[1]

Environment = Literal["development", "testing", "production"]
Severity = Literal["debug", "info", "warning", "error", "critical"]
Timeframe = Literal["1min", "daily"]


def _listed(value: object) -> object:
    """Variables write a list as a,b,c."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _redis_address(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return value


def _postgresql_address(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return value


SAMPLES = ("change", "your-secret", "secret-key", "example", "insecure", "password", "0123456789", "abcdef")
LETTERS_AT_LEAST = 8


def _strong(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text:
        raise ValueError("is empty")
    if len(text.encode()) < 32:
        raise ValueError("is shorter than 32 bytes")
    if len(set(text)) < LETTERS_AT_LEAST or any(sample in text.lower().replace("_", "-") for sample in SAMPLES):
        raise ValueError("is a known sample")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone") from None
    return value


Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]
RedisAddress = Annotated[SecretStr, AfterValidator(_redis_address)]
PostgresqlAddress = Annotated[SecretStr, AfterValidator(_postgresql_address)]
Secret = Annotated[SecretStr, AfterValidator(_strong)]
MetricsToken = Annotated[SecretStr, AfterValidator(lambda value: _strong(value) if value.get_secret_value() else value)]
Inside = Annotated[Path, AfterValidator(lambda path: ROOT / path)]
Seconds = Annotated[float, Field(gt=0, le=86400, allow_inf_nan=False)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)


class Redis(Section, ChannelNames):
    """`url` None: we start our own."""

    url: RedisAddress | None = None


class Database(Section):
    """`url` None: we start our own. `market_url` None: the market is read over `url`."""

    url: PostgresqlAddress | None = None
    market_url: PostgresqlAddress | None = None
    pool_size: int = Field(default=8, ge=1, le=100)
    acquire_seconds: Seconds = 1.0
    statement_ms: int = Field(default=3000, ge=100, le=600_000)


class Engine(Section):
    on: bool = True
    database_url: PostgresqlAddress | None = None
    beat_seconds: Seconds = 2.0
    min_confidence: float = Field(default=0.7, ge=0, le=1)
    timeframes: Annotated[tuple[Timeframe, ...], BeforeValidator(_listed), Field(min_length=1)] = ("1min", "daily")


class Ingest(Section):
    on: bool = True
    provider: Literal["replay"] = "replay"
    also_to: Listed = ()


class Replay(Section):
    path: Inside = Path("config/history/us-equities-daily.csv.gz")
    history_until: date = date(2012, 8, 31)
    speed: float = Field(default=60.0, ge=1, le=10_000)
    ticks_per_second: float = Field(default=2.0, ge=0.1, le=50)
    pause_seconds: float = Field(default=3.0, ge=0, le=3600)


class Live(Section):
    frame_seconds: float = Field(default=0.05, ge=0.01, le=1)
    beat_seconds: Seconds = 5.0
    max_connections: int = Field(default=1000, ge=1, le=1_000_000)
    streams_per_user: int = Field(default=6, ge=1, le=1_000_000)
    stalled_seconds: Seconds = 10.0
    admit_seconds: Seconds = 3.0
    lane: Literal["auto", "plain"] = "auto"
    allowed_origins: Listed = ()


class Logging(Section):
    level: Severity = "info"
    form: Literal["text", "json"] = "text"
    file_enabled: bool = False
    file_path: Inside = Path("logs/tickstock.log")
    file_max_size: int = Field(default=10_485_760, ge=10_000)
    file_backup_count: int = Field(default=5, ge=1, le=1000)
    db_enabled: bool = False
    db_severity: Severity = "error"


class Web(Section):
    zone: Annotated[str, AfterValidator(_zone)] = "America/New_York"


class Sessions(Section):
    idle_seconds: int = Field(default=1800, ge=1, le=86400)
    absolute_seconds: int = Field(default=43200, ge=1, le=604_800)


class Limits(Section):
    per_user: int = Field(default=1200, ge=1, le=1_000_000)
    per_address: int = Field(default=600, ge=1, le=1_000_000)


class Settings(Section):
    """`data_dir`, `replay.path` and `logging.file_path` are relative to the project's directory unless absolute."""

    environment: Environment = "development"
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = Field(default="", pattern=r"^$|^https?://[^\s/]+/?$")
    proxy_hops: int = Field(default=0, ge=0, le=10)
    data_dir: Inside = Path(".data")
    secret_key: Secret = Field(default_factory=lambda: SecretStr(secrets.token_urlsafe(48)))
    metrics_token: MetricsToken = SecretStr("")
    redis: Redis = Redis()
    database: Database = Database()
    engine: Engine = Engine()
    ingest: Ingest = Ingest()
    replay: Replay = Replay()
    live: Live = Live()
    logging: Logging = Logging()
    web: Web = Web()
    sessions: Sessions = Sessions()
    limits: Limits = Limits()

    @property
    def embeds(self) -> bool:
        """Every server is our own: nobody else can be beside us."""
        return not (self.redis.url or self.database.url or self.database.market_url)

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, said: str, info: ValidationInfo) -> str:
        host, port = info.data.get("host", ""), info.data.get("port", 0)
        return said.rstrip("/") or f"http://{_visitable(host)}:{port}"

    def channels(self) -> dict[str, str]:
        """Overrides for wire.channels.Channels, by its field names."""
        return self.redis.channels()


DOCUMENTED = {
    "HOST": "server.host",
    "PORT": "server.port",
    "PUBLIC_URL": "server.public_url",
    "PROXY_HOPS": "server.proxy_hops",
    "DATA_DIR": "server.data_dir",
    "SECRET_KEY": "server.secret_key",
    "METRICS_TOKEN": "server.metrics_token",
    "TICKSTOCK_ENVIRONMENT": "server.environment",
    "DATABASE_URL": "database.url",
    "MARKET_DATABASE_URL": "database.market_url",
    "REDIS_URL": "redis.url",
    **naming.VARIABLES,
    "ENGINE": "engine.on",
    "INGEST": "ingest.on",
    "LOG_FILE_ENABLED": "logging.file_enabled",
    "LOG_FILE_PATH": "logging.file_path",
    "LOG_FILE_MAX_SIZE": "logging.file_max_size",
    "LOG_FILE_BACKUP_COUNT": "logging.file_backup_count",
    "LOG_DB_ENABLED": "logging.db_enabled",
    "LOG_DB_SEVERITY_THRESHOLD": "logging.db_severity",
    "WEBSOCKET_CORS_ORIGINS": "live.allowed_origins",
    "WEBSOCKET_MAX_CONNECTIONS": "live.max_connections",
}
"""Variables with a name of their own; every setting also answers to TICKSTOCK_<SECTION>_<KEY>."""

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
NOT_IN_FILES = {"server.secret_key", "server.environment"}


def known() -> frozenset[str]:
    """Every setting as section.key; what stands in no section of Settings is in [server]."""
    found = set()
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            found |= {f"{name}.{key}" for key in kind.model_fields}
        else:
            found.add(f"server.{name}")
    return frozenset(found - NOT_IN_FILES)


class Loaded(NamedTuple):
    settings: Settings
    warnings: tuple[str, ...]


def load(environ: Mapping[str, str], root: Path = ROOT) -> Loaded:
    """Raises BadSetting: one line that names the setting and never shows its value."""
    said, warnings = toml.gather(environ, root, known(), DOCUMENTED)
    _keep_to_ourselves(said)
    if "server.secret_key" not in said:
        said["server.secret_key"] = Said(_kept_secret(said), "SECRET_KEY")
    tree: dict[str, Any] = {}
    for path, (value, _) in said.items():
        section, key = path.split(".")
        (tree if section == "server" else tree.setdefault(section, {}))[key] = value
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        raise _named(error, said) from None
    if "*" in settings.live.allowed_origins:
        warnings.append("WEBSOCKET_CORS_ORIGINS=*: any site may open this desk's stream in its visitors' name")
    if settings.host not in LOOPBACK and "server.public_url" not in said:
        warnings.append("PUBLIC_URL: not set; forms from other machines are refused until it says what browsers type")
    return Loaded(settings=settings, warnings=tuple(warnings))


def _keep_to_ourselves(said: dict[str, Said]) -> None:
    """Beside servers that are not ours, engine and ingest run only when asked to: a real engine may be there."""
    if any(path in said for path in ("redis.url", "database.url", "database.market_url")):
        said.setdefault("engine.on", Said(False, "ENGINE"))
        said.setdefault("ingest.on", Said(False, "INGEST"))


def _kept_secret(said: Mapping[str, Said]) -> str:
    if said.get("server.environment", Said("", "")).value == "production":
        raise BadSetting("SECRET_KEY: is missing, and production makes none up")
    place = ROOT / str(said.get("server.data_dir", Said(".data", "")).value) / "secret"
    try:
        return toml.kept(place, lambda: secrets.token_urlsafe(48))
    except OSError as error:
        raise BadSetting(f"DATA_DIR: {place} cannot be kept ({error.strerror})") from None


def _named(error: ValidationError, said: Mapping[str, Said]) -> BadSetting:
    wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
    parts = [str(part) for part in wrong["loc"]]
    path = f"server.{parts[0]}" if f"server.{parts[0]}" in said else ".".join(parts[:2])
    reason = wrong["msg"].removeprefix("Value error, ")
    return BadSetting(f"{said[path].by if path in said else path}: {reason}")


def _visitable(host: str) -> str:
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - what is listened on, not where one goes
        return "localhost"
    return f"[{host}]" if ":" in host else host
