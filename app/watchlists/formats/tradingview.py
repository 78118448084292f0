"""TradingView: symbols with their exchanges between commas; ### begins a section."""

import re

from app.owned.names import LONGEST_NAME
from app.watchlists.formats.contents import ReadEntry, ReadList, WrittenEntry, WrittenList
from app.watchlists.formats.share_classes import with_separator
from app.wire.codec.text import clean

SECTION = "###"
EXCHANGES = {
    "XNAS": "NASDAQ", "XNGS": "NASDAQ", "XNMS": "NASDAQ", "XNCM": "NASDAQ", "XNYS": "NYSE", "XASE": "AMEX",
    "ARCX": "AMEX", "BATS": "CBOE", "XLON": "LSE", "XETR": "XETR", "XTSE": "TSX", "XHKG": "HKEX", "XTKS": "TSE",
}  # fmt: skip
TOKEN_WITH_EXCHANGE = re.compile(r"[A-Z0-9_]+:\S+")


def recognizes(text: str) -> bool:
    tokens = _tokens(text)
    return any(token.startswith(SECTION) for token in tokens) or (
        bool(tokens) and all(TOKEN_WITH_EXCHANGE.fullmatch(token) for token in tokens)
    )


def read(text: str) -> ReadList:
    contents, section = ReadList("", [], []), ""
    for token in _tokens(text):
        if token.startswith(SECTION):
            name = token.removeprefix(SECTION).strip()
            section = clean(name, LONGEST_NAME)
            if len(section) < len(name):
                contents.omitted.append(f"{section}: the name of the section was cut")
        else:
            contents.entries.append(ReadEntry(token, section))
    return contents


def write(contents: WrittenList) -> str:
    tokens: list[str] = []
    for section, entries in contents.sections():
        if section:
            tokens.append(SECTION + section.replace(",", " "))
        tokens += [_token(entry) for entry in entries]
    return ",".join(tokens) + "\r\n"


def _tokens(text: str) -> list[str]:
    return [token.strip() for token in re.split(r"[,\n]", text) if token.strip()]


def _token(entry: WrittenEntry) -> str:
    exchange = EXCHANGES.get(entry.exchange) if ":" not in entry.symbol else None
    return f"{exchange}:{with_separator(entry.symbol, '.')}" if exchange else entry.symbol
