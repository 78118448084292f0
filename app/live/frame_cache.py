"""Makes the frames of one moment in one view, each once, whichever audiences are sent it."""

from collections.abc import Callable, Mapping

from app.identity import View
from app.live.frames import Frame, FramePart, PendingChanges, RenderedPush, data_part, end_part
from app.push import Push


class _Parts(dict[str, FramePart]):
    """What changed of each topic, drawn at the first look."""

    def __init__(self, draw: Callable[[str], FramePart]) -> None:
        self._draw = draw

    def __missing__(self, topic: str) -> FramePart:
        part = self[topic] = self._draw(topic)
        return part


class FrameCache:
    """Two audiences for which the same topics changed are sent one frame, whatever else they watch."""

    def __init__(
        self, changes_by_topic: Mapping[str, PendingChanges], view: View, on_failure: Callable[[Push], None]
    ) -> None:
        self._changes = changes_by_topic
        self._view = view
        self._on_failure = on_failure
        self._trims = {topic: some for topic in changes_by_topic if (some := _trims(changes_by_topic[topic]))}
        self._parts, self._ends = _Parts(self._draw), _Parts(end_part)
        self._frames: dict[tuple[tuple[str, ...], str], Frame | None] = {}

    def frame(self, topics: tuple[str, ...], position: str) -> Frame | None:
        """With the changes of these topics, in their order; None if they draw nothing. `position`: an id, or ""."""
        key = topics, position
        if key not in self._frames:
            self._frames[key] = self._assemble(topics, position)
        return self._frames[key]

    def _assemble(self, topics: tuple[str, ...], position: str) -> Frame | None:
        parts = self._parts
        message = [part for topic in topics if (part := parts[topic]).lines]
        if not message:
            return None
        message.append(self._ends[position])
        if self._trims and (trims := [trim for topic in topics for trim in self._trims.get(topic, ())]):
            # In a message of its own: htmx looks for what is too much before it inserts what a message brings.
            message += data_part(trims, self._view, self._on_failure), self._ends[""]
        return Frame(message)

    def _draw(self, topic: str) -> FramePart:
        changes = [change for change in self._changes[topic] if change.push.op != "trim"]
        return data_part(changes, self._view, self._on_failure)


def _trims(changes: PendingChanges) -> list[RenderedPush]:
    return [change for change in changes if change.push.op == "trim"]
