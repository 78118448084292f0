"""A saved screen as a value: a rule under a name, with what its address says beside it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.owned.refusals import Refusal
from app.rules.identity import VERSION
from app.scans.address import ScanAddress

MAX_SCREENS = 50
"""Of one person."""
SCREENS = "/screens"


class NoSuchScreen(Refusal):
    """There is none, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such screen.")


class ScreenDefinition(NamedTuple):
    """As in the address of a scan. `rule_version`: of the language in which the rule is written."""

    rule: str
    rule_version: int
    scope: str
    timeframe: str
    sort: str
    columns: str

    @classmethod
    def of(cls, address: ScanAddress) -> "ScreenDefinition":
        scope = ",".join(address.scope)
        return cls(address.text, VERSION, scope, address.timeframe, address.sort.text, address.columns)

    @property
    def parameters(self) -> dict[str, str]:
        """Of an address."""
        return {
            "q": self.rule,
            "in": self.scope,
            "tf": self.timeframe,
            "sort": self.sort,
            "cols": self.columns,
            "v": str(self.rule_version),
        }

    def is_like(self, other: "ScreenDefinition") -> bool:
        """Whether both say the same, in whatever version of the language."""
        return self._replace(rule_version=other.rule_version) == other


class SavedScreen(NamedTuple):
    id: UUID
    name: str
    slug: str
    definition: ScreenDefinition
    version: int
    updated_at: datetime

    @property
    def path(self) -> str:
        return f"{SCREENS}/{self.slug}"

    @property
    def contents(self) -> str:
        return f"{self.name} has the rule {self.definition.rule}"
