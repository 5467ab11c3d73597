from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.names import UNREADABLE, likeness


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("Ana García", "ANA GARCIA", "same"),
        ("García, Ana", "Ana García", "same"),
        ("Ana García", "Ana García López", "similar"),
        ("A. García", "Ana García", "similar"),
        ("Ana Garsia", "Ana García", "similar"),
        ("María de la Luz", "Maria Luz", "same"),
        ("Ana", "Ana García", "similar"),
        ("Ana García", "Luis García", "different"),
        ("Ana García", "Ben Smith", "different"),
        ("", "Ana", "unknown"),
        (UNREADABLE, "Ana", "unknown"),
    ],
)
def test_when_two_names_are_compared_then_accents_order_and_surnames_are_understood(
    one: str, other: str, wanted: str
) -> None:
    assert likeness(one, other) == wanted


@given(st.text(max_size=30), st.text(max_size=30))
def test_when_names_change_places_then_the_answer_is_the_same_kind(one: str, other: str) -> None:
    assert (likeness(one, other) == "unknown") == (likeness(other, one) == "unknown")
