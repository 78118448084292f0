"""Commands to the engine: a processing run, and control of its monitoring."""

from msgspec import Struct, field

from app.wire.jobs import bounds

START_DAILY_PROCESSING = "START_DAILY_PROCESSING"

NEXT_SESSION = "NEXT_SESSION"

ACTIONS = ("FORCE_HEALTH_CHECK", "CLEAR_CACHE", "FORCE_GC", "RESTART_WORKERS", "RELOAD_PATTERNS")


class ProcessingParameters(Struct, frozen=True, kw_only=True):
    """Empty symbols or patterns mean all of them."""

    symbols: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    force: bool = False
    run_id: str = ""

    def __post_init__(self) -> None:
        bounds.symbols(self.symbols, least=0)
        bounds.listed("patterns", self.patterns, least=0)
        bounds.optional_words(64, run_id=self.run_id)


class ProcessingCommand(Struct, frozen=True, kw_only=True):
    command: str
    parameters: ProcessingParameters = ProcessingParameters()

    def __post_init__(self) -> None:
        bounds.words(64, command=self.command)


class MonitoringControl(Struct, frozen=True, kw_only=True):
    """An action that needs no more than its name."""

    action: str
    requested_by: str
    timestamp: str = field(default_factory=bounds.local_now)

    def __post_init__(self) -> None:
        bounds.one_of(ACTIONS, action=self.action)
        bounds.words(64, requested_by=self.requested_by, timestamp=self.timestamp)


class MarketCommand(Struct, frozen=True, kw_only=True):
    """To the feed of an invented market."""

    command: str
    requested_by: str

    def __post_init__(self) -> None:
        bounds.one_of((NEXT_SESSION,), command=self.command)
        bounds.words(64, requested_by=self.requested_by)


class ResolveAlert(Struct, frozen=True, kw_only=True, tag_field="action", tag="ALERT_RESOLVED"):
    alert_id: str
    resolved_by: str
    notes: str = ""
    requested_by: str
    timestamp: str = field(default_factory=bounds.local_now)

    def __post_init__(self) -> None:
        bounds.words(128, alert_id=self.alert_id)
        bounds.words(64, resolved_by=self.resolved_by, requested_by=self.requested_by, timestamp=self.timestamp)
        bounds.optional_words(500, notes=self.notes)


class EnableComponent(Struct, frozen=True, kw_only=True, tag_field="action", tag="ENABLE_COMPONENT"):
    type: str
    name: str
    requested_by: str
    timestamp: str = field(default_factory=bounds.local_now)

    def __post_init__(self) -> None:
        bounds.words(64, type=self.type, name=self.name, requested_by=self.requested_by, timestamp=self.timestamp)
