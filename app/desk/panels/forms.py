"""The form that adds a panel to the desk."""

from collections.abc import Iterable, Mapping

from wtforms import Form, HiddenField, SelectField, StringField  # type: ignore[import-untyped]
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import ValidationError  # type: ignore[import-untyped]

from app.desk.panels.panel import KIND_WORDS, DeskPanel, PanelKind
from app.scans.screens.screen import SavedScreen
from app.watchlists.watchlist import Summary
from app.web.forms.fields import stripped

ONE_OF_THESE = "Choose one of these."


class PanelForm(Form):  # type: ignore[misc]
    panel = SelectField("Panel", validate_choice=False)
    symbol = StringField("Symbol of a chart", filters=[stripped])
    version = HiddenField()

    def __init__(self, sent: object, words: Mapping[str, str]) -> None:
        """`words`: of each panel that there is, by its key."""
        super().__init__(sent)
        self.panel.choices = [SelectChoice(*pair) for pair in words.items()]

    def validate_panel(self, field: SelectField) -> None:
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(ONE_OF_THESE)

    def validate_symbol(self, field: StringField) -> None:
        if self.panel.data == PanelKind.CHART and not field.data:
            raise ValidationError("Type the symbol of the chart.")

    def chosen_panel(self, symbol: str) -> DeskPanel:
        """Of a form that validates. `symbol`: as it is stored."""
        kind, _, target = self.panel.data.partition(":")
        return DeskPanel(PanelKind(kind), symbol if kind == PanelKind.CHART else target)


def panel_words(lists: Iterable[Summary], screens: Iterable[SavedScreen], *, is_admin: bool) -> dict[str, str]:
    """By key, of each panel that a person can choose."""
    kinds = [kind for kind in PanelKind if kind not in (PanelKind.LIST, PanelKind.SCREEN)]
    words = {f"{kind}": KIND_WORDS[kind] for kind in kinds if is_admin or kind is not PanelKind.STATE}
    words[PanelKind.CHART] = "Chart of a symbol"
    words |= {DeskPanel(PanelKind.LIST, str(each.id)).key: f"List {each.name}" for each in lists}
    return words | {DeskPanel(PanelKind.SCREEN, str(each.id)).key: f"Screen {each.name}" for each in screens}


def words_of(panel: DeskPanel, words: Mapping[str, str]) -> str:
    """`words`: as panel_words()."""
    if panel.kind is PanelKind.CHART:
        return f"Chart of {panel.target or 'the first symbol'}"
    is_gone = panel.kind in (PanelKind.LIST, PanelKind.SCREEN)
    return words.get(panel.key, f"{KIND_WORDS[panel.kind]} that was deleted" if is_gone else KIND_WORDS[panel.kind])
