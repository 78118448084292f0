"""The name of each pattern on mirrored prices, and those of TA-Lib without a mirror image."""

from collections.abc import Mapping

from app.finance import candles, crossings, levels

PAIRS = (
    ("MorningDojiStar", "EveningDojiStar"), ("MorningStar", "EveningStar"), ("DragonflyDoji", "GravestoneDoji"),
    ("BreakoutHigh", "BreakdownLow"), ("SupportTest", "ResistanceTest"), ("GapUp", "GapDown"),
)  # fmt: skip
"""Of functions with one name each."""
THEMSELVES = (
    "Doji", "LongLeggedDoji", "RickshawMan", "HighWave", "SpinningTop", "ShortLine", "VolumeSpike",
)  # fmt: skip

NO_MIRROR: Mapping[str, str] = {
    "ThreeWhiteSoldiers": "soldiers may not shrink, crows must open within the body before and follow a white candle",
    "ThreeBlackCrows": "crows must follow a white candle, which soldiers need not",
    "IdenticalThreeCrows": "three falling candles alone; TA-Lib has no rising ones",
    "ThreeStarsInTheSouth": "a bottom alone; its top is called nothing",
    "ConcealingBabySwallow": "a bottom alone",
    "LadderBottom": "a bottom alone; TA-Lib has no ladder top",
    "MatHold": "TA-Lib knows the rising one alone",
    "SideBySideWhiteLinesBullish": "both lines are white in a gap up, and would be black in the mirror",
    "SideBySideWhiteLinesBearish": "both lines are white in a gap down too",
    "UpsideGapTwoCrows": "a top alone",
    "TwoCrows": "a top alone",
    "UniqueThreeRiver": "a bottom alone",
    "AdvanceBlock": "a rise that tires; TA-Lib has no tired fall",
    "StalledPattern": "a rise that stalls; TA-Lib has no stalled fall",
    "StickSandwich": "two equal closes below alone",
    "HomingPigeon": "TA-Lib knows the falling pair alone",
    "MatchingLow": "TA-Lib has no matching high",
    "InNeck": "TA-Lib knows the falling one alone",
    "OnNeck": "TA-Lib knows the falling one alone",
    "Thrusting": "TA-Lib knows the falling one alone",
    "PiercingLine": "both candles must be long, of DarkCloudCover the first alone; it opens below the low before",
    "DarkCloudCover": "its second candle may be of any length, that of PiercingLine must be long",
    "Hammer": "its body is near the low before; that of a ShootingStar leaves a gap to the body before",
    "ShootingStar": "asks for a gap, which a Hammer does not",
    "HangingMan": "its body is near the high before; that of an InvertedHammer leaves a gap to the body before",
    "InvertedHammer": "asks for a gap, which a HangingMan does not",
    "Takuri": "a DragonflyDoji with a very long shadow; TA-Lib has no such GravestoneDoji",
}
"""Why, by the definitions of TA-Lib 0.8."""


def mirrors() -> dict[str, str]:
    """Maps every pattern's name to that of its mirror image; NO_MIRROR is left out."""
    sided = [candle.names for candle in candles.CANDLES] + [crossing.names for crossing in crossings.CROSSINGS]
    pairs = [*PAIRS, *(names for names in sided if names[0] != names[1] and names[0] not in NO_MIRROR)]
    both = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
    return both | {name: name for name in THEMSELVES}


def every_name() -> set[str]:
    crossed = {name for crossing in crossings.CROSSINGS for name in crossing.names}
    return {name for candle in candles.CANDLES for name in candle.names} | set(levels.NAMES) | crossed
