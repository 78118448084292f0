"""Screens that everybody has: names and rules."""

from typing import NamedTuple


class Preset(NamedTuple):
    """`slug`: its name in an address; `text`: the rule in its one spelling. `is_general`: whether it names nothing that
    a market may lack."""

    slug: str
    name: str
    text: str
    is_general: bool = True


PRESETS = (
    Preset("oversold-in-uptrend", "Oversold in an uptrend", "rsi14:..30,close:gt:sma200"),
    Preset("golden-cross", "Golden cross today", "sma50:up:sma200"),
    Preset("golden-cross-in-5-bars", "Golden cross in 5 bars", "in5(sma50:up:sma200)"),
    Preset("52-week-breakout", "52-week closing breakout", "close:gt:max252(high)@1"),
    Preset("breakout-on-volume", "Breakout on double volume", "close:gt:max20(high)@1,relvol:2.."),
    Preset("rsi-back-above-30", "RSI back above 30, liquid", "rsi14:up:30,close:5..,avg20(volume):500k.."),
    Preset("three-rising-closes", "Three rising closes", "for3(close:gt:close@1)"),
    Preset("dip-in-uptrend", "Dip in an uptrend", "w.close:gt:sma30,rsi14:..40"),
    Preset("confident-pattern", "Hammer or Doji with confidence", "pattern:Hammer;Doji,conf:0.8.."),
    Preset(
        "daily-and-intraday",
        "Daily Hammer, fresh intraday agreement",
        "all(pattern:Hammer,tier:daily),all(direction:bullish,tier:intraday,age:..3)",
    ),
    Preset("large-drop", "Large company, down 3 %", "sector:Technology;Energy,cap:10b..,chg:..-3", False),
    Preset("bollinger-squeeze", "Bollinger squeeze", "bb20.width:le:min120(bb20.width)"),
    Preset("macd-cross-below-zero", "MACD crosses below zero", "macd:up:macd.signal,macd:..0"),
    Preset("gap-that-holds", "Gap up that holds", "gap:3..,close:gt:open"),
    Preset("near-sma-50", "Within 2 % of SMA 50", "close:sma50*0.98..sma50*1.02"),
    Preset(
        "oversold-by-either",
        "Oversold by RSI or stochastic",
        "any(rsi14:..30,stoch14:..20),not(industry:Biotechnology)",
        False,
    ),
    Preset(
        "three-timeframes",
        "Three timeframes agree",
        "adx14:25..,d.ema12:gt:ema26,w.ema12:gt:ema26,mo.ema12:gt:ema26",
    ),
    Preset("recovered", "Was oversold, is strong", "in10(rsi14:..30),rsi14:50.."),
    Preset("own-symbols", "Named symbols up 2 %", "symbol:BRK.B;BF/B;X:BTCUSD,chg:2..", False),
    Preset("above-vwap", "Three hours above VWAP, strong", "for3(h.close:gt:vwap),rs20:1.1.."),
)
"""Each is a rule of daily bars."""

GENERAL = tuple(preset for preset in PRESETS if preset.is_general)
