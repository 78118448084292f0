"""A panel of the desk, ready for its template."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from app.desk.panels.panel import PanelKind
from app.live.topics import Topic
from app.web.filters import dom_id


class PanelView(NamedTuple):
    """`template`: in templates/desk/panels; `values`: its variables; `target`: as of a DeskPanel. `symbols`: that have
    rows, or the chart's."""

    kind: PanelKind
    template: str
    target: str = ""
    values: Mapping[str, Any] = MappingProxyType({})
    topics: tuple[Topic, ...] = ()
    symbols: tuple[str, ...] = ()
    is_whole: bool = True
    """Whether it has all that its stream goes on from."""

    @property
    def heading_id(self) -> str:
        return dom_id(f"{self.kind}-head", *filter(None, (self.target,)))
