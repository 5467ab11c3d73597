"""How `bench dialog` judges what became of a question."""

from __future__ import annotations

import pytest

from bench.dialog import IN_SCOPE, MULTI, OUT_OF_SCOPE, Decision


@pytest.mark.parametrize(
    ("kind", "wanted", "answered", "right", "false_answer"),
    [
        (IN_SCOPE, ("a",), ("a",), True, False),
        (IN_SCOPE, ("a",), ("a", "b"), True, True),
        (IN_SCOPE, ("a",), ("b", "a"), False, True),
        (IN_SCOPE, ("a",), ("b",), False, True),
        (IN_SCOPE, ("a",), (), False, False),
        (MULTI, ("a", "b"), ("b", "a"), True, False),
        (MULTI, ("a", "b"), ("a",), False, False),
        (MULTI, ("a", "b"), ("a", "c"), False, True),
        (OUT_OF_SCOPE, (), (), True, False),
        (OUT_OF_SCOPE, (), ("a",), False, True),
    ],
)
def test_when_a_question_was_decided_then_it_is_judged_by_what_would_be_spoken(
    kind: str, wanted: tuple[str, ...], answered: tuple[str, ...], right: bool, false_answer: bool
) -> None:
    decision = Decision(
        text="",
        language="en",
        kind=kind,
        wanted=wanted,
        answered=answered,
        best=None,
        alarmed=False,
        asked_back="",
        decide_ms=1.0,
    )
    assert decision.right is right
    assert decision.false_answer is false_answer
