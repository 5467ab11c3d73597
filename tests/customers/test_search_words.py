from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.search_words import query_words, search_words


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("My routers are broken", "router"),
        ("la facturación de este mes", "facturaciones"),
        ("Ana García", "garcia"),
        ("reference ABC234", "abc234"),
        ("llamé por las facturas", "factura"),
        ("she was billed twice", "billing"),
    ],
)
def test_when_a_word_is_searched_in_another_form_then_it_is_found(text: str, query: str) -> None:
    (wanted,) = query_words(query)
    assert wanted & search_words(text)


def test_when_only_little_words_are_searched_then_there_is_nothing_to_find() -> None:
    assert query_words("the y de la") == ()


@given(st.text(max_size=200))
def test_when_a_text_is_searched_by_its_own_words_then_all_of_them_are_found(text: str) -> None:
    assert all(stems & search_words(text) for stems in query_words(text))
