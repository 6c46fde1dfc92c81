"""The level ``text``: the share of the words of an expectation that an answer has."""

from __future__ import annotations

import pytest

from promptecho._snapshots.lexical import THRESHOLD, Scored, scored

REFUND = "offers a refund within 30 days"  # offer, refund and within weigh 1, 30 weighs 4, days 1


@pytest.mark.parametrize(
    ("expected", "answer", "score"),
    [
        (REFUND, "We offer refunds within 30 days.", 1.0),
        (REFUND, "Within 30 days you get a refund.", 7 / 8),  # no offer
        (REFUND, "We refund within 60 days.", 3 / 8),  # no offer, no 30
        (REFUND, "We never offer a refund within 30 days.", 8 / 12),  # one negation more
        (REFUND, "Do not worry! We offer a refund within 30 days.", 1.0),  # in another sentence
        ("do not share passwords", "You should never share your password.", 1.0),
        ("do not share passwords", "Share your passwords.", 2 / 6),
        ("You can't", "You cannot.", 1.0),
        ("It's fine", "it is FINE", 1.0),
        ("costs 1,000.50", "It costs 1000.50", 1 / 5),  # numbers count as they are written
        ("東京は首都", "首都は東京", 1.0),
        ("Ⅻ ﬁles", "xii files", 1.0),  # NFKC
        ("the", "", 1.0),  # nothing that counts
        ("the", "cat", 0.0),
        ("cat", "", 0.0),
    ],
)
def test_the_score_is_the_share_of_the_words(expected: str, answer: str, score: float) -> None:
    assert scored(expected, answer).score == pytest.approx(score)


def test_what_lowers_the_score_is_named() -> None:
    assert scored(REFUND, "We never refund within 60 days.") == Scored(
        3 / 12, ("offers", "30"), ("never",)
    )


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        ("You can get a refund within 30 days of purchase.", True),
        ("We never offer a refund, even within 30 days.", False),
        ("A refund is possible within 14 days.", False),
    ],
)
def test_the_threshold_tells_the_answers_of_the_guide_apart(answer: str, passes: bool) -> None:
    assert (scored(REFUND, answer).score >= THRESHOLD) is passes
