from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.codecs.g711 import G711
from telephony.rtp.packet import RtpPacket, RtpParseError
from telephony.rtp.rtcp import RtcpSession, parse_rtcp
from telephony.rtp.sender import RtpSender
from telephony.rtp.sequence import SourceTracker
from tests.telephony.media_fakes import tone


def session(start_ms: float = 0.0) -> RtcpSession:
    return RtcpSession(cname="a-random-name", utc_ms_at_zero=1_800_000_000_000, start_ms=start_ms, phase=0.5)


def sender(packets: int) -> RtpSender:
    made = RtpSender(ssrc=0xAA, sequence=1, timestamp=0)
    made.use(G711("PCMU"), 0, None)
    for _ in range(packets):
        made.frame(tone(440, 1))
    return made


def tracker() -> SourceTracker:
    made = SourceTracker(8000)
    for sequence in (1, 2, 4, 5):
        made.judge(RtpPacket(0, sequence, 0, 0xBB, b""))
    return made


def test_when_a_report_is_built_then_parsing_tells_the_same() -> None:
    data = session().build(sender(3), tracker(), 100)
    report = parse_rtcp(data)
    assert len(data) % 4 == 0
    assert report.sender_ssrc == 0xAA
    block = report.blocks[0]
    assert (block.ssrc, block.lost, block.highest_sequence) == (0xBB, 1, 5)
    assert block.fraction_lost == pytest.approx(0.2, abs=0.01)
    assert not report.goodbye


def test_when_nothing_was_sent_yet_then_it_is_a_receiver_report() -> None:
    report = parse_rtcp(session().build(sender(0), None, 100))
    assert report.sender_ssrc is None
    assert report.blocks == []


def test_when_reports_go_both_ways_then_the_round_trip_is_known() -> None:
    ours, theirs = session(), session()
    our_sender = sender(1)
    our_report = parse_rtcp(ours.build(our_sender, None, 1000))
    theirs.take(our_report, 0xBB, 1030)
    their_tracker = SourceTracker(8000)
    their_tracker.judge(RtpPacket(0, 1, 0, 0xAA, b""))
    their_sender = RtpSender(ssrc=0xBB, sequence=1, timestamp=0)
    answer = parse_rtcp(theirs.build(their_sender, their_tracker, 1530))
    ours.take(answer, 0xAA, 1560)
    assert ours.round_trip_ms == pytest.approx(60, abs=1)
    assert ours.remote_fraction_lost == 0.0


def test_when_the_leg_ends_then_the_farewell_says_so() -> None:
    assert parse_rtcp(session().farewell(sender(1), tracker(), 5000)).goodbye


def test_when_time_passes_then_reports_are_due_every_five_seconds_on_average() -> None:
    under_test = session()
    our_sender = sender(1)
    sent = 0
    for now_ms in range(0, 600_000, 20):
        if under_test.due(now_ms):
            under_test.build(our_sender, None, now_ms)
            sent += 1
    assert 100 <= sent <= 145


@given(st.binary(max_size=200))
def test_when_bytes_are_garbage_then_only_the_parse_error_is_raised(data: bytes) -> None:
    try:
        parse_rtcp(data)
    except RtpParseError:
        return


def test_when_a_report_is_cut_off_then_it_is_refused() -> None:
    data = session().build(sender(3), tracker(), 100)
    with pytest.raises(RtpParseError):
        parse_rtcp(data[:30])
    with pytest.raises(RtpParseError):
        parse_rtcp(bytes([0x81, 200, 0, 1, 0, 0, 0, 1]))
