from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.customer_events import VerificationLevel
from customers.verification import (
    CODE_ATTEMPTS,
    CODE_LIFE_MS,
    CODES_AN_HOUR,
    LEVELS,
    Secret,
    check,
    issue,
    may_reveal,
    may_send,
    strongest,
)

SALT = bytes(16)


@pytest.mark.parametrize("what", ["name", "that_known", "case_subject", "history", "contact_details", "change"])
@pytest.mark.parametrize("level", ["none", "caller_id"])
def test_when_only_a_number_is_known_then_nothing_of_the_record_is_revealed(
    level: VerificationLevel, what: Secret
) -> None:
    assert not may_reveal(level, what)


@pytest.mark.parametrize(
    ("level", "what", "may"),
    [
        ("none", "general", True),
        ("none", "needs", False),
        ("caller_id", "needs", True),
        ("knowledge", "case_subject", True),
        ("knowledge", "account", False),
        ("knowledge", "change", False),
        ("one_time_code", "account", True),
        ("one_time_code", "erase", False),
        ("staff", "erase", True),
    ],
)
def test_when_a_level_is_reached_then_so_much_may_be_said(level: VerificationLevel, what: Secret, may: bool) -> None:
    assert may_reveal(level, what) is may


@given(st.lists(st.sampled_from(LEVELS)), st.sampled_from(["general", "needs", "name", "account", "erase"]))
def test_when_a_contact_is_surer_then_nothing_is_revealed_less(levels: list[VerificationLevel], what: Secret) -> None:
    surest = strongest(levels)
    assert all(may_reveal(surest, what) for level in levels if may_reveal(level, what))


def test_when_the_code_comes_back_in_time_then_it_is_right_once() -> None:
    kept = issue("123456", SALT, 0)
    kept, outcome = check(kept, "12 34 56", CODE_LIFE_MS)
    assert outcome == "right"
    assert check(kept, "123456", CODE_LIFE_MS)[1] == "void"


def test_when_the_code_is_guessed_then_it_is_void_after_some_attempts_even_for_the_right_answer() -> None:
    kept = issue("123456", SALT, 0)
    for _ in range(CODE_ATTEMPTS):
        kept, outcome = check(kept, "000000", 1)
        assert outcome == "wrong"
    assert check(kept, "123456", 1)[1] == "void"


def test_when_the_code_is_too_old_then_it_is_expired() -> None:
    assert check(issue("123456", SALT, 0), "123456", CODE_LIFE_MS + 1)[1] == "expired"


@given(st.text(max_size=12))
def test_when_something_else_is_said_then_it_is_never_right(said: str) -> None:
    digits = "".join(sign for sign in said if sign.isascii() and sign.isdigit())
    assert (check(issue("123456", SALT, 0), said, 0)[1] == "right") == (digits == "123456")


def test_when_codes_were_sent_within_the_hour_then_there_is_an_end_to_it() -> None:
    assert may_send([0] * (CODES_AN_HOUR - 1), 1)
    assert not may_send([0] * CODES_AN_HOUR, 1)
    assert may_send([0] * CODES_AN_HOUR, 3_600_001)


def test_when_a_code_is_kept_then_it_is_not_readable() -> None:
    assert b"123456" not in repr(issue("123456", SALT, 0)).encode()
