"""Addresses of scans with the rule of what a part of the market page shows."""

from urllib.parse import urlencode

from app.rules.identity import VERSION
from app.rules.show import conditions_text
from app.rules.tree import Among

UNESCAPED = ",:;.()@*/!$"


def scan_path(rule: str = "", sort: str = "", scope: str = "") -> str:
    """`scope`: a universe as `in` takes it."""
    parameters = {"q": rule, "in": scope, "sort": sort, "v": str(VERSION)}
    return f"/scan?{urlencode({name: text for name, text in parameters.items() if text}, safe=UNESCAPED)}"


def sector_rule(sector: str) -> str:
    """Empty for a name that no rule can have in it."""
    return "" if set(sector) & set(",();") else conditions_text((Among("sector", (sector,)),))
