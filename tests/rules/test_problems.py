"""What is wrong with a text, where, and what was probably meant."""

import pytest

from app.rules import limits
from app.rules.errors import RuleError, RuleProblem, TextSegment, marks
from app.rules.parse import parse, parse_words
from app.rules.vocabulary import check_words
from tests.support.rule_trees import problems

EXAMPLES = {
    "closs:gt:sma200": ("field", 1, 5, "no field closs; close?"),
    "rsi14:..": ("range", 9, 0, "a range needs a bound on one side"),
    "any(rsi14:..30": ("bracket", 15, 0, "( opened at 4 is not closed"),
    "rsi14:lt": ("incomplete", 9, 0, "lt needs :number or :field"),
    "for3(h.close:gt:d.sma20)": ("timeframes", 1, 24, "a window looks back in one timeframe, here h and d"),
    "chg:3%": ("percent", 6, 1, "percent is meant already: chg:3.."),
    "chg < -3% and close > 5": ("percent", 9, 1, "percent is meant already: chg < -3 and close > 5"),
    "close:3%..4": ("percent", 8, 1, "a number has no %: close:3..4"),
    "rsi14:30": ("range", 7, 2, "30 is no range; 30.. is at least, ..30 at most"),
    "rsi14:lt:": ("incomplete", 10, 0, "a number or a field is missing"),
    "sma20 crosses": ("incomplete", 14, 0, "a number or a field is missing"),
    "close:50..5": ("range", 1, 11, "a range goes from the lower number to the higher one"),
    "": ("empty", 1, 0, "the rule is empty"),
    " \n ": ("empty", 4, 0, "the rule is empty"),
    "close:5..,": ("incomplete", 11, 0, "a number or a field is missing"),
    "any()": ("unexpected", 5, 1, ") is unexpected; a number or a field belongs here"),
    "close:5..)": ("unexpected", 10, 1, ") is unexpected; a comma or the end belongs here"),
    "close:5.. rsi14:..30": ("unexpected", 16, 1, ": is unexpected; a comma or the end belongs here"),
    "close:5.. or open:5..": ("or", 11, 2, "no or between conditions; write any(a,b)"),
    "5": ("number", 1, 1, "a condition needs a field"),
    "5:lt:6": ("number", 1, 6, "a condition needs a field"),
    "rsi300:..30": ("period", 1, 6, "the period of rsi is 2 to 252 bars"),
    "rsi1:..30": ("period", 1, 4, "the period of rsi is 2 to 252 bars"),
    "beta10:..1": ("period", 1, 6, "the period of beta is 20 to 252 bars"),
    "close5:..30": ("period", 1, 6, "close has no period"),
    "bb20.uper:gt:5": ("part", 6, 4, "bb has no part uper; upper?"),
    "close.upper:gt:5": ("part", 7, 5, "close has no parts"),
    "vwap:5..": ("timeframe", 1, 4, "vwap has the timeframes m1, m5, m15, m30, h and not d; h.vwap?"),
    "w.beta:..1": ("timeframe", 3, 4, "beta has the timeframes d and not w; d.beta?"),
    "w.close:gt:beta": ("timeframe", 12, 4, "beta has the timeframes d and not w; d.beta?"),
    "wekly.close:5..": ("timeframe", 1, 5, "no timeframe wekly; weekly?"),
    "x.close:5..": ("timeframe", 1, 1, "no timeframe x; m1, m5, m15, m30, h, d, w, mo?"),
    "w.max20(d.close):5..": ("timeframes", 1, 16, "a function looks back in one timeframe, here w and d"),
    "highst(close,20):5..": ("function", 1, 6, "no function highst; max?"),
    "alll(close:5..)": ("function", 1, 4, "no function alll; all?"),
    "max20(5):5..": ("function", 1, 8, "a function looks back over a field, not over a number"),
    "sector:": ("word", 8, 0, "sector needs a word"),
    "sector:Energy;,close:5..": ("word", 15, 1, "sector needs a word"),
    "sector:a\x00b": ("word", 8, 3, "a word has a character that cannot be shown"),
    "sector": ("incomplete", 7, 0, "sector:Technology;Energy is missing"),
    "sektor:Energy": ("field", 1, 6, "no field sektor; sector?"),
    "conf:gt:close": ("number", 1, 13, "conf is compared with numbers alone"),
    "close:gt:conf": ("number", 1, 13, "conf stands on the left: conf:1.."),
    "0.5:lt:conf": ("number", 1, 11, "conf stands on the left: conf:1.."),
    "conf:up:0.5": ("history", 1, 11, "conf has no history: it crosses nothing"),
    "conf@1:0.5..": ("history", 1, 6, "conf has no history: no lag"),
    "conf*2:0.5..": ("history", 1, 6, "conf is compared as it is: no factor"),
    "2*age:3..": ("history", 3, 3, "age is compared as it is: no factor"),
    "max5(conf):0.5..": ("history", 1, 10, "conf has no history: no function over bars"),
    "cap@1:5b..": ("history", 1, 5, "cap has no history: no lag"),
    "cap": ("number", 1, 3, "cap needs a bound: cap:1.."),
    "close:1.5x..": ("unexpected", 7, 4, "1.5x is unexpected; a number or a field belongs here"),
}

AT_THE_LIMIT = {
    "a rule has at most 1,000 characters": ("symbol:" + "A" * 993, "symbol:" + "A" * 994),
    "a rule has at most 64 conditions and operands": (
        ",".join(["close:5.."] * 21 + ["sector:A"]),
        ",".join(["close:5.."] * 21 + ["sector:A"] * 2),
    ),
    "at most 6 groups, windows and functions": ("not(" * 6 + "close" + ")" * 6, "not(" * 7 + "close" + ")" * 7),
    "at most 6 groups": ("not(" * 5 + "max5(high)" + ")" * 5, "not(" * 6 + "max5(high)" + ")" * 6),
    "a rule has at most 12 different series": (
        ",".join(f"sma{period}" for period in range(2, 14)),
        ",".join(f"sma{period}" for period in range(2, 15)),
    ),
    "a rule has at most 3 timeframes": ("close,w.close,h.close", "close,w.close,h.close,mo.close"),
    "a lag is at most 252 bars": ("close@252", "close@253"),
    "a function looks back 1 to 252 bars": ("max252(high)", "max253(high)"),
    "a function looks back 1 to": ("max1(high)", "max0(high)"),
    "a window has 1 to 252 bars": ("in252(close:5..)", "in253(close:5..)"),
    "a window has 1 to": ("for1(close:5..)", "for0(close:5..)"),
    "a rule looks back at most 600 bars, not 601": (
        "in98(max252(sma252):5..)",
        "in99(max252(sma252):5..)",
    ),
    "a rule looks back at most 600": ("in247(max252(close)@101:up:5)", "in248(max252(close)@101:up:5)"),
    "at most 100 words in a list": ("symbol:" + ";".join(["A"] * 100), "symbol:" + ";".join(["A"] * 101)),
    "a number is at most 10,000,000,000,000 in size": ("money:10000b..", "money:10000.1b.."),
    "a number is at most 10,000": ("chg:-10000000000000..", "chg:-10000000000001.."),
    "a factor is at most 10,000,000,000,000": ("1b*money*10k:5..", "1b*money*11k:5.."),
    "a factor is at most 10,000,000,000,000 in size": ("money*10m*1m:5..", "money*10m*1.1m:5.."),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_problem_says_where_and_what_is_meant(text: str) -> None:
    (problem,) = problems(text)

    assert (problem.code, problem.at, problem.length, problem.message) == EXAMPLES[text]


@pytest.mark.parametrize("message", AT_THE_LIMIT)
def test_a_limit_is_allowed_and_one_more_is_an_error_that_names_it(message: str) -> None:
    allowed, too_much = AT_THE_LIMIT[message]
    (problem,) = problems(too_much)

    assert problems(allowed) == ()
    assert problem.code == "limit"
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "not not not not not not not close:5..",
        "not(" * 6 + "close > 5 within 5 bars" + ")" * 6,
        ",".join(["o > c"] * 30),
        "c:5..,symbol:" + "A" * 987,
    ],
    ids=["not", "within", "operands", "longer in its spelling"],
)
def test_a_lenient_spelling_gets_round_no_limit(text: str) -> None:
    assert {problem.code for problem in problems(text)} == {"limit"}


def test_all_unknown_names_are_reported_and_of_syntax_errors_the_first() -> None:
    reasons = problems("closs:gt:smma200,hihg:5..,low:,open:")

    assert [(problem.code, problem.at, problem.suggestion) for problem in reasons] == [
        ("field", 1, "close"),
        ("field", 10, "sma200"),
        ("field", 18, "high"),
        ("unexpected", 31, ""),
    ]


def test_a_text_of_unknown_names_has_a_bounded_number_of_problems() -> None:
    assert len(problems(",".join(["zz"] * 300))) == 20


def test_the_error_says_everything_in_one_line() -> None:
    with pytest.raises(RuleError, match="no field closs; close\\?; no field opn; open\\?"):
        parse("closs:gt:opn")


@pytest.mark.parametrize(
    ("timeframe", "version", "code"), [("x", 1, "timeframe"), ("d", 2, "version"), ("d", 0, "version")]
)
def test_an_unknown_timeframe_or_version_is_an_error(timeframe: str, version: int, code: str) -> None:
    with pytest.raises(RuleError) as raised:
        parse("close:5..", timeframe, version)

    assert [problem.code for problem in raised.value.problems] == [code]


def test_a_field_may_have_the_timeframe_of_the_rule() -> None:
    assert parse("close:gt:vwap", "h")
    assert problems("beta:..1", "h")


def test_problems_are_marked_in_the_text() -> None:
    text = "closs:gt:sma200,opn:5.."

    assert marks(text, problems(text)) == [
        TextSegment("closs", 1),
        TextSegment(":gt:sma200,"),
        TextSegment("opn", 2),
        TextSegment(":5.."),
    ]


def test_what_is_missing_is_marked_at_its_place() -> None:
    assert marks("rsi14:lt", problems("rsi14:lt")) == [TextSegment("rsi14:lt"), TextSegment(" ", 1)]
    assert marks("", problems("")) == [TextSegment(" ", 1)]


def test_of_overlapping_problems_the_first_is_marked() -> None:
    first, second = RuleProblem("a", 1, 5, ""), RuleProblem("b", 3, 2, "")

    assert marks("close:5..", [first, second]) == [TextSegment("close", 1), TextSegment(":5..")]


def test_words_that_the_market_does_not_have_are_reported_with_their_place() -> None:
    text = "not(sector: 'Tech' ;energy),exchange:XNYS,industry in (Softwre)"
    vocabulary = {"sector": ["Technology", "Energy"], "industry": ["Software"], "exchange": ["XNYS"]}
    reasons = check_words(parse_words(text).words, vocabulary)

    assert [problem.message for problem in reasons] == ["no sector Tech; Technology?", "no industry Softwre; Software?"]
    assert [text[problem.at - 1 :][: problem.length] for problem in reasons] == ["Tech", "Softwre"]
    assert [problem.suggestion for problem in reasons] == ["Technology", "Software"]


def test_words_without_a_vocabulary_are_not_checked() -> None:
    words = parse_words("symbol:NOPE,sector:Energy").words

    assert check_words(words, {"sector": ["Energy"]}) == ()
    assert [problem.message for problem in check_words(words, {"symbol": []})] == ["no symbol NOPE"]


def test_the_page_of_limits_has_those_of_the_parser() -> None:
    assert (limits.CHARACTERS, limits.NODES, limits.DEPTH, limits.SERIES) == (1_000, 64, 6, 12)
