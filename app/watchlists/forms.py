"""What people type about their lists."""

from collections.abc import Iterable, Mapping

from wtforms import (  # type: ignore[import-untyped]
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, NumberRange, Optional, ValidationError  # type: ignore[import-untyped]

from app.finance.instrument import Instrument
from app.owned.forms import changed_meanwhile, text
from app.owned.names import checked_name
from app.watchlists import names
from app.watchlists.matching import MOST_NEAR, MatchedEntry
from app.watchlists.watchlist import EntryEdit, ListEntry, ListSection, Summary
from app.web.forms.fields import stripped

FIRST_SECTION = "No section"
"""What forms call the section that a list begins with, as long as it has no name."""
NEW_LIST = ""
NOT_THERE = "Choose one of these."


class AddSymbol(Form):  # type: ignore[misc]
    symbol = StringField("Symbol or name", filters=[stripped], validators=[DataRequired("Type a symbol or a name.")])
    section = SelectField("Section", validators=[Optional()], validate_choice=False)

    def __init__(self, sent: object = None, sections: Iterable[ListSection] = ()) -> None:
        super().__init__(sent)
        self.section.choices = section_choices(sections)


class ListChoice(Form):  # type: ignore[misc]
    """A list of one's own."""

    watchlist = SelectField("List", validators=[DataRequired(NOT_THERE)], validate_choice=False)

    def __init__(self, sent: object = None, lists: Iterable[Summary] = (), **data: str) -> None:
        super().__init__(sent, data=data)
        self.watchlist.choices = [SelectChoice(each.slug, each.name) for each in lists]

    def validate_watchlist(self, field: SelectField) -> None:
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(NOT_THERE)


class AddTo(ListChoice):
    """A symbol and the list that it goes to."""

    symbol = StringField("Symbol or name", filters=[stripped], validators=[DataRequired("Type a symbol or a name.")])


class AddSymbols(Form):  # type: ignore[misc]
    """Some of the symbols that are offered, and the list that they go to: one of one's own, or a new one."""

    watchlist = SelectField("List", validate_choice=False)
    name = StringField("Name of the new list", filters=[stripped])
    symbols = SelectMultipleField("Symbols", validate_choice=False)

    def __init__(self, sent: object, offered: Iterable[Instrument], lists: Iterable[Summary]) -> None:
        choices = [SelectChoice(each.symbol, f"{each.symbol} {each.name}".strip()) for each in offered]
        super().__init__(sent, data={"symbols": [choice.value for choice in choices]})
        self.symbols.choices = choices
        self.watchlist.choices = [
            *(SelectChoice(each.slug, each.name) for each in lists),
            SelectChoice(NEW_LIST, "A new list"),
        ]

    def validate_watchlist(self, field: SelectField) -> None:
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(NOT_THERE)

    def validate_name(self, field: StringField) -> None:
        if self.watchlist.data != NEW_LIST:
            if field.data:
                raise ValidationError("This is for a new list: choose that above, or leave this empty.")
        elif not field.data:
            raise ValidationError("Type a name.")
        else:
            text(checked_name)(self, field)

    def validate_symbols(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError("Choose at least one.")
        if not {choice.value for choice in field.choices}.issuperset(field.data):
            raise ValidationError(NOT_THERE)


class MoveToSection(Form):  # type: ignore[misc]
    symbol = SelectField("Entry", validate_choice=False)
    to = SelectField("To section", validate_choice=False)

    def __init__(
        self, sent: object = None, entries: Iterable[ListEntry] = (), sections: Iterable[ListSection] = ()
    ) -> None:
        super().__init__(sent)
        self.symbol.choices = [SelectChoice(entry.symbol, entry.symbol) for entry in entries]
        self.to.choices = section_choices(sections)


class ImportForm(Form):  # type: ignore[misc]
    text = TextAreaField("Paste symbols or a list")
    file = FileField("Or choose a file")


class NearChoice(Form):  # type: ignore[misc]
    """What stands in the file, and the symbol that it becomes; "" leaves it out."""

    read = HiddenField()
    symbol = SelectField(validate_choice=False)


class ConfirmImport(Form):  # type: ignore[misc]
    """`text`: the whole list again, since nothing of it is stored before."""

    text = HiddenField()
    near = FieldList(FormField(NearChoice), max_entries=MOST_NEAR)

    @classmethod
    def of(cls, text: str, matches: Iterable[MatchedEntry]) -> "ConfirmImport":
        offers = [match for match in matches if match.choices]
        form = cls(data={"text": text, "near": [{"read": match.entry.symbol} for match in offers]})
        for row, match in zip(form.near, offers, strict=True):
            row.symbol.label.text = f"{match.entry.symbol} becomes"
            row.symbol.choices = [
                *(SelectChoice(each.symbol, f"{each.symbol} {each.name}".strip()) for each in match.choices),
                SelectChoice("", "Leave out"),
            ]
        return form

    def choices(self) -> dict[str, str]:
        """What stands in the file to the chosen symbol."""
        return {row.read.data or "": row.symbol.data or "" for row in self.near}


class OrderRow(Form):  # type: ignore[misc]
    """`before`: the note that the form began with."""

    symbol = HiddenField()
    place = IntegerField("Place", validators=[Optional(), NumberRange(1, message="Places count from 1.")])
    note = StringField("Note", filters=[stripped], validators=[text(names.note_text)])
    before = HiddenField()


class OrderForm(Form):  # type: ignore[misc]
    """Rows in the order in which the page showed them; `first`: the place of the first of them."""

    first = IntegerField(validators=[Optional(), NumberRange(1)], default=1)
    rows = FieldList(FormField(OrderRow), max_entries=100)

    @classmethod
    def of(cls, entries: Iterable[ListEntry], first: int) -> "OrderForm":
        rows = [
            {"symbol": entry.symbol, "place": place, "note": entry.note, "before": entry.note}
            for place, entry in enumerate(entries, first)
        ]
        return cls(data={"first": first, "rows": rows}).labelled()

    def labelled(self) -> "OrderForm":
        """Labels name the symbol, since every row has the same fields."""
        for row in self.rows:
            row.place.label.text, row.note.label.text = f"Place of {row.symbol.data}", f"Note on {row.symbol.data}"
        return self

    def edits(self) -> list[EntryEdit]:
        """Needs a valid form. A place that was not typed over moves nothing."""
        places = enumerate(self.rows, self.first.data or 1)
        return [
            EntryEdit(
                row.symbol.data or "",
                row.place.data if row.place.data != place else None,
                row.note.data,
                row.before.data or "",
            )
            for place, row in places
        ]

    def show_stale(self, current: Mapping[str, str | None]) -> None:
        """What was typed stays; what stands now is said beside it, and is replaced if the form is sent again."""
        for row in self.rows:
            if row.symbol.data in current:
                note = current[row.symbol.data]
                row.note.errors = [_meanwhile(note)]
                row.before.data = note or ""


def _meanwhile(note: str | None) -> str:
    if note is None:
        return "This entry was taken off the list in another window meanwhile."
    return changed_meanwhile(note)


def section_choices(sections: Iterable[ListSection]) -> list[SelectChoice]:
    return [SelectChoice(str(section.id), section.name or FIRST_SECTION) for section in sections]
