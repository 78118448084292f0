"""Tells from the spelling of a symbol whether it trades on an exchange, as a coin or as a currency."""

import re
from functools import lru_cache
from typing import Literal

Market = Literal["exchange", "coin", "currency"]

EXCHANGES = {
    "ARCX": "NYSE Arca",
    "BATS": "Cboe BZX",
    "BATY": "Cboe BYX",
    "EDGA": "Cboe EDGA",
    "EDGX": "Cboe EDGX",
    "IEXG": "IEX",
    "LTSE": "LTSE",
    "MEMX": "MEMX",
    "OTCM": "OTC Markets",
    "XAMS": "Euronext Amsterdam",
    "XASE": "NYSE American",
    "XASX": "ASX",
    "XBOM": "BSE",
    "XBOS": "Nasdaq BX",
    "XBRU": "Euronext Brussels",
    "XCHI": "NYSE Texas",
    "XCSE": "Nasdaq Copenhagen",
    "XETR": "Xetra",
    "XFRA": "Frankfurt",
    "XHEL": "Nasdaq Helsinki",
    "XHKG": "HKEX",
    "XJSE": "JSE",
    "XKRX": "KRX",
    "XLIS": "Euronext Lisbon",
    "XLON": "London",
    "XMAD": "Madrid",
    "XMIL": "Euronext Milan",
    "XNAS": "Nasdaq",
    "XNCM": "Nasdaq",
    "XNGS": "Nasdaq",
    "XNMS": "Nasdaq",
    "XNSE": "NSE",
    "XNYS": "NYSE",
    "XNZE": "NZX",
    "XOSL": "Oslo",
    "XPAR": "Euronext Paris",
    "XPHL": "Nasdaq PSX",
    "XSES": "SGX",
    "XSHE": "Shenzhen",
    "XSHG": "Shanghai",
    "XSTO": "Nasdaq Stockholm",
    "XSWX": "SIX",
    "XTAI": "TWSE",
    "XTKS": "Tokyo",
    "XTSE": "TSX",
    "XTSX": "TSX Venture",
    "XWBO": "Vienna",
}
"""What people call them, by their market identifier codes (ISO 10383)."""

_COIN = re.compile(r"X:.+|[A-Z0-9]+-(?:USD|USDT|USDC|EUR|GBP|JPY|BTC|ETH)")
_CURRENCY = re.compile(r"C:.+|[A-Z]{3,6}=X")


@lru_cache(maxsize=65_536)
def market(symbol: str) -> Market:
    """By the prefixes of Massive (X:BTCUSD, C:EURUSD) and the endings of Yahoo (BTC-USD, EURUSD=X)."""
    if _COIN.fullmatch(symbol):
        return "coin"
    return "currency" if _CURRENCY.fullmatch(symbol) else "exchange"


def exchange_name(code: str) -> str:
    """What people call an exchange; a code that is no known MIC stays as it is."""
    return EXCHANGES.get(code.upper(), code)
