"""Whether two words differ by one typing error."""

SHORTEST = 4
"""Letters of a word in which an error is forgiven: among shorter words nearly any two are alike."""


def is_one_error_apart(typed: str, word: str) -> bool:
    """One letter too many, missing, wrong, or two neighbours exchanged. Equal words are not."""
    if abs(len(typed) - len(word)) > 1 or typed == word or min(len(typed), len(word)) < SHORTEST:
        return False
    at = next((n for n, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), min(len(typed), len(word)))
    if len(typed) > len(word):
        return typed[at + 1 :] == word[at:]
    if len(typed) < len(word):
        return typed[at:] == word[at + 1 :]
    exchanged = typed[at : at + 2] == word[at : at + 2][::-1] and typed[at + 2 :] == word[at + 2 :]
    return exchanged or typed[at + 1 :] == word[at + 1 :]


def begins_with_one_error(typed: str, word: str) -> bool:
    """Whether a part of `word` from its beginning is `typed` but for one error, so that a word need not be finished."""
    return any(is_one_error_apart(typed, word[:length]) for length in range(len(typed) - 1, len(typed) + 2))
