"""Every Redis channel and key by name. Two grammars, dots and colons, are both real: never turn one into the other."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, get_type_hints

from app.settings.sources import BadSetting

Kind = Literal["log", "state", "job"]
Direction = Literal["in", "out", "both"]


class Meaning(StrEnum):
    """What a channel carries, whatever its name is in this installation."""

    TICKS = "ticks"
    PATTERNS = "patterns"
    INDICATORS = "indicators"
    BACKTESTS = "backtests"
    PROCESSING = "processing"
    SCHEDULE = "schedule"
    IMPORTS = "imports"
    CACHES = "caches"
    INDICATOR_RUNS = "indicator runs"
    PATTERN_RUNS = "pattern runs"
    UNIVERSES = "universes"
    JOBS = "jobs"
    HEALTH = "health"
    MONITORING = "monitoring"
    ERRORS = "errors"
    SESSIONS = "sessions"
    STREAMING_HEALTH = "streaming health"
    INDICATOR_ALERTS = "indicator alerts"
    CRITICAL_ALERTS = "critical alerts"
    LISTED_SYMBOLS = "listed symbols"
    CHANGED_SYMBOLS = "changed symbols"
    ARCHIVED_SYMBOLS = "archived symbols"
    MAINTENANCE = "maintenance"
    QUALITY = "quality"


class Use(NamedTuple):
    """`kind`: whether every message counts, or only the newest; where both come, log."""

    meaning: Meaning
    kind: Kind
    direction: Direction = "in"


class Channels(NamedTuple):
    """What comes in. Names that an operator may override; the defaults are the contract's."""

    ticks: Annotated[str, Use(Meaning.TICKS, "state", "both")] = "tickstock.data.raw"
    patterns: Annotated[str, Use(Meaning.PATTERNS, "log")] = "tickstock.events.patterns"
    indicators: Annotated[str, Use(Meaning.INDICATORS, "state")] = "tickstock.events.indicators"
    processing: Annotated[str, Use(Meaning.PROCESSING, "log")] = "tickstock.events.processing"
    health: Annotated[str, Use(Meaning.HEALTH, "state")] = "tickstock.health.status"
    monitoring: Annotated[str, Use(Meaning.MONITORING, "log")] = "tickstock:monitoring"
    errors: Annotated[str, Use(Meaning.ERRORS, "log")] = "tickstock:errors"
    backtest_progress: Annotated[str, Use(Meaning.BACKTESTS, "state")] = "tickstock.events.backtesting.progress"
    backtest_results: Annotated[str, Use(Meaning.BACKTESTS, "log")] = "tickstock.events.backtesting.results"
    processing_status: Annotated[str, Use(Meaning.PROCESSING, "log")] = "tickstock:processing:status"
    processing_schedule: Annotated[str, Use(Meaning.SCHEDULE, "state")] = "tickstock:processing:schedule"
    import_started: Annotated[str, Use(Meaning.IMPORTS, "log")] = "tickstock:import:started"
    import_progress: Annotated[str, Use(Meaning.IMPORTS, "state")] = "tickstock:import:progress"
    import_completed: Annotated[str, Use(Meaning.IMPORTS, "log")] = "tickstock:import:completed"
    import_status: Annotated[str, Use(Meaning.JOBS, "log")] = "tickstock:data:import:status"
    cache_started: Annotated[str, Use(Meaning.CACHES, "log")] = "tickstock:cache:started"
    cache_progress: Annotated[str, Use(Meaning.CACHES, "state")] = "tickstock:cache:progress"
    cache_completed: Annotated[str, Use(Meaning.CACHES, "log")] = "tickstock:cache:completed"
    sync_triggered: Annotated[str, Use(Meaning.CACHES, "log")] = "tickstock:cache:sync_triggered"
    sync_complete: Annotated[str, Use(Meaning.CACHES, "log")] = "tickstock:cache:sync_complete"
    ipo_assignment: Annotated[str, Use(Meaning.UNIVERSES, "log")] = "tickstock:cache:ipo_assignment"
    delisting_cleanup: Annotated[str, Use(Meaning.UNIVERSES, "log")] = "tickstock:cache:delisting_cleanup"
    universe_updated: Annotated[str, Use(Meaning.UNIVERSES, "log")] = "tickstock:universe:updated"
    indicators_started: Annotated[str, Use(Meaning.INDICATOR_RUNS, "log")] = "tickstock:indicators:started"
    indicators_progress: Annotated[str, Use(Meaning.INDICATOR_RUNS, "state")] = "tickstock:indicators:progress"
    indicators_completed: Annotated[str, Use(Meaning.INDICATOR_RUNS, "log")] = "tickstock:indicators:completed"
    indicators_calculated: Annotated[str, Use(Meaning.INDICATORS, "state")] = "tickstock:indicators:calculated"
    indicators_streaming: Annotated[str, Use(Meaning.INDICATORS, "state")] = "tickstock:indicators:streaming"
    patterns_started: Annotated[str, Use(Meaning.PATTERN_RUNS, "log")] = "tickstock:patterns:started"
    patterns_progress: Annotated[str, Use(Meaning.PATTERN_RUNS, "state")] = "tickstock:patterns:progress"
    patterns_completed: Annotated[str, Use(Meaning.PATTERN_RUNS, "log")] = "tickstock:patterns:completed"
    patterns_detected: Annotated[str, Use(Meaning.PATTERNS, "log")] = "tickstock:patterns:detected"
    patterns_streaming: Annotated[str, Use(Meaning.PATTERNS, "log")] = "tickstock:patterns:streaming"
    session_started: Annotated[str, Use(Meaning.SESSIONS, "log")] = "tickstock:streaming:session_started"
    session_stopped: Annotated[str, Use(Meaning.SESSIONS, "log")] = "tickstock:streaming:session_stopped"
    streaming_health: Annotated[str, Use(Meaning.STREAMING_HEALTH, "state")] = "tickstock:streaming:health"
    indicator_alerts: Annotated[str, Use(Meaning.INDICATOR_ALERTS, "log")] = "tickstock:alerts:indicators"
    critical_alerts: Annotated[str, Use(Meaning.CRITICAL_ALERTS, "log")] = "tickstock:alerts:critical"
    symbol_listed: Annotated[str, Use(Meaning.LISTED_SYMBOLS, "log")] = "tickstock.automation.symbols.new"
    symbol_changed: Annotated[str, Use(Meaning.CHANGED_SYMBOLS, "log")] = "tickstock.automation.symbols.changed"
    symbol_archived: Annotated[str, Use(Meaning.ARCHIVED_SYMBOLS, "log")] = "tickstock.automation.symbols.archived"
    backfill_started: Annotated[str, Use(Meaning.IMPORTS, "log")] = "tickstock.automation.backfill.started"
    backfill_progress: Annotated[str, Use(Meaning.IMPORTS, "state")] = "tickstock.automation.backfill.progress"
    backfill_completed: Annotated[str, Use(Meaning.IMPORTS, "log")] = "tickstock.automation.backfill.completed"
    maintenance_started: Annotated[str, Use(Meaning.MAINTENANCE, "log")] = "tickstock.automation.maintenance.started"
    maintenance_completed: Annotated[str, Use(Meaning.MAINTENANCE, "log")] = (
        "tickstock.automation.maintenance.completed"
    )
    price_anomaly: Annotated[str, Use(Meaning.QUALITY, "log")] = "tickstock.quality.price_anomaly"
    volume_anomaly: Annotated[str, Use(Meaning.QUALITY, "log")] = "tickstock.quality.volume_anomaly"
    volume_spike: Annotated[str, Use(Meaning.QUALITY, "log")] = "tickstock.quality.volume_spike"
    data_gap: Annotated[str, Use(Meaning.QUALITY, "log")] = "tickstock.quality.data_gap"
    stale_data: Annotated[str, Use(Meaning.QUALITY, "log")] = "tickstock.quality.stale_data"
    data_stale: Annotated[str, Use(Meaning.QUALITY, "log")] = "tickstock.quality.data_stale"
    quality_summary: Annotated[str, Use(Meaning.QUALITY, "log")] = "tickstock.quality.daily_summary"
    quality_report: Annotated[str, Use(Meaning.QUALITY, "log")] = "tickstock.quality.summary"

    def meanings(self) -> dict[str, Meaning]:
        """Channel name to meaning, for everything that comes in. Several may share a name if they mean the same."""
        by_name: dict[str, Meaning] = {}
        for field, name in self._asdict().items():
            meaning = USES[field].meaning
            if by_name.setdefault(name, meaning) is not meaning:
                raise BadSetting(f"[redis]: a channel that is to carry {by_name[name]} cannot carry {meaning} too")
        return by_name


USES: dict[str, Use] = {
    field: hint.__metadata__[0] for field, hint in get_type_hints(Channels, include_extras=True).items()
}
"""By the field names of Channels."""


class Outgoing(NamedTuple):
    name: str
    kind: Kind
    says: str


JOBS_BACKTEST = "tickstock.jobs.backtest"
JOBS_CANCEL = "tickstock.jobs.cancel"
JOBS_PROCESSING = "tickstock.jobs.processing"
JOBS_DATA_LOAD = "tickstock.jobs.data_load"
JOBS_CONTROL = "tickstock.jobs.control"
JOBS_MARKET = "tickstock.jobs.market"
MONITORING_CONTROL = "tickstock:monitoring:control"
MARKET_TICKS = "tickstock:market:ticks"
ALL_TICKS = "tickstock.all_ticks"
EOD_COMPLETION = "tickstock:eod:completion"

OUTGOING = (
    Outgoing(JOBS_BACKTEST, "job", "submits a backtest"),
    Outgoing(JOBS_CANCEL, "job", "cancels a backtest"),
    Outgoing(JOBS_PROCESSING, "job", "commands the daily processing: command, parameters"),
    Outgoing(JOBS_DATA_LOAD, "job", "submits a load of market data"),
    Outgoing(JOBS_CONTROL, "job", "cancels a data load"),
    Outgoing(JOBS_MARKET, "job", "begins the next session of an invented market that is closed, for our own feed"),
    Outgoing(MONITORING_CONTROL, "job", "resolves alerts, checks and resets parts of the engine"),
    Outgoing(MARKET_TICKS, "state", "ticks for a TickStockPL that streams; on when the feed's `also_to` names it"),
    Outgoing(ALL_TICKS, "state", "ticks under their oldest name; on when the feed's `also_to` names it"),
    Outgoing(EOD_COMPLETION, "log", "how a trading day ended, from our engine: type, timestamp, results"),
)
"""What goes out, besides the events that the engine and the feed of our own publish on the channels above."""

HEARTBEAT_KEY = "tickstock:producer:heartbeat"
OTHER_HEARTBEAT_KEY = "tickstockpl:heartbeat"
EOD_STATUS_KEY = "tickstock:eod:latest_status"

# Written by the engine alone: what stands there before it makes some engines fail.
JOB_STATUS_PREFIX = "tickstock.jobs.status:"
APP_JOB_STATUS_PREFIX = "job:status:"

# Ours alone: nothing but TickStock reads or writes below `ts:`.
LOG_KEY = "ts:log"
LOG_EPOCH_KEY = "ts:log:epoch"
LOG_NEW_KEY = "ts:log:new"
LOG_SEEN_PREFIX = "ts:log:seen:"
LOG_FOLD_PREFIX = "ts:log:fold:"
LOG_STORM_KEY = "ts:log:storm"
LOG_FOLDED_KEY = "ts:log:folded"
LOG_CURSOR_PREFIX = "ts:log:cursor:"
LOG_JOINED_PREFIX = "ts:log:joined:"
NEWEST_QUOTES_KEY = "ts:quotes:newest"
CLOCK_KEY = "ts:clock"
POSITION_PREFIX = "ts:ingest:position:"
TICKS_KEY = "ts:ticks"
TICKS_NUMBER_KEY = "ts:ticks:number"
TICKS_STORED_KEY = "ts:ticks:stored"
TICKS_CHANNEL = "ts:batch:ticks"
INDICATORS_CHANNEL = "ts:batch:indicators"
SESSION_PREFIX = "ts:sess:"
PENDING_LOGIN_PREFIX = "ts:sess:half:"
USER_SESSIONS_PREFIX = "ts:usess:"
SETTINGS_VERSION_PREFIX = "ts:usess:settings:"
STREAMS_KEY = "ts:streams"
LIMITS_PREFIX = "ts:rl"
OUTBOX_KEY = "ts:jobs"
OUTBOX_WAITING_KEY = "ts:jobs:waiting"
OUTBOX_JOB_PREFIX = "ts:jobs:job:"
IDEMPOTENCY_PREFIX = "ts:idem:"
CACHE_PREFIX = "ts:cache:"
LIVE_RULES_KEY = "ts:rules:live"
RULE_PREFIX = "ts:rules:rule:"
MATCHES_PREFIX = "ts:rules:matches:"
PAST_TABLE_PREFIX = "ts:rules:table:"
DATA_VERSION_KEY = "ts:rules:data"
RULES_CHANNEL = "ts:rules:announced"
MATCHES_CHANNEL = "ts:rules:matches"
INTERNAL_CHANNEL = "ts:internal"
JOINS_CHANNEL = "ts:joins"


class BatchChannel(StrEnum):
    """What a message of many states on a channel of our own holds; the contract's channel has the same one by one."""

    TICKS = "tick batches"
    INDICATORS = "indicator batches"


BATCHES = {TICKS_CHANNEL: BatchChannel.TICKS, INDICATORS_CHANNEL: BatchChannel.INDICATORS}
