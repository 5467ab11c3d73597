"""How long a guesser waits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.staff.attempts import ACCOUNT, ADDRESS, BROWSER, Attempts, GuessRule

RULES = (ACCOUNT, BROWSER, ADDRESS)


@given(st.sampled_from(RULES), st.lists(st.integers(min_value=0, max_value=2_000_000), max_size=60))
def test_when_guesses_come_at_any_time_then_the_wait_is_bounded_and_free_ones_are_free(
    rule: GuessRule, pauses_ms: list[int]
) -> None:
    known, now_ms = Attempts(), 0
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        wait_ms = rule.wait_ms(known, now_ms)
        assert 0 <= wait_ms <= rule.longest_wait_ms
        if wait_ms == 0:
            known = rule.counted(known, now_ms)
        if known.failures < rule.free:
            assert rule.wait_ms(known, now_ms) == 0


def test_when_an_account_is_guessed_at_for_a_day_then_about_a_hundred_are_looked_at() -> None:
    known, now_ms, looked_at = Attempts(), 0, 0
    while now_ms < 86_400_000:
        wait_ms = ACCOUNT.wait_ms(known, now_ms)
        if wait_ms:
            now_ms += wait_ms
            continue
        known, looked_at = ACCOUNT.counted(known, now_ms), looked_at + 1
    assert looked_at <= 110


def test_when_nothing_is_guessed_for_long_then_it_is_forgotten() -> None:
    known = Attempts(failures=50, last_ms=0)
    assert ACCOUNT.wait_ms(known, 86_400_000) == 0
    assert ACCOUNT.counted(known, 86_400_000).failures == 1
