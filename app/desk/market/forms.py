"""The list whose symbols are correlated."""

from collections.abc import Iterable

from wtforms import Form, SelectField  # type: ignore[import-untyped]
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]

from app.watchlists.watchlist import Summary


class ListChoiceForm(Form):  # type: ignore[misc]
    list = SelectField("List", validate_choice=False)

    def __init__(self, lists: Iterable[Summary], slug: str) -> None:
        """`slug`: of the list that is shown; empty before one was chosen."""
        super().__init__(None, data={"list": slug})
        self.list.choices = [SelectChoice(each.slug, each.name) for each in lists]
