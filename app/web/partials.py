"""The shared fragments."""

from markupsafe import Markup

from app.web.html import fragment


def problem(title: str, advice: str) -> Markup:
    return fragment("web/problem", title=title, advice=advice)
