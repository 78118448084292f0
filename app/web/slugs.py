"""The part of an address that is made of a name: `<slug:...>` in a route."""

from quart import Quart
from werkzeug.routing import BaseConverter


class SlugConverter(BaseConverter):
    """Without dots, so that an address with a suffix is another route."""

    regex = "[a-z0-9][a-z0-9-]*"


def install(app: Quart) -> None:
    """Before the routes are added."""
    app.url_map.converters["slug"] = SlugConverter
