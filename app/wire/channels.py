"""Every Redis channel and key by name. Two grammars, dots and colons, are both real: never turn one into the other."""

from enum import StrEnum
from typing import NamedTuple


class Meaning(StrEnum):
    """What a channel carries, whatever its name is in this installation."""

    TICKS = "ticks"
    PATTERNS = "patterns"
    INDICATORS = "indicators"
    PROCESSING = "processing"
    HEALTH = "health"
    MONITORING = "monitoring"
    ERRORS = "errors"


class Channels(NamedTuple):
    """Names that an operator may override; the defaults are the contract's."""

    ticks: str = "tickstock.data.raw"
    patterns: str = "tickstock.events.patterns"
    indicators: str = "tickstock.events.indicators"
    processing: str = "tickstock.events.processing"
    health: str = "tickstock.health.status"
    monitoring: str = "tickstock:monitoring"
    errors: str = "tickstock:errors"

    def meanings(self) -> dict[str, Meaning]:
        """Channel name to meaning, for everything that comes in."""
        return {name: Meaning(meaning) for meaning, name in self._asdict().items()}


JOBS_BACKTEST = "tickstock.jobs.backtest"
JOBS_PROCESSING = "tickstock.jobs.processing"
JOBS_CANCEL = "tickstock.jobs.cancel"
JOBS_DATA_LOAD = "tickstock.jobs.data_load"
JOBS_CONTROL = "tickstock.jobs.control"
MONITORING_CONTROL = "tickstock:monitoring:control"

# Written by the engine alone: what stands there before it makes some engines fail.
JOB_STATUS_PREFIX = "tickstock.jobs.status:"
APP_JOB_STATUS_PREFIX = "job:status:"

HEARTBEAT_KEY = "tickstock:producer:heartbeat"

# Ours alone: nothing but TickStock reads or writes below `ts:`.
LOG_KEY = "ts:log"
LOG_EPOCH_KEY = "ts:log:epoch"
LOG_SEEN_PREFIX = "ts:log:seen:"
NEWEST_QUOTES_KEY = "ts:quotes:newest"
CLOCK_KEY = "ts:clock"
POSITION_PREFIX = "ts:ingest:position:"
SESSION_PREFIX = "ts:sess:"
USER_SESSIONS_PREFIX = "ts:usess:"
LIMITS_PREFIX = "ts:rl"
OUTBOX_KEY = "ts:jobs"
OUTBOX_WAITING_KEY = "ts:jobs:waiting"
OUTBOX_JOB_PREFIX = "ts:jobs:job:"
IDEMPOTENCY_PREFIX = "ts:idem:"
CACHE_PREFIX = "ts:cache:"
INTERNAL_CHANNEL = "ts:internal"
