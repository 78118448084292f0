"""The sections of the settings, each with its defaults and bounds."""

import re
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo

from app.settings.channel_names import ChannelNames

ROOT = Path(__file__).resolve().parents[2]

Severity = Literal["debug", "info", "warning", "error", "critical"]
Timeframe = Literal["1min", "5min", "15min", "30min", "hourly", "daily", "weekly", "monthly"]


def _split_list(value: object) -> object:
    """Splits the text of a variable at commas."""
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


TextList = Annotated[tuple[str, ...], BeforeValidator(_split_list)]
RedisAddress = Annotated[SecretStr, AfterValidator(_redis_address)]
PostgresqlAddress = Annotated[SecretStr, AfterValidator(_postgresql_address)]
Secret = Annotated[SecretStr, AfterValidator(_strong)]
MetricsToken = Annotated[SecretStr, AfterValidator(lambda value: _strong(value) if value.get_secret_value() else value)]
ProjectPath = Annotated[Path, AfterValidator(lambda path: ROOT / path)]
Seconds = Annotated[float, Field(gt=0, le=86400, allow_inf_nan=False)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)


class RedisSection(Section, ChannelNames):
    """`url` None: a server of our own is started."""

    url: RedisAddress | None = None


class DatabaseSection(Section):
    """`url` None: a server of our own is started. `market_url` None: the market is in `url`."""

    url: PostgresqlAddress | None = None
    market_url: PostgresqlAddress | None = None
    pool_size: int = Field(default=8, ge=1, le=100)
    acquire_seconds: Seconds = 1.0
    statement_ms: int = Field(default=3000, ge=100, le=600_000)


class EngineSection(Section):
    on: bool = True
    database_url: PostgresqlAddress | None = None
    beat_seconds: Seconds = 2.0
    min_confidence: float = Field(default=0.7, ge=0, le=1)
    intraday_pattern_days: int = Field(default=90, ge=0, le=36_500)
    """Days after which intraday patterns are deleted; 0 keeps them."""
    timeframes: Annotated[tuple[Timeframe, ...], BeforeValidator(_split_list), Field(min_length=1)] = (
        "1min",
        "5min",
        "hourly",
        "daily",
    )


PROVIDERS = {
    "invented": "app.ingest.invented",
    "replay": "app.ingest.replay",
    "synthetic": "app.ingest.synthetic",
    "massive": "app.ingest.massive.provider",
}
"""Modules of live feeds; `provider(settings)` of the module makes one. See docs/providers.md."""


def _provider(name: str) -> str:
    if name not in PROVIDERS:
        raise ValueError(f"is none of {', '.join(PROVIDERS)}")
    return name


class IngestSection(Section):
    on: bool = True
    provider: Annotated[str, AfterValidator(_provider)] = "invented"
    also_to: TextList = ()
    keep_minutes: float = Field(default=15.0, ge=1, le=1440)
    keep_megabytes: float = Field(default=64.0, ge=1, le=10_000)


class ReplaySection(Section):
    path: ProjectPath = Path("config/history/us-equities-daily.csv.gz")
    history_until: date = date(2012, 8, 31)
    speed: float = Field(default=60.0, ge=1, le=10_000)
    ticks_per_second: float = Field(default=2.0, ge=0.1, le=50)
    pause_seconds: float = Field(default=3.0, ge=0, le=3600)


class InventedSection(Section):
    path: ProjectPath = Path("config/invented/instruments.csv")
    seed: int = Field(default=42, ge=0, lt=2**63)
    speed: float = Field(default=10.0, ge=1, le=10_000)
    ticks_per_second: float = Field(default=0.5, ge=0.1, le=50)
    pause_seconds: float = Field(default=60.0, ge=0, le=3600)


class SyntheticSection(Section):
    """`scenario` empty: a market of `symbols` symbols; else only that test scenario."""

    scenario: Literal["", "crash_2020", "growth_2021", "volatility_periods", "trend_changes", "high_low_events"] = ""
    seed: int = Field(default=42, ge=0, lt=2**63)
    symbols: int = Field(default=500, ge=1, le=5000)
    first: date = date(2026, 1, 5)
    starts_at: time = time(9, 0)
    extended_hours: bool = True
    speed: float = Field(default=60.0, ge=1, le=10_000)
    ticks_per_second: float = Field(default=1.0, ge=0.01, le=50)
    pause_seconds: float = Field(default=3.0, ge=0, le=3600)
    gaps: int = Field(default=5, ge=0, le=5000)
    halts: int = Field(default=2, ge=0, le=5000)
    outages: int = Field(default=1, ge=0, le=10)
    outage_minutes: int = Field(default=20, ge=1, le=120)


StreamEvent = Literal["A", "AM", "T", "Q"]


def _one_trade_event(events: tuple[StreamEvent, ...]) -> tuple[StreamEvent, ...]:
    """Seconds, minutes and trades report the same shares, so that two of them would count twice."""
    if len({"A", "AM", "T"} & set(events)) != 1 or len(set(events)) != len(events):
        raise ValueError("must be one of A, AM and T, and besides it only Q")
    return events


class MassiveSection(Section):
    """The provider formerly called Polygon. Without `api_key` no request is sent."""

    api_key: SecretStr | None = None
    rest_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+$")] = "https://api.massive.com"
    requests_per_minute: float = Field(default=5.0, gt=0, le=60_000)
    stream_url: Annotated[str, Field(pattern=r"^wss?://[^\s@]+$")] = "wss://socket.massive.com/stocks"
    symbols: Annotated[TextList, Field(min_length=1, max_length=20_000)] = (
        "AAPL", "AMZN", "GOOGL", "META", "MSFT", "NFLX", "NVDA", "TSLA",
    )  # fmt: skip
    events: Annotated[tuple[StreamEvent, ...], BeforeValidator(_split_list), AfterValidator(_one_trade_event)] = ("A",)
    silence_seconds: Seconds = 30.0
    longest_pause: Seconds = 60.0


class LoadsSection(Section):
    """`files`: directory of symbol lists that a load may name."""

    files: ProjectPath = Path("config/universes")


class LiveSection(Section):
    frame_seconds: float = Field(default=0.05, ge=0.01, le=1)
    beat_seconds: Seconds = 5.0
    max_connections: int = Field(default=1000, ge=1, le=1_000_000)
    streams_per_user: int = Field(default=5, ge=1, le=1_000_000)
    stalled_seconds: Seconds = 10.0
    admit_seconds: Seconds = 3.0
    transport: Literal["auto", "plain"] = "auto"
    allowed_origins: TextList = ()


class LoggingSection(Section):
    level: Severity = "info"
    form: Literal["text", "json"] = "text"
    requests: bool = False
    """Log each request, at level info."""
    file_enabled: bool = False
    file_path: ProjectPath = Path("logs/tickstock.log")
    file_max_size: int = Field(default=10_485_760, ge=10_000)
    file_backup_count: int = Field(default=5, ge=1, le=1000)
    db_enabled: bool = False
    db_severity: Severity = "error"


class WebSection(Section):
    zone: Annotated[str, AfterValidator(_zone)] = "America/New_York"


class SessionsSection(Section):
    idle_seconds: int = Field(default=1800, ge=1, le=86400)
    absolute_seconds: int = Field(default=43200, ge=1, le=604_800)
    sudo_seconds: int = Field(default=1800, ge=1, le=86400)


ADDRESS = re.compile(r"[^@\s,;<>\x00-\x20\x7f]+@[^@\s,;<>\x00-\x20\x7f]+")


def _address(value: str, info: ValidationInfo) -> str:
    if (value or info.data.get("host")) and not ADDRESS.fullmatch(value):
        raise ValueError("must be the e-mail address that letters come from")
    return value


def _goes_with_host(value: str, info: ValidationInfo) -> str:
    if value and not info.data.get("host"):
        raise ValueError("is of no use without MAIL_HOST")
    return value


def _goes_with_user(value: SecretStr, info: ValidationInfo) -> SecretStr:
    has_password, user = bool(value.get_secret_value()), bool(info.data.get("user"))
    if has_password != user:
        raise ValueError("is of no use without MAIL_USER" if has_password else "is missing beside MAIL_USER")
    return value


def _tls_fits_port(value: str, info: ValidationInfo) -> str:
    """Two ports have a fixed mode; with the other mode nothing answers, and every e-mail waits."""
    port = info.data.get("port")
    if port == IMPLICIT_TLS and value != "tls":
        raise ValueError(f'must be "tls" at port {IMPLICIT_TLS}, which speaks it from the first byte on')
    if port == SUBMISSION and value == "tls":
        raise ValueError(
            f"is not spoken from the first byte on at port {SUBMISSION}: MAIL_PORT={IMPLICIT_TLS}, perhaps"
        )
    if value == "none" and info.data.get("user") and info.data.get("host") not in THIS_MACHINE:
        raise ValueError("may not be left out where a password goes to another machine")
    return value


SUBMISSION, IMPLICIT_TLS = 587, 465
THIS_MACHINE = {"127.0.0.1", "::1", "localhost"}
HOST = r"^$|^[A-Za-z0-9._-]+$|^[0-9A-Fa-f:]+$"


class MailSection(Section):
    """`host` empty: no e-mail is sent."""

    host: str = Field(default="", pattern=HOST)
    port: int = Field(default=SUBMISSION, ge=1, le=65535)
    user: Annotated[str, AfterValidator(_goes_with_host)] = ""
    password: Annotated[SecretStr, AfterValidator(_goes_with_user)] = SecretStr("")
    sender: Annotated[str, AfterValidator(_address)] = ""
    tls: Annotated[Literal["starttls", "tls", "none"], AfterValidator(_tls_fits_port)] = "starttls"


class AccountsSection(Section):
    registration: bool = False
    require_admin_totp: bool = False


class LimitsSection(Section):
    per_user: int = Field(default=1200, ge=1, le=1_000_000)
    per_address: int = Field(default=600, ge=1, le=1_000_000)
    per_token: int = Field(default=600, ge=1, le=1_000_000)
    openings_per_user: int = Field(default=600, ge=1, le=1_000_000)
    openings_per_address: int = Field(default=6000, ge=1, le=1_000_000)
