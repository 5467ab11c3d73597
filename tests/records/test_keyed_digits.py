"""Card numbers that are keyed in with pauses are masked; choices, accounts and phones are told as they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.card_numbers import luhn
from records.keyed_digits import LEAST_GROUP, WITHIN_MS, KeyedDigits, KeyGroup, KeysShown

CARD = "4676973931617818"


def pressed(*keys: str, pause_ms: int = 6_000, asked: bool = False) -> list[KeysShown]:
    """Return what is told of groups of keys, until the call is over."""
    watch = KeyedDigits()
    shown: list[KeysShown] = []
    for at, group in enumerate(keys):
        shown += watch.press(KeyGroup(group, at * pause_ms, asked=asked), secret=False)
    return [*shown, *watch.flush()]


def clear(*keys: str, pause_ms: int = 6_000) -> list[KeysShown]:
    return [KeysShown(group, at * pause_ms, secret=False) for at, group in enumerate(keys)]


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize(
    "groups",
    [
        ("4676", "9739", "3161", "7818"),
        ("4676", "9739", "3161", "7818#"),
        ("46769739", "31617818"),
        ("467697", "3931", "617818"),
        ("3782", "822463", "10005"),
        (CARD,),
    ],
)
def test_when_a_card_number_is_keyed_in_with_pauses_then_every_group_is_masked(
    groups: tuple[str, ...], asked: bool
) -> None:
    assert [(each.keys, each.secret) for each in pressed(*groups, asked=asked)] == [
        ("*" * len(group), True) for group in groups
    ]


def test_when_another_number_was_pressed_before_then_the_card_is_masked_too() -> None:
    told = pressed("0612", "4676", "9739", "3161", "7818", "1")
    assert not any(each.keys.strip("*") for each in told[1:-1])
    assert told[-1] == KeysShown("1", 30_000, secret=False)


def test_when_choices_are_pressed_then_they_are_told_at_once() -> None:
    watch = KeyedDigits()
    for at, keys in enumerate(("1", "0", "7", "#", "12")):
        assert watch.press(KeyGroup(keys, at), secret=False) == (KeysShown(keys, at, secret=False),)
    assert watch.flush() == ()


def test_when_an_account_a_date_and_a_time_are_asked_for_then_they_are_told_as_they_are() -> None:
    assert pressed("40295527", "0412", "1000", asked=True) == clear("40295527", "0412", "1000")
    assert pressed("40295527", "612345678", asked=True) == clear("40295527", "612345678")


def test_when_nothing_follows_a_group_for_a_minute_then_it_is_told_and_forgotten() -> None:
    watch = KeyedDigits()
    assert watch.press(KeyGroup("4676", 0), secret=False) == ()
    assert watch.time_passes(WITHIN_MS) == ()
    assert watch.time_passes(WITHIN_MS + 1) == (KeysShown("4676", 0, secret=False),)
    assert watch.press(KeyGroup("973931617818", WITHIN_MS + 2), secret=False) == ()
    assert watch.flush() == (KeysShown("973931617818", WITHIN_MS + 2, secret=False),)


def test_when_a_secret_is_asked_for_then_its_keys_are_masked_at_once() -> None:
    assert KeyedDigits().press(KeyGroup("4821#", 5), secret=True) == (KeysShown("*****", 5, secret=True),)


@given(st.lists(st.text("0123456789", min_size=1, max_size=8), max_size=12))
def test_when_any_groups_are_pressed_then_each_is_told_once_with_its_length(groups: list[str]) -> None:
    told = sorted(pressed(*groups), key=lambda each: each.t_ms)
    assert [each.t_ms // 6_000 for each in told] == list(range(len(groups)))
    assert [len(each.keys) for each in told] == [len(group) for group in groups]


@given(st.text("0123456789", min_size=11, max_size=11), st.sets(st.integers(3, 13), max_size=3))
def test_when_a_card_is_cut_into_groups_of_three_or_more_then_no_group_is_readable(body: str, cuts: set[int]) -> None:
    start = "4676" + body
    card = start + next(digit for digit in "0123456789" if luhn(start + digit))
    edges = [0, *sorted(cuts), 16]
    groups = [card[a:b] for a, b in pairwise(edges)]
    if min(map(len, groups)) >= LEAST_GROUP:
        assert all(each.secret for each in pressed(*groups))
