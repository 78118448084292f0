"""Search in names: unfinished and mistyped words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.name_words import NameWords
from app.finance.typing_errors import begins_with_one_error, is_one_error_apart

WORDS = ("BERKSHIRE", "HATHAWAY", "MICROSOFT", "APPLE", "ALPHABET", "BANK", "3M", "ÉLECTRICITÉ")


@pytest.mark.parametrize(
    ("typed", "word", "one_error"),
    [
        ("MICROSFT", "MICROSOFT", True),
        ("MICROSOOFT", "MICROSOFT", True),
        ("MICRASOFT", "MICROSOFT", True),
        ("MIRCOSOFT", "MICROSOFT", True),
        ("MICROSOFT", "MICROSOFT", False),
        ("MACRASOFT", "MICROSOFT", False),
        ("CMIROSOFT", "MICROSOFT", False),
        ("BAK", "BANK", False),
        ("BANKS", "BANK", True),
    ],
)
def test_one_letter_may_be_wrong(typed: str, word: str, one_error: bool) -> None:
    assert is_one_error_apart(typed, word) is one_error


@given(st.sampled_from(WORDS), st.integers(0, 10), st.sampled_from("ABEKOR"), st.integers(0, 3))
def test_every_word_that_begins_with_one_error_is_among_the_matches(word: str, at: int, letter: str, kind: int) -> None:
    typed = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ][kind]
    names = NameWords()
    for each in WORDS:
        names.add(each, each)

    near = {each for each in WORDS if begins_with_one_error(typed, each) or each.startswith(typed)}
    assert set(names.mistyped(typed)) == near
