from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.customer_events import IdentifierKind
from calls.errors import CallCentreError
from customers.identifiers import guesses, masked, normal, normal_or_raise

KINDS: tuple[IdentifierKind, ...] = ("phone", "email", "chat_visitor", "social", "account")


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("phone", "600 12 34 56", "+34600123456"),
        ("phone", "0034 600-123-456", "+34600123456"),
        ("phone", "(+44) 20 7946 0018", "+442079460018"),
        ("email", " Ana.Perez@Example.COM ", "ana.perez@example.com"),
        ("email", "<ana@example.com>", "ana@example.com"),
        ("social", "Instagram:@Ana.Perez", "instagram:ana.perez"),
        ("chat_visitor", "v-81f2", "v-81f2"),
        ("account", "lu-123 456.7", "LU1234567"),
    ],
)
def test_when_an_identifier_is_written_as_people_do_then_it_has_one_form(
    kind: IdentifierKind, written: str, meant: str
) -> None:
    assert normal(kind, written) == meant


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("phone", "hello"),
        ("phone", "call 600123456 please"),
        ("phone", ""),
        ("email", "ana@"),
        ("email", "ana perez@example.com"),
        ("social", "benito"),
        ("account", "nothing"),
        ("account", "12"),
        ("email", "a" * 300 + "@example.com"),
    ],
)
def test_when_text_is_no_identifier_then_it_is_refused_and_not_repeated(kind: IdentifierKind, text: str) -> None:
    assert normal(kind, text) is None
    with pytest.raises(CallCentreError) as caught:
        normal_or_raise(kind, text)
    assert caught.value.code == "identifier.invalid"
    assert not text or text not in caught.value.message


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_when_a_form_is_normal_then_making_it_normal_again_changes_nothing(kind: IdentifierKind, text: str) -> None:
    found = normal(kind, text)
    if found is not None:
        assert normal(kind, found) == found


def test_when_somebody_types_into_the_search_box_then_it_may_be_several_things() -> None:
    assert ("phone", "+34600123456") in guesses("600 123 456")
    assert ("account", "600123456") in guesses("600 123 456")
    assert guesses("ana@example.com") == (("email", "ana@example.com"),)
    assert guesses("instagram:ana") == (("social", "instagram:ana"),)
    assert guesses("my router") == ()


@pytest.mark.parametrize("country", ["GB", "US", "MX"])
def test_when_a_country_is_given_then_its_national_numbers_come_first(country: str) -> None:
    national = {"GB": "020 7946 0018", "US": "212 555 0123", "MX": "55 1234 5678"}[country]
    whole = {"GB": "+442079460018", "US": "+12125550123", "MX": "+525512345678"}[country]
    assert normal("phone", national, country) == whole


def test_when_an_identifier_is_masked_then_most_of_it_is_gone() -> None:
    assert masked("phone", "+34600123456") == "+34…456"
    assert masked("email", "ana@example.com") == "a…@example.com"
    assert masked("account", "LU1234567") == "…567"
    assert masked("social", "instagram:ana") == "instagram:a…"
