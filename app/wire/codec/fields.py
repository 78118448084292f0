"""The fields of one message, found in nested envelopes under any of their names."""

from collections.abc import Sequence

from app.wire.codec.moments import epoch_seconds
from app.wire.codec.refusal import Rejected, UnreadableMessage
from app.wire.codec.text import clean

__all__ = ["MISSING", "Fields", "Key", "Rejected", "UnreadableMessage", "keys"]

MISSING = object()
MAX_LAYERS = 4
AHEAD_SECONDS = 86_400.0
"""What claims to be later than this after it came has a wrong clock or a wrong scale."""

Key = str | tuple[str, ...]
"""A field's name, or the path to it."""

_KIND: tuple[Key, ...] = ("event_type", "event", "type")
_PUBLISHED = ("published_at", "timestamp", "batch_timestamp")
_PROBES = ("test", "probe", "ping", "health_check")


class Fields:
    """Layers go from the innermost envelope out, which is also the order in which a field is looked for."""

    def __init__(self, layers: Sequence[dict[str, object]], arrived_at: float) -> None:
        self.arrived_at = arrived_at
        self._layers = layers
        self._outer = layers[-1]

    @classmethod
    def open(cls, message: dict[str, object], envelopes: Sequence[str], arrived_at: float) -> "Fields":
        """Envelopes in envelopes are opened too, down to a bound."""
        layers = [message]
        while len(layers) < MAX_LAYERS:
            inner = layers[0]
            inside = next((value for name in envelopes if isinstance(value := inner.get(name), dict)), None)
            if inside is None:
                break
            layers.insert(0, inside)
        return cls(layers, arrived_at)

    def within(self, message: dict[str, object]) -> "Fields":
        """As an item of it."""
        return Fields((*self._layers, message), self.arrived_at)

    def inside(self, names: Sequence[Key]) -> "Fields":
        """With the object of that name as the innermost layer, where there is one."""
        value = self.find(names)
        return Fields((value, *self._layers), self.arrived_at) if isinstance(value, dict) else self

    def with_defaults(self, values: dict[str, object]) -> "Fields":
        """These count where the message has nothing of the name."""
        fields = Fields((*self._layers, values), self.arrived_at)
        fields._outer = self._outer
        return fields

    def find(self, names: Sequence[Key]) -> object:
        """The first value that is there and not null; the inner layer's names go before the outer's."""
        for layer in self._layers:
            for name in names:
                value = layer.get(name) if type(name) is str else _below(layer, name)
                if value is not None:
                    return value
        return MISSING

    def names(self) -> set[str]:
        """All that stand in any layer."""
        return set().union(*self._layers)

    def has(self, *names: Key) -> bool:
        return self.find(names) is not MISSING

    def text(self, *names: Key, limit: int = 64) -> str:
        value = self.find(names)
        return clean(value, limit) if isinstance(value, str) else ""

    def source(self) -> str:
        """Of the outermost envelope: further in, producers write other things under that name."""
        value = self._outer.get("source")
        return clean(value, 64) if isinstance(value, str) else ""

    def time(self, names: Sequence[Key]) -> float | None:
        """UTC epoch seconds; None where there is none, refused where it is nonsense or has yet to come."""
        return self._time(self.find(names))

    def published(self) -> float | None:
        return self._time(next((v for name in _PUBLISHED if (v := self._outer.get(name)) is not None), MISSING))

    def is_probe(self) -> bool:
        return not self._outer or any(name in self._outer for name in _PROBES)

    def event_type(self) -> str:
        """The innermost name of what happened, in lower case."""
        value = self.find(_KIND)
        return clean(value, 64).lower() if isinstance(value, str) else ""

    def missing(self, reason: str) -> UnreadableMessage:
        return UnreadableMessage("probe" if self.is_probe() else reason)

    def _time(self, value: object) -> float | None:
        if value is MISSING or value == "":
            return None
        at = epoch_seconds(value)
        if at is None or at > self.arrived_at + AHEAD_SECONDS:
            raise UnreadableMessage("bad-time")
        return at


def keys(names: Sequence[str]) -> tuple[Key, ...]:
    """`a.b` is what stands under b in the object a."""
    return tuple(tuple(name.split(".")) if "." in name else name for name in names)


def _below(layer: dict[str, object], path: Key) -> object:
    value: object = layer
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
