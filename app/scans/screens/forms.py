"""What people type about their screens."""

from collections.abc import Iterable, Mapping

from wtforms import (  # type: ignore[import-untyped]
    Form,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, NumberRange, ValidationError  # type: ignore[import-untyped]

from app.owned.forms import changed_meanwhile, name_field
from app.rules.catalogue import TIMEFRAMES
from app.rules.errors import RuleError, RuleProblem
from app.rules.identity import VERSION
from app.scans import scan_request
from app.scans.address import USUAL_SORT, USUAL_TIMEFRAME
from app.scans.columns import SETS, SORTABLE, SYMBOL, USUAL_SET, sort_order
from app.scans.screens.screen import SavedScreen, ScreenDefinition
from app.web.filters import timeframe
from app.web.forms.fields import stripped

SORTS = (
    SelectChoice(SYMBOL, "Symbol"),
    SelectChoice(f"-{SYMBOL}", "Symbol, Z first"),
    *(
        SelectChoice(f"{sign}{name}", f"{column.label}, {order} first")
        for name, column in SORTABLE.items()
        for sign, order in (("-", "largest"), ("", "smallest"))
    ),
)


class ScreenForm(Form):  # type: ignore[misc]
    """The parameters of a scan's address, under their names there."""

    rule = TextAreaField("Rule", name="q", id="rule", filters=[stripped], validators=[DataRequired("Type a rule.")])
    scope = StringField("In", name="in", filters=[stripped])
    timeframe = SelectField(
        "Bars",
        name="tf",
        default=USUAL_TIMEFRAME,
        choices=[SelectChoice(each, timeframe(bars)) for each, bars in TIMEFRAMES.items()],
    )
    sort = SelectField("Order", name="sort", default=SYMBOL, choices=SORTS)
    columns = SelectField(
        "Columns",
        name="cols",
        default=USUAL_SET,
        choices=[SelectChoice(each.name, each.label) for each in SETS.values()],
    )

    problems: tuple[RuleProblem, ...] = ()
    """Of the rule, once the form was validated."""

    def validate_rule(self, field: TextAreaField) -> None:
        if self.timeframe.data not in TIMEFRAMES:
            return
        try:
            scan_request.rule(field.data, self.timeframe.data)
        except RuleError as error:
            self.problems = error.problems
            raise ValidationError("This is no rule: what is wrong is marked below.") from None

    def validate_scope(self, field: StringField) -> None:
        try:
            scan_request.scope_names(field.data)
        except ValueError as error:
            raise ValidationError(f"{str(error)[:1].upper()}{str(error)[1:]}") from None

    def definition(self) -> ScreenDefinition:
        """Needs a valid form."""
        choice = scan_request.TableChoice(
            scan_request.scope_names(self.scope.data),
            self.timeframe.data,
            sort_order(self.sort.data) or USUAL_SORT,
            self.columns.data,
            1,
        )
        return ScreenDefinition.of(choice.request(self.rule.data, VERSION).address)


class NewScreen(ScreenForm):
    name = name_field()


class ChangedScreen(ScreenForm):
    """`version`: of the screen that the form began with."""

    version = HiddenField()

    @classmethod
    def of(cls, screen: SavedScreen) -> "ChangedScreen":
        form = cls(data={"version": str(screen.version)})
        for field in form:
            field.data = screen.definition.parameters.get(field.name, field.data)
        return form

    def show_stale(self, current: Mapping[str, str | None], version: int) -> None:
        """What was typed stays; what is stored now is said beside it, and is replaced if the form is sent again."""
        for field in self:
            text = current.get(field.name)
            if text is not None and text != field.data:
                field.errors = [changed_meanwhile(text)]
        self.version.data = str(version)


class MoveScreen(Form):  # type: ignore[misc]
    screen = SelectField("Screen", validate_choice=False)
    place = IntegerField("To place", validators=[NumberRange(1, message="Places count from 1.")])

    def offer(self, screens: Iterable[SavedScreen]) -> None:
        self.screen.choices = [SelectChoice(screen.slug, screen.name) for screen in screens]
