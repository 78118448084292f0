"""The form of a name, and the version that a form was drawn with."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from wtforms import Form, HiddenField, StringField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, ValidationError  # type: ignore[import-untyped]

from app.owned import names
from app.owned.refusals import InvalidText
from app.web.forms.fields import stripped


def text(parse: Callable[[str], str]) -> Callable[[Any, Any], None]:
    """A validator. `parse` raises InvalidText."""

    def check(_form: Any, field: Any) -> None:
        try:
            parse(field.data)
        except InvalidText as error:
            raise ValidationError(str(error)) from None

    return check


def name_field() -> StringField:
    return StringField("Name", filters=[stripped], validators=[DataRequired("Type a name."), text(names.checked_name)])


class NameForm(Form):  # type: ignore[misc]
    """`before`: the name that the form began with."""

    name = name_field()
    before = HiddenField()

    def show_stale(self, current: str) -> None:
        """What was typed stays; what stands now is said beside it, and is replaced if the form is sent again."""
        self.name.errors = [changed_meanwhile(current)]
        self.before.data = current


def changed_meanwhile(text: str) -> str:
    now = f"to “{text}”" if text else "to nothing"
    return f"This was changed {now} in another window meanwhile. Save again to replace that."


def version_number(text: str) -> int:
    """0, which is no version, for what is no number."""
    with suppress(ValueError):
        return int(text[:19])
    return 0
