"""What the engine's automation reports: symbols that are listed or go, maintenance, and the quality of stored data."""

from typing import Literal

from app.wire.events.base import Event

SymbolAction = Literal["listed", "changed", "archived"]


class SymbolChanged(Event, frozen=True, kw_only=True):
    """A symbol was listed, its description changed, or it was archived."""

    symbol: str
    action: SymbolAction
    name: str = ""
    exchange: str = ""
    listed_on: str = ""
    """ISO date of the first day of trading, as the engine gives it."""
    message: str = ""


class MaintenanceChanged(Event, frozen=True, kw_only=True):
    """A maintenance operation of the engine began or ended."""

    operation: str
    status: str
    """started, running, completed, failed or cancelled."""
    done: int | None = None
    failed: int | None = None
    """Symbols."""
    seconds: float | None = None
    message: str = ""


class QualityReported(Event, frozen=True, kw_only=True):
    """A check of stored data found something."""

    check: str
    """Such as price_anomaly, volume_spike, data_gap, stale_data or daily_summary."""
    severity: str = "warning"
    """critical, error, warning or info."""
    message: str
    symbol: str = ""
    count: int | None = None
    """Alerts that a summary counts."""
    action: str = ""
    """What the check advises."""
