"""Settings: frozen, read once from config/*.toml, `.env` and the environment; an unknown or invalid one is an error."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator

from app.settings import channel_names, connection_security, sources
from app.settings.sections import (
    ROOT,
    AccountsSection,
    DatabaseSection,
    EngineSection,
    IngestSection,
    InventedSection,
    LimitsSection,
    LiveSection,
    LoadsSection,
    LoggingSection,
    MailSection,
    MassiveSection,
    MetricsToken,
    ProjectPath,
    RedisSection,
    ReplaySection,
    Secret,
    Section,
    SessionsSection,
    SyntheticSection,
    WebSection,
)
from app.settings.sources import BadSetting, Setting

Environment = Literal["development", "testing", "production"]


class Settings(Section):
    """`data_dir`, `replay.path` and `logging.file_path` are relative to the project's directory unless absolute."""

    environment: Environment = "development"
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = Field(default="", pattern=r"^$|^https?://[^\s/]+/?$")
    proxy_hops: int = Field(default=0, ge=0, le=10)
    data_dir: ProjectPath = Path(".data")
    secret_key: Secret = Field(default_factory=lambda: SecretStr(secrets.token_urlsafe(48)))
    metrics_token: MetricsToken = SecretStr("")
    redis: RedisSection = RedisSection()
    database: DatabaseSection = DatabaseSection()
    engine: EngineSection = EngineSection()
    ingest: IngestSection = IngestSection()
    replay: ReplaySection = ReplaySection()
    invented: InventedSection = InventedSection()
    synthetic: SyntheticSection = SyntheticSection()
    massive: MassiveSection = MassiveSection()
    loads: LoadsSection = LoadsSection()
    live: LiveSection = LiveSection()
    logging: LoggingSection = LoggingSection()
    web: WebSection = WebSection()
    sessions: SessionsSection = SessionsSection()
    accounts: AccountsSection = AccountsSection()
    mail: MailSection = MailSection()
    limits: LimitsSection = LimitsSection()

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, url: str, info: ValidationInfo) -> str:
        host, port = info.data.get("host", ""), info.data.get("port", 0)
        return url.rstrip("/") or f"http://{_visitable(host)}:{port}"

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
    **channel_names.VARIABLES,
    "ENGINE": "engine.on",
    "INGEST": "ingest.on",
    "MASSIVE_API_KEY": "massive.api_key",
    "LOG_REQUESTS": "logging.requests",
    "LOG_FILE_ENABLED": "logging.file_enabled",
    "LOG_FILE_PATH": "logging.file_path",
    "LOG_FILE_MAX_SIZE": "logging.file_max_size",
    "LOG_FILE_BACKUP_COUNT": "logging.file_backup_count",
    "LOG_DB_ENABLED": "logging.db_enabled",
    "LOG_DB_SEVERITY_THRESHOLD": "logging.db_severity",
    "MAIL_HOST": "mail.host",
    "MAIL_PORT": "mail.port",
    "MAIL_USER": "mail.user",
    "MAIL_PASSWORD": "mail.password",
    "MAIL_FROM": "mail.sender",
    "MAIL_TLS": "mail.tls",
    "REGISTRATION": "accounts.registration",
    "REQUIRE_ADMIN_TOTP": "accounts.require_admin_totp",
    "WEBSOCKET_CORS_ORIGINS": "live.allowed_origins",
    "WEBSOCKET_MAX_CONNECTIONS": "live.max_connections",
}
"""Variables with a short name; every setting also has TICKSTOCK_<SECTION>_<KEY>."""

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
NOT_IN_FILES = {"server.secret_key", "server.environment"}


def setting_paths() -> frozenset[str]:
    """Every setting as section.key; those outside a section of Settings are in [server]."""
    paths = set()
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            paths |= {f"{name}.{key}" for key in kind.model_fields}
        else:
            paths.add(f"server.{name}")
    return frozenset(paths - NOT_IN_FILES)


class Loaded(NamedTuple):
    settings: Settings
    warnings: tuple[str, ...]


def load(environ: Mapping[str, str], root: Path = ROOT) -> Loaded:
    """Raises BadSetting with one line that names the setting and not its value."""
    values, warnings = sources.gather(environ, root, setting_paths(), DOCUMENTED)
    _default_for_external_servers(values)
    if "server.secret_key" not in values:
        values["server.secret_key"] = Setting(_secret_key(values), "SECRET_KEY")
    tree: dict[str, Any] = {}
    for path, (value, _) in values.items():
        section, key = path.split(".")
        (tree if section == "server" else tree.setdefault(section, {}))[key] = value
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        raise _bad_setting(error, values) from None
    if "*" in settings.live.allowed_origins:
        warnings.append("WEBSOCKET_CORS_ORIGINS=*: the pages of any site may read /api/v1 with a token they were given")
    if settings.host not in LOOPBACK and "server.public_url" not in values:
        warnings.append("PUBLIC_URL: not set; forms from other machines are refused until it says what browsers type")
    warnings += connection_security.warnings(
        settings.redis.url,
        {
            "DATABASE_URL": settings.database.url,
            "MARKET_DATABASE_URL": settings.database.market_url,
            "TICKSTOCK_ENGINE_DATABASE_URL": settings.engine.database_url,
        },
    )
    return Loaded(settings=settings, warnings=tuple(warnings))


def _default_for_external_servers(values: dict[str, Setting]) -> None:
    """With external servers, engine and ingest are off by default, since another engine may be running there."""
    if any(path in values for path in ("redis.url", "database.url", "database.market_url")):
        values.setdefault("engine.on", Setting(False, "ENGINE"))
        values.setdefault("ingest.on", Setting(False, "INGEST"))


def _secret_key(values: Mapping[str, Setting]) -> str:
    if values.get("server.environment", Setting("", "")).value == "production":
        raise BadSetting("SECRET_KEY: is missing, and production makes none up")
    place = ROOT / str(values.get("server.data_dir", Setting(".data", "")).value) / "secret"
    try:
        return sources.read_or_create(place, lambda: secrets.token_urlsafe(48))
    except OSError as error:
        raise BadSetting(f"DATA_DIR: {place} cannot be kept ({error.strerror})") from None


def _bad_setting(error: ValidationError, values: Mapping[str, Setting]) -> BadSetting:
    wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
    parts = [str(part) for part in wrong["loc"]]
    path = f"server.{parts[0]}" if f"server.{parts[0]}" in values else ".".join(parts[:2])
    reason = wrong["msg"].removeprefix("Value error, ")
    return BadSetting(f"{values[path].source if path in values else path}: {reason}")


def _visitable(host: str) -> str:
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - what is listened on, not where one goes
        return "localhost"
    return f"[{host}]" if ":" in host else host
