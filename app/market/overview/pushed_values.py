"""What readers of a topic were last sent, so that only what differs is pushed."""

from collections.abc import Collection, Hashable, Mapping


class PushedValues:
    def __init__(self) -> None:
        self._values: dict[str, dict[str, Hashable]] = {}
        """By topic and key."""

    def take_changes(self, topic: str, values: Mapping[str, Hashable]) -> list[str]:
        """The keys whose value is another one than was last taken, or new."""
        before = self._values.get(topic, {})
        self._values[topic] = dict(values)
        return [key for key, value in values.items() if key not in before or before[key] != value]

    def note(self, topic: str, values: Mapping[str, Hashable]) -> None:
        """What one reader is sent who joins: where others were sent another value, all are sent it at the next turn."""
        before = self._values.setdefault(topic, dict(values))
        for key in [key for key in before if values.get(key) != before[key]]:
            del before[key]

    def retain(self, topics: Collection[str]) -> None:
        """Forgets all other topics."""
        self._values = {topic: values for topic, values in self._values.items() if topic in topics}
