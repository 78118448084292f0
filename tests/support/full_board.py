"""A hundred symbols with real names at the end of a session: what a table of quotes weighs at most."""

import random
from datetime import date

from app.finance.instrument import Instrument
from app.finance.sessions import regular
from app.quotes.quote import SLOT_SECONDS, SPARK_POINTS, SymbolQuote

DAY = date(2026, 1, 5)
CLOSES = regular(DAY).closes
NAMES = """\
AAPL|Apple Inc.
MSFT|Microsoft Corporation
NVDA|NVIDIA Corporation
AMZN|Amazon.com, Inc.
META|Meta Platforms, Inc. Class A
GOOGL|Alphabet Inc. Class A
BRK.B|Berkshire Hathaway Inc. Class B
LLY|Eli Lilly and Company
AVGO|Broadcom Inc.
JPM|JPMorgan Chase & Co.
TSLA|Tesla, Inc.
UNH|UnitedHealth Group Incorporated
XOM|Exxon Mobil Corporation
V|Visa Inc. Class A
PG|The Procter & Gamble Company
MA|Mastercard Incorporated Class A
JNJ|Johnson & Johnson
COST|Costco Wholesale Corporation
HD|The Home Depot, Inc.
MRK|Merck & Co., Inc.
ABBV|AbbVie Inc.
WMT|Walmart Inc.
NFLX|Netflix, Inc.
BAC|Bank of America Corporation
KO|The Coca-Cola Company
CVX|Chevron Corporation
ADBE|Adobe Inc.
PEP|PepsiCo, Inc.
CRM|Salesforce, Inc.
TMO|Thermo Fisher Scientific Inc.
LIN|Linde plc
AMD|Advanced Micro Devices, Inc.
MCD|McDonald's Corporation
CSCO|Cisco Systems, Inc.
ACN|Accenture plc Class A
ABT|Abbott Laboratories
ORCL|Oracle Corporation
QCOM|QUALCOMM Incorporated
WFC|Wells Fargo & Company
GE|General Electric Company
INTU|Intuit Inc.
CAT|Caterpillar Inc.
TXN|Texas Instruments Incorporated
IBM|International Business Machines Corporation
DIS|The Walt Disney Company
AMGN|Amgen Inc.
VZ|Verizon Communications Inc.
PM|Philip Morris International Inc.
ISRG|Intuitive Surgical, Inc.
NOW|ServiceNow, Inc.
DHR|Danaher Corporation
PFE|Pfizer Inc.
NEE|NextEra Energy, Inc.
GS|The Goldman Sachs Group, Inc.
UBER|Uber Technologies, Inc.
CMCSA|Comcast Corporation Class A
AMAT|Applied Materials, Inc.
RTX|RTX Corporation
SPGI|S&P Global Inc.
UNP|Union Pacific Corporation
LOW|Lowe's Companies, Inc.
AXP|American Express Company
HON|Honeywell International Inc.
T|AT&T Inc.
PGR|The Progressive Corporation
ETN|Eaton Corporation plc
COP|ConocoPhillips
BKNG|Booking Holdings Inc.
LMT|Lockheed Martin Corporation
SYK|Stryker Corporation
MS|Morgan Stanley
BLK|BlackRock, Inc.
TJX|The TJX Companies, Inc.
VRTX|Vertex Pharmaceuticals Incorporated
ELV|Elevance Health, Inc.
SCHW|The Charles Schwab Corporation
PLD|Prologis, Inc.
MDT|Medtronic plc
REGN|Regeneron Pharmaceuticals, Inc.
C|Citigroup Inc.
MU|Micron Technology, Inc.
ADP|Automatic Data Processing, Inc.
BSX|Boston Scientific Corporation
CB|Chubb Limited
MMC|Marsh & McLennan Companies, Inc.
LRCX|Lam Research Corporation
ADI|Analog Devices, Inc.
PANW|Palo Alto Networks, Inc.
BMY|Bristol-Myers Squibb Company
DE|Deere & Company
AMT|American Tower Corporation
BX|Blackstone Inc. Class A
KLAC|KLA Corporation
FI|Fiserv, Inc.
GILD|Gilead Sciences, Inc.
BA|The Boeing Company
SBUX|Starbucks Corporation
UPS|United Parcel Service, Inc. Class B
BF/B|Brown-Forman Corporation Class B
X:BTCUSD|Bitcoin in United States Dollars
"""


def names() -> dict[str, str]:
    """By symbol."""
    return dict(line.split("|") for line in NAMES.splitlines())


def full_quotes() -> list[SymbolQuote]:
    """Random walks with a volatility of 2.3 % a day; the same ones each time."""
    generator = random.Random(7)
    return [_quote(Instrument(symbol, name), generator) for symbol, name in names().items()]


def points(quote: SymbolQuote) -> dict[float, float]:
    """Prices of the sparkline by the start of the minute at the end of each slot."""
    first = CLOSES - SPARK_POINTS * SLOT_SECONDS
    return {first + (n + 1) * SLOT_SECONDS - 60: price for n, price in enumerate(quote.spark)}


def _quote(instrument: Instrument, generator: random.Random) -> SymbolQuote:
    price = previous = round(generator.uniform(15, 600), 2)
    spark = []
    for _ in range(SPARK_POINTS):
        price *= 1 + generator.gauss(0, 0.0045)
        spark.append(round(price, 2))
    return SymbolQuote(
        instrument, DAY, spark[-1], previous, spark[0], max(spark), min(spark), 1_000_000, CLOSES - 1, 1_000.0,
        spark=tuple(spark),
    )  # fmt: skip
