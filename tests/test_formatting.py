"""Ranges of values in words: one system for the grid, the spend bands and the segments."""

import pytest

from rfmtool.summaries.formatting import correlation_text, join_with_or, range_text

RANGES = {
    "recency": {
        (None, 12): "≤ 12 days",
        (None, 1): "≤ 1 day",
        (None, 0): "0 days",
        (None, -1): "nobody",
        (13, 32): "13–32 days",
        (1, 1): "1 day",
        (13, 12): "nobody",
        (180, None): "> 179 days",
        (2, None): "> 1 day",
        (0, None): "0+ days",
    },
    "frequency": {
        (None, 1): "1 order",
        (None, 2): "1–2 orders",
        (None, 0): "nobody",
        (2, 2): "2 orders",
        (3, 4): "3–4 orders",
        (3, 2): "nobody",
        (10, None): "10+ orders",
        (1_000, 1_999): "1,000–1,999 orders",
    },
    "monetary": {
        (None, 2_432_400): "≤ 243.24",
        (None, 2_432_451): "≤ 243.24",
        (None, 999_999): "≤ 99.99",
        (9_150_001, 20_162_100): "915.01–2,016.21",
        (1_000_000, 4_999_999): "100.00–499.99",
        (50_000, 50_000): "5.00",
        (50_000, 49_999): "nobody",
        (20_162_101, None): "> 2,016.21",
        (20_162_199, None): "> 2,016.21",
        (5_000_000, None): "≥ 500.00",
        (-50_000, None): "≥ -5.00",
        (1, 50): "0.0001–0.005",
        (None, None): "any spend",
    },
}


@pytest.mark.parametrize(
    ("dimension", "limits", "words"),
    [(name, limits, words) for name, cases in RANGES.items() for limits, words in cases.items()],
)
def test_a_range_in_words(dimension, limits, words):
    assert range_text(dimension, *limits) == words


def test_words_of_which_one_is_enough():
    assert [join_with_or(list(words)) for words in ("a", "ab", "abc")] == [
        "a",
        "a or b",
        "a, b or c",
    ]


@pytest.mark.parametrize(
    ("correlation", "words"),
    [
        (0.997, "mostly restates own spend"),
        (0.8, "mostly restates own spend"),
        (0.799, "partly restates own spend"),
        (0.5, "partly restates own spend"),
        (0.499, "they add something beyond own spend"),
    ],
)
def test_how_much_an_estimate_is_own_spend_told_again(correlation, words):
    assert correlation_text(correlation) == words
