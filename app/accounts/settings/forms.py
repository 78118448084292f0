"""The form of the page /settings."""

from collections.abc import Mapping
from typing import Any

from wtforms import Field, Form, IntegerField, RadioField, SelectField  # type: ignore[import-untyped]
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import InputRequired, ValidationError  # type: ignore[import-untyped]
from wtforms.widgets import HiddenInput  # type: ignore[import-untyped]

from app.identity import ZONES, Colours, Density, HomePage, NumberForm, Rate, Theme, UserSettings
from app.web import times
from app.web.viewer import NUMBER_WORDS, RATE_WORDS

OPEN_AGAIN = "Open this page again, and choose there."
LESS = "less"
ZONE_WORDS = {"": "As the browser says", **{zone: times.zone_name(zone) for zone in ZONES}}
COLOUR_WORDS = {colours: colours.replace("-", " and ") for colours in Colours}
THEME_WORDS = {Theme.SYSTEM: "as the system", Theme.LIGHT: "light", Theme.DARK: "dark"}
RATES = {"": "By itself", **{rate.value: text for rate, text in RATE_WORDS.items()}}
DATA_WORDS = {"all": "everything", LESS: "less: no sparklines, and no charts until you ask for them"}


def _one_of_these(_form: Form, field: Field) -> None:
    if field.data not in {choice.value for choice in field.choices}:
        raise ValidationError("Choose one of these.")


def _choice(kind: type[Field], label: str, words: Mapping[Any, str]) -> Field:
    choices = [SelectChoice(str(value), text) for value, text in words.items()]
    return kind(label, choices=choices, validators=[_one_of_these], validate_choice=False)


class SettingsForm(Form):  # type: ignore[misc]
    """`version`: of the settings with which the form was filled."""

    version = IntegerField("Version", widget=HiddenInput(), validators=[InputRequired(OPEN_AGAIN)])
    zone = _choice(SelectField, "Time zone", ZONE_WORDS)
    numbers = _choice(RadioField, "Figures", NUMBER_WORDS)
    colours = _choice(RadioField, "Rise and fall", COLOUR_WORDS)
    density = _choice(RadioField, "Rows", {density: density.value for density in Density})
    theme = _choice(RadioField, "Light", THEME_WORDS)
    rate = _choice(SelectField, "Rate", RATES)
    data = _choice(RadioField, "Data", DATA_WORDS)
    home = _choice(RadioField, "After signing in, open", {home: home.capitalize() for home in HomePage})

    def settings(self) -> UserSettings:
        return UserSettings(
            zone=self.zone.data or None,
            numbers=NumberForm(self.numbers.data),
            colours=Colours(self.colours.data),
            density=Density(self.density.data),
            theme=Theme(self.theme.data),
            rate=Rate(self.rate.data) if self.rate.data else None,
            reduced_data=self.data.data == LESS,
            home=HomePage(self.home.data),
        )

    def words(self) -> dict[str, str]:
        """What is chosen, by the labels of the fields."""
        fields = [field for field in self if field is not self.version]
        return {field.label.text: _words(field) for field in fields}


def _words(field: Field) -> str:
    return next((choice.label for choice in field.choices if choice.value == field.data), "")


def filled_with(settings: UserSettings, version: int) -> SettingsForm:
    values = {name: value or "" for name, value in settings._asdict().items()}
    return SettingsForm(data={**values, "data": LESS if settings.reduced_data else "all", "version": version})
