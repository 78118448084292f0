"""The largest body that a route takes, where that is more than the application's limit."""

from collections.abc import Callable
from typing import Any, TypeVar

from quart import Quart, Request
from werkzeug.exceptions import HTTPException

ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Any])


def largest_body(size: int) -> Callable[[ViewFunction], ViewFunction]:
    """Takes bodies of up to so many bytes."""

    def marked(function: ViewFunction) -> ViewFunction:
        vars(function)["largest body"] = size
        return function

    return marked


def install(app: Quart) -> None:
    """The limit must be there when a request is made: its body begins to arrive before its route is looked for."""

    class LimitedRequest(Request):
        def __init__(self, method: str, scheme: str, path: str, *rest: Any, **options: Any) -> None:
            limit = options.get("max_content_length")
            if method in ("POST", "PUT") and limit is not None:
                options["max_content_length"] = max(limit, _largest_body_of(app, method, path))
            super().__init__(method, scheme, path, *rest, **options)
            self.max_content_length = options.get("max_content_length")  # what the parser of forms looks at

    app.request_class = LimitedRequest


def _largest_body_of(app: Quart, method: str, path: str) -> int:
    """0 where nothing more than the application's limit is taken."""
    try:
        endpoint, _ = app.url_map.bind("").match(path, method)
    except HTTPException:
        return 0
    size: int = vars(app.view_functions[endpoint]).get("largest body", 0)
    return size
