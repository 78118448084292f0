"""The floor of price and volume below which no symbol is a mover."""

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict
from wtforms import FloatField, Form, IntegerField  # type: ignore[import-untyped]
from wtforms.validators import InputRequired, NumberRange  # type: ignore[import-untyped]

from app.market.movers.ranking import MOST_PRICE, MOST_VOLUME, USUAL_FLOOR, Floor


class FloorForm(Form):  # type: ignore[misc]
    min_price = FloatField("Least price", validators=[InputRequired("Type a price."), NumberRange(0, MOST_PRICE)])
    min_volume = IntegerField("Least volume", validators=[InputRequired("Type a volume."), NumberRange(0, MOST_VOLUME)])

    @property
    def floor(self) -> Floor:
        """Of a form that validates."""
        return Floor(round(self.min_price.data, 2), self.min_volume.data)


def floor_form(sent: Mapping[str, str]) -> FloorForm:
    """What is not sent is usual."""
    usual = {"min_price": f"{USUAL_FLOOR.price:g}", "min_volume": str(USUAL_FLOOR.volume)}
    return FloorForm(MultiDict({**usual, **sent}))
