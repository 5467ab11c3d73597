"""When streams are pinged and closed."""

from __future__ import annotations

import pytest

from telephony.sip.stream_watch import FIRST_MS, PING_MS, PONG_MS, SLOW_MS, StreamWatch, Verdict

IDLE_MS = 600_000


def watch(*, opened_by_us: bool = False) -> StreamWatch:
    return StreamWatch(opened_by_us=opened_by_us, idle_ms=IDLE_MS, began_ms=0)


def test_when_a_peer_opens_a_stream_and_sends_no_message_then_it_is_closed_pings_or_not() -> None:
    stream = watch()
    stream.heard(FIRST_MS - 1, amid=False, ping=True)
    assert stream.decide(FIRST_MS - 1, in_use=False) is Verdict.KEEP
    assert stream.decide(FIRST_MS, in_use=False) is Verdict.SILENT


@pytest.mark.parametrize("opened_by_us", [True, False])
def test_when_a_message_does_not_end_then_its_sender_is_too_slow_however_often_a_byte_comes(opened_by_us: bool) -> None:
    stream = watch(opened_by_us=opened_by_us)
    stream.heard(0, amid=False, message=True)
    for now_ms in range(1_000, 1_000 + SLOW_MS, 1_000):
        stream.heard(now_ms, amid=True)
        assert stream.decide(now_ms, in_use=True) is Verdict.KEEP
    assert stream.decide(1_000 + SLOW_MS, in_use=True) is Verdict.SLOW


def test_when_each_message_ends_in_time_then_a_busy_sender_is_not_slow() -> None:
    stream = watch()
    for now_ms in range(0, 3 * SLOW_MS, SLOW_MS // 2):
        stream.heard(now_ms, amid=True, message=True)
        assert stream.decide(now_ms, in_use=False) is Verdict.KEEP


def test_when_nobody_uses_a_stream_then_it_is_closed_but_not_under_a_call_nor_while_the_peer_pings() -> None:
    stream = watch()
    stream.heard(0, amid=False, message=True)
    assert stream.decide(IDLE_MS, in_use=True) is Verdict.KEEP
    assert stream.decide(IDLE_MS, in_use=False) is Verdict.IDLE
    stream.heard(IDLE_MS, amid=False, ping=True)
    assert stream.decide(2 * IDLE_MS - 1, in_use=False) is Verdict.KEEP
    stream.said(2 * IDLE_MS - 1)
    assert stream.decide(2 * IDLE_MS, in_use=False) is Verdict.KEEP


def test_when_our_stream_is_quiet_then_it_is_pinged_and_a_peer_that_stops_answering_is_dead() -> None:
    stream = watch(opened_by_us=True)
    assert stream.decide(PING_MS - 1, in_use=True) is Verdict.KEEP
    assert stream.decide(PING_MS, in_use=True) is Verdict.PING
    stream.heard(PING_MS + 50, amid=False, pong=True)
    assert stream.decide(PING_MS + PONG_MS, in_use=True) is Verdict.KEEP
    assert stream.decide(2 * PING_MS + 50, in_use=True) is Verdict.PING
    assert stream.decide(2 * PING_MS + 49 + PONG_MS, in_use=True) is Verdict.KEEP
    assert stream.decide(2 * PING_MS + 50 + PONG_MS, in_use=True) is Verdict.DEAD


def test_when_a_peer_has_never_answered_a_ping_then_it_is_pinged_on_and_not_given_up() -> None:
    stream = watch(opened_by_us=True)
    verdicts = [stream.decide(now_ms, in_use=True) for now_ms in range(0, 5 * PING_MS, 2_000)]
    assert verdicts.count(Verdict.PING) == 4
    assert set(verdicts) == {Verdict.PING, Verdict.KEEP}


def test_when_verdicts_close_then_they_say_so() -> None:
    assert [verdict for verdict in Verdict if not verdict.closes] == [Verdict.KEEP, Verdict.PING]
