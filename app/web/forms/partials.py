"""The fields of every form, drawn in one way: a label, the error, the control, a hint. Templates call these by their
names."""

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from app.web.html import fragment


def field(
    bound: Any,
    autocomplete: str = "off",
    hint: str = "",
    focus: object = False,
    choices: Iterable[tuple[str, str]] = (),
) -> Markup:
    """An input, or a select where there are `choices`: (value, label) pairs, by default those of a SelectField.

    `bound` is a field of a WTForms form. Its widget gives the type; its validators say whether it is required, and the
    bounds of a number. A text that is too long is refused in words; a browser would cut it silently. A day or a number
    that was refused is shown as it was typed. `focus`: whether the page begins here.
    """
    pairs = [*choices] or [(each.value, each.label) for each in getattr(bound, "iter_choices", list)()]
    return fragment("forms/field", bound=bound, autocomplete=autocomplete, hint=hint, focus=focus, choices=pairs)


def radios(bound: Any) -> Markup:
    """A RadioField: one choice of few, each with its words."""
    return fragment("forms/radios", bound=bound)


def checks(bound: Any) -> Markup:
    """A SelectMultipleField: any of its choices."""
    return fragment("forms/checks", bound=bound)


FUNCTIONS = (field, radios, checks)
