"""The newest alerts of indicators, of all symbols."""

from collections import OrderedDict

from app.wire.events.event import IndicatorAlert

ENTRIES = 25

Key = tuple[str, str, str, int]


class AlertBoard:
    """Bounded; those that came first are evicted first."""

    def __init__(self, entries: int = ENTRIES) -> None:
        self._most = entries
        self._alerts: OrderedDict[Key, IndicatorAlert] = OrderedDict()

    def add(self, alert: IndicatorAlert) -> None:
        """In place of an earlier one of the same name and time."""
        key = alert.symbol, alert.alert, alert.timeframe, int(alert.at)
        self._alerts[key] = alert
        self._alerts.move_to_end(key)
        if len(self._alerts) > self._most:
            self._alerts.popitem(last=False)

    def newest(self) -> list[IndicatorAlert]:
        """Newest first, by market time."""
        return sorted(self._alerts.values(), key=lambda alert: alert.at, reverse=True)
