"""What the page of indicators is of: symbols, and the timeframe of their bars."""

from collections.abc import Iterable

from wtforms import Form, SelectField  # type: ignore[import-untyped]
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]

from app.rules.catalogue import TIMEFRAMES
from app.scans.address import LIST
from app.watchlists.watchlist import Summary
from app.web.filters import timeframe

MOST_UNIVERSES = 40
"""Choices; the address may name any."""


class IndicatorsForm(Form):  # type: ignore[misc]
    scope = SelectField("Symbols", name="in", validate_choice=False)
    timeframe = SelectField("Bars", name="tf", validate_choice=False)

    def __init__(self, scope: str, prefix: str, lists: Iterable[Summary], universes: Iterable[str]) -> None:
        """`scope`: as the address has it; `prefix`: of the timeframe."""
        super().__init__(None, data={"scope": scope, "timeframe": prefix})
        names = {"": "All symbols", **{f"{LIST}{each.slug}": each.name for each in lists}}
        whole_names = [name for name in universes if ":" in name][:MOST_UNIVERSES]
        names |= dict(zip(whole_names, whole_names, strict=True))
        names.setdefault(scope, scope)
        self.scope.choices = [SelectChoice(*pair) for pair in names.items()]
        self.timeframe.choices = [SelectChoice(name, timeframe(bars)) for name, bars in TIMEFRAMES.items()]
