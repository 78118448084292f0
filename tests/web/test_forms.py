"""The fields of every form: one markup, described by the form's classes."""

import re

import pytest
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[import-untyped]
    DateField,
    FloatField,
    Form,
    IntegerField,
    PasswordField,
    RadioField,
    SearchField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, Length, NumberRange, Optional  # type: ignore[import-untyped]

from app.web.forms.fields import search_choices
from app.web.forms.partials import field, radios

SIDES = [SelectChoice("buy", "Buy"), SelectChoice("sell", "Sell")]


class Order(Form):  # type: ignore[misc]
    name = StringField("Name", validators=[DataRequired("Name it."), Length(max=60)])
    secret = PasswordField("Password")
    symbol = SearchField("Symbol")
    limit = FloatField("Limit", name="price", validators=[Optional(), NumberRange(0)])
    shares = IntegerField("Shares", validators=[Optional(), NumberRange(1, 500)])
    day = DateField("Day", validators=[Optional()])
    side = SelectField("Side", choices=SIDES)
    kind = RadioField("Kind", choices=SIDES, default="sell")


def filled_form(**values: str) -> Order:
    form = Order(MultiDict(values))
    form.validate()
    return form


def control(markup: Markup) -> dict[str, str]:
    """The attributes of the one input or select."""
    ((_, attributes),) = re.findall(r"<(input|select)\b([^>]*)>", markup)
    return {name: value for name, _, value in re.findall(r'([a-z-]+)(="([^"]*)")?', attributes)}


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("name", {"type": "text", "maxlength": "1024", "required": "", "autocapitalize": "none"}),
        ("secret", {"type": "password", "maxlength": "1024"}),
        ("symbol", {"type": "search", "maxlength": "1024", "autocapitalize": "none"}),
        ("limit", {"type": "number", "step": "any", "min": "0"}),
        ("shares", {"type": "number", "step": "1", "min": "1", "max": "500"}),
        ("day", {"type": "date"}),
    ],
)
def test_the_form_class_determines_the_kind_of_input(name: str, attributes: dict[str, str]) -> None:
    bound = getattr(Order(), name)

    assert control(field(bound)) == {
        "id": bound.id, "name": bound.name, "value": "", "autocomplete": "off", **attributes
    }  # fmt: skip


def test_an_error_and_a_hint_are_read_with_the_input_that_they_belong_to() -> None:
    markup = field(filled_form().name, "username", "As on the letter.", focus=True)

    attributes = control(markup)
    assert (attributes["aria-invalid"], attributes["aria-describedby"]) == ("true", "name-error name-hint")
    assert (attributes["autocomplete"], attributes["autofocus"]) == ("username", "")
    assert '<label for="name">Name</label>' in markup
    assert '<p class="error" id="name-error">Name it.</p>' in markup
    assert '<p class="hint" id="name-hint">As on the letter.</p>' in markup
    assert "autofocus" not in field(filled_form().name)
    assert "aria-describedby" not in field(Order().name)


@pytest.mark.parametrize(("name", "typed"), [("price", "a lot"), ("shares", "0"), ("day", "2012-02-30")])
def test_a_refused_value_is_shown_as_typed(name: str, typed: str) -> None:
    """A browser shows nothing in an input for numbers or days whose value is neither."""
    bound = next(each for each in filled_form(**{name: typed}) if each.name == name)

    assert control(field(bound)).items() >= {"type": "text", "value": typed}.items()


def test_an_accepted_number_or_date_is_unchanged() -> None:
    form = filled_form(shares="5", day="2012-02-29")

    assert control(field(form.shares)).items() >= {"type": "number", "value": "5"}.items()
    assert control(field(form.day)).items() >= {"type": "date", "value": "2012-02-29"}.items()


def test_a_password_is_never_sent_back() -> None:
    assert "hunter2" not in field(filled_form(secret="hunter2").secret)


def test_markup_that_somebody_typed_stays_text() -> None:
    assert "<b>" not in field(filled_form(name='"><b>').name)


def test_a_choice_is_a_select_with_the_chosen_one_marked() -> None:
    markup = field(filled_form(side="sell").side)

    assert control(markup) == {"id": "side", "name": "side"}
    assert re.findall(r"<option (.*?)>(.*?)<", markup) == [
        ('value="buy"', "Buy"),
        ('value="sell" selected', "Sell"),
    ]


def test_a_choice_of_few_is_a_group_with_a_legend() -> None:
    markup = radios(Order().kind)

    assert "<legend>Kind</legend>" in markup
    assert re.findall(r'<input type="radio" name="kind" value="(.*?)"( checked)?>', markup) == [
        ("buy", ""),
        ("sell", " checked"),
    ]


def test_a_search_select_offers_all_choices_and_keeps_the_chosen_one() -> None:
    assert search_choices(["DarkCloudCover"], None) == [("", "all"), ("DarkCloudCover", "Dark Cloud Cover")]
    assert search_choices(["Doji"], "MyOwn") == [("", "all"), ("Doji", "Doji"), ("MyOwn", "My Own")]
    assert search_choices(["Doji"], "Doji") == search_choices(["Doji"], "") == [("", "all"), ("Doji", "Doji")]
    assert 'value="Doji" selected' in field(filled_form(symbol="Doji").symbol, choices=search_choices(["Doji"], "Doji"))
