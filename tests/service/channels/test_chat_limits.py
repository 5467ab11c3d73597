"""Limits of anonymous chats and passes to calls: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from records.keys import MasterKey
from service.channels.chat_limits import HOUR_MS, ChatGuard, ChatLimits
from service.channels.chat_pass import PASS_S, new_pass, visitor_of_pass, visitor_of_token
from service.web_limits import MINUTE_MS, Refused

LIMITS = ChatLimits(
    files_per_hour=2,
    address_file_mb_per_hour=30,
    file_mb_per_hour=1000,
    per_address=2,
    per_origin=3,
    of_origin={"https://big.example": 4},
    in_total=5,
    messages_per_minute=3,
    address_messages_per_minute=5,
    conversations_per_hour=2,
)
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def code(answer: object) -> str:
    return answer.code if isinstance(answer, Refused) else ""


def test_when_pages_of_an_address_a_site_or_all_are_too_many_then_the_next_is_told_why() -> None:
    guard = ChatGuard(LIMITS)
    leave = guard.enter("", "192.0.2.1")
    assert callable(leave)
    assert callable(guard.enter("", "192.0.2.1"))
    assert code(guard.enter("", "192.0.2.1")) == "chat.address_busy"
    leave()
    leave()
    assert callable(guard.enter("https://shop.example", "192.0.2.1"))
    assert callable(guard.enter("https://shop.example", "192.0.2.2"))
    assert callable(guard.enter("https://shop.example", "192.0.2.3"))
    assert code(guard.enter("https://shop.example", "192.0.2.4")) == "chat.site_busy"
    assert callable(guard.enter("https://big.example", "192.0.2.4"))
    assert code(guard.enter("https://big.example", "192.0.2.5")) == "chat.full"


def test_when_a_visitor_writes_too_fast_then_they_are_told_how_long_to_wait() -> None:
    guard = ChatGuard(LIMITS)
    for at in range(3):
        assert guard.may_write("v1", "192.0.2.1", at * 1_000, begins=False) is None
    refused = guard.may_write("v1", "192.0.2.1", 10_000, begins=False)
    assert refused is not None
    assert (refused.code, refused.retry_after_s) == ("chat.too_fast", 50)
    assert guard.may_write("v1", "192.0.2.1", MINUTE_MS, begins=False) is None


def test_when_visitors_of_one_address_write_too_much_together_then_others_are_not_concerned() -> None:
    guard = ChatGuard(LIMITS)
    for at in range(5):
        assert guard.may_write(f"v{at}", "2001:db8::1", at, begins=False) is None
    assert code(guard.may_write("v9", "2001:db8::2", 9, begins=False)) == "chat.address_too_fast", "the same /64"
    assert guard.may_write("v9", "2001:db8:1::1", 9, begins=False) is None


def test_when_an_address_begins_too_many_conversations_then_it_may_go_on_with_those_that_it_has() -> None:
    guard = ChatGuard(replace(LIMITS, address_messages_per_minute=100))
    assert guard.may_write("v1", "192.0.2.1", 0, begins=True) is None
    assert guard.may_write("v2", "192.0.2.1", 1, begins=True) is None
    assert code(guard.may_write("v3", "192.0.2.1", 2, begins=True)) == "chat.too_many"
    assert guard.may_write("v1", "192.0.2.1", 3, begins=False) is None
    assert guard.may_write("v3", "192.0.2.1", HOUR_MS, begins=True) is None


def test_when_a_pass_is_shown_in_time_then_it_names_the_visitor_and_nothing_else_does() -> None:
    mark, other = MasterKey(b"k" * 32).mark, MasterKey(b"o" * 32).mark
    visitor = visitor_of_token(mark, "t" * 32)
    assert visitor != visitor_of_token(mark, "u" * 32)
    good = new_pass(mark, visitor, NOW)
    assert visitor_of_pass(mark, good, NOW + timedelta(seconds=PASS_S)) == visitor
    assert visitor_of_pass(mark, good, NOW + timedelta(seconds=PASS_S + 1)) is None
    assert visitor_of_pass(other, good, NOW) is None
    longer = good.replace(good.split(".")[1], str(int(good.split(".")[1]) + 1))
    for text in (longer, good[:-1] + "x", "", "a.b.c", visitor):
        assert visitor_of_pass(mark, text, NOW) is None


@pytest.mark.parametrize("text", ["..", "a" * 10_000, "\n"])
def test_when_a_pass_is_rubbish_then_it_counts_as_none(text: str) -> None:
    assert visitor_of_pass(MasterKey(b"k" * 32).mark, text, NOW) is None


def test_when_many_files_come_then_a_visitor_an_address_and_all_together_have_an_end() -> None:
    guard = ChatGuard(LIMITS)
    first, second = (guard.file_begins("v1", "10.0.0.1", 10_000_000, at) for at in (0, 1_000))
    assert not isinstance(first, Refused)
    assert not isinstance(second, Refused)
    third = guard.file_begins("v1", "10.0.0.1", 1, 2_000)
    assert isinstance(third, Refused)
    assert (third.code, third.retry_after_s) == ("files.too_many", 3_598)
    neighbour = guard.file_begins("v2", "10.0.0.1", 11_000_000, 2_000)
    assert isinstance(neighbour, Refused), "the address has had 20 of its 30 MB"
    assert not isinstance(guard.file_begins("v2", "10.0.0.1", 10_000_000, 2_000), Refused)
    assert not isinstance(guard.file_begins("v1", "10.0.0.1", 10_000_000, HOUR_MS + 1_001), Refused)


def test_when_more_come_at_once_than_there_is_room_for_then_the_next_waits() -> None:
    guard = ChatGuard(LIMITS)
    coming = [guard.file_begins(f"v{n}", f"10.0.0.{n}", 25_000_000, 0) for n in range(4)]
    busy = guard.file_begins("v9", "10.0.0.9", 1, 0)
    assert isinstance(busy, Refused)
    assert busy.code == "files.busy"
    leave = coming[0]
    assert not isinstance(leave, Refused)
    leave()
    leave()
    assert not isinstance(guard.file_begins("v9", "10.0.0.9", 25_000_000, 0), Refused)
    assert isinstance(guard.file_begins("v8", "10.0.0.8", 1, 0), Refused), "a file that came is counted out once"
