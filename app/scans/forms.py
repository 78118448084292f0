"""The form beside the line of a rule."""

from collections.abc import Iterable

from wtforms import FieldList, Form, FormField, SelectField, StringField  # type: ignore[import-untyped]
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]

from app.rules.catalogue import TIMEFRAMES
from app.rules.form_rows import CHOICES, FormRow, field_choices
from app.web.filters import timeframe
from app.web.forms.fields import stripped

MOST_ROWS = 24
EMPTY_ROW = FormRow("close", "least", "")


class ConditionForm(Form):  # type: ignore[misc]
    field = SelectField("Field", validate_choice=False)
    comparison = SelectField(
        "Comparison", choices=[SelectChoice(*pair) for pair in CHOICES.items()], validate_choice=False
    )
    value = StringField("Value", filters=[stripped])


class RuleForm(Form):  # type: ignore[misc]
    """What is sent is not refused here: the parser says what is wrong with the rule that it makes."""

    conditions = FieldList(FormField(ConditionForm), max_entries=MOST_ROWS)
    scope = StringField("In", name="in", filters=[stripped])
    timeframe = SelectField("Bars", name="tf", validate_choice=False)
    at = StringField("At", filters=[stripped])

    def __init__(self, sent: object, rows: Iterable[FormRow], scope: str, prefix: str, at: str) -> None:
        """`rows`: the conditions where none are sent; `prefix`: of the timeframe."""
        data = {"conditions": [row._asdict() for row in rows], "scope": scope, "timeframe": prefix, "at": at}
        super().__init__(sent, data=data)
        self.timeframe.choices = [SelectChoice(name, timeframe(bars)) for name, bars in TIMEFRAMES.items()]
        choices = [SelectChoice(*pair) for group in field_choices(self.rows).values() for pair in group]
        for entry in self.conditions:
            entry.form.field.choices = [SelectChoice("", "as text"), *choices]

    @property
    def rows(self) -> list[FormRow]:
        return [
            FormRow(entry.form.field.data or "", entry.form.comparison.data or "", entry.form.value.data or "")
            for entry in self.conditions
        ]


CONDITION_PARAMETERS = tuple(f"conditions-{row}-{name}" for row in range(MOST_ROWS) for name in FormRow._fields)
