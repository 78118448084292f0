"""One message, opened: its nested envelopes as layers, its fields by any of their names, each read as a type."""

import math
import re

from app.wire.codec.moments import moment
from app.wire.codec.refusal import Refused, Rejected
from app.wire.codec.text import clean

__all__ = ["MISSING", "Fields", "Refused", "Rejected"]

MISSING = object()
MAX_LAYERS = 4
LARGEST = 1e15

_ENVELOPES = ("data", "payload", "detection", "calculation", "health")
_SYMBOL = re.compile(r"[A-Z0-9^$.][A-Z0-9._:/^=$&+-]{0,31}")
_PROBES = ("test", "probe", "ping", "health_check")


class Fields:
    """Layers go from the innermost envelope out, which is also the order in which a field is looked for."""

    def __init__(self, message: dict[str, object], arrived_at: float) -> None:
        self.arrived_at = arrived_at
        self._layers = _layers(message)
        self._inner = self._layers[0]
        self._outer = self._layers[-1]

    def has(self, *names: str) -> bool:
        return self.find(*names) is not MISSING

    def find(self, *names: str) -> object:
        """The first value that is there and not null; the inner layer's names go before the outer's."""
        for layer in self._layers:
            for name in names:
                value = layer.get(name)
                if value is not None:
                    return value
        return MISSING

    def nested(self, name: str) -> "Fields":
        """The object below `name`, empty when there is none."""
        value = self.find(name)
        return Fields(value if isinstance(value, dict) else {}, self.arrived_at)

    def text(self, *names: str, limit: int = 64) -> str:
        value = self.find(*names)
        return clean(value, limit) if isinstance(value, str) else ""

    def outer_text(self, *names: str) -> str:
        found = (self._outer.get(name) for name in names)
        return next((clean(value, 64) for value in found if isinstance(value, str)), "")

    def symbol(self, *names: str) -> str:
        value = self.text(*(names or ("symbol", "ticker")), limit=40).upper()
        if not value:
            raise Refused("probe" if self.is_probe() else "no-symbol")
        if not _SYMBOL.fullmatch(value):
            raise Refused("bad-symbol")
        return value

    def number(self, *names: str) -> float | None:
        """None where it is missing or no finite number: for what a message can do without."""
        return _number(self.find(*names))

    def required_number(self, *names: str) -> float:
        number = self.number(*names)
        if number is None:
            raise Refused("bad-number")
        return number

    def count(self, *names: str) -> int | None:
        number = self.number(*names)
        return int(number) if number is not None and number >= 0 else None

    def time(self, *names: str) -> float | None:
        """UTC epoch seconds; None where there is none, refused where it is nonsense."""
        return _time(self.find(*names))

    def outer_time(self, *names: str) -> float | None:
        return _time(next((v for name in names if (v := self._outer.get(name)) is not None), MISSING))

    def is_probe(self) -> bool:
        return not self._outer or any(name in self._outer for name in _PROBES)

    def event_type(self) -> str:
        """The innermost name of what happened, in lower case."""
        return self.text("event_type", "event", "type").lower()


def _layers(message: dict[str, object]) -> tuple[dict[str, object], ...]:
    layers = [message]
    while len(layers) < MAX_LAYERS:
        inside = next((value for name in _ENVELOPES if isinstance(value := layers[0].get(name), dict)), None)
        if inside is None:
            break
        layers.insert(0, inside)
    return tuple(layers)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= LARGEST else None


def _time(value: object) -> float | None:
    if value is MISSING or value == "":
        return None
    found = moment(value)
    if found is None:
        raise Refused("bad-time")
    return found
