"""What a leg sounds like, as numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calls.ids import LegId
from telephony.media_settings import MediaSettings
from telephony.net.media_stream import EventKeeper, MediaStream
from telephony.net.rtp_leg import RtpMediaFactory
from telephony.quality import MediaQuality, QualityReport, ReportsQuality, estimate_mos, report_between
from telephony.sip_leg import SipLeg
from tests.telephony.media_fakes import FakeClock, packets, voice

START = MediaQuality(
    received=100,
    sent=100,
    lost=0,
    late=0,
    ticks=100,
    concealed=0,
    jitter_ms=2.0,
    delay_ms=30.0,
    round_trip_ms=None,
    remote_fraction_lost=None,
    refused=0,
    garbage=0,
)


@pytest.mark.parametrize(
    ("loss", "delay_ms", "mos"),
    [(0.0, 0.0, 4.41), (0.0, 150.0, 4.33), (0.0, 400.0, 3.1), (0.05, 50.0, 3.96), (0.2, 50.0, 2.6), (1.0, 1000.0, 1.0)],
)
def test_when_loss_and_delay_are_known_then_the_opinion_is_that_of_the_model(
    loss: float, delay_ms: float, mos: float
) -> None:
    assert estimate_mos(loss, delay_ms) == pytest.approx(mos, abs=0.12)


def test_when_loss_or_delay_grow_then_the_opinion_never_rises() -> None:
    for delay_ms in range(0, 1000, 50):
        scores = [estimate_mos(loss / 100, delay_ms) for loss in range(101)]
        assert scores == sorted(scores, reverse=True)
        assert estimate_mos(0.0, delay_ms) >= estimate_mos(0.0, delay_ms + 50)


def test_when_two_looks_are_compared_then_only_what_happened_between_them_counts() -> None:
    later = replace(
        START, received=190, lost=10, ticks=200, concealed=20, round_trip_ms=80.0, remote_fraction_lost=0.02
    )
    report = report_between(START, later, 2000)
    assert report.loss_share == pytest.approx(0.2)
    assert report.network_loss_share == pytest.approx(0.1)
    assert report.delay_ms == pytest.approx(40 + 30 + 20)
    assert report.remote_loss_share == 0.02
    assert report_between(later, later, 0).loss_share == 0.0


def test_when_a_leg_runs_then_it_reports_each_period_and_a_bad_network_shows() -> None:
    clock = FakeClock()
    stream = MediaStream(
        EventKeeper(LegId("leg")), MediaSettings(quality_every_ms=2000), clock, lambda _: None, lambda _: None
    )
    stream.use("PCMU", 0, None)
    reports: list[QualityReport] = []
    stream.on_quality(reports.append)
    for n, packet in enumerate(packets(voice(410))):
        if n < 200 or n % 5:
            stream.take_rtp(packet, clock.now_ms())
        stream.read(20 * n)
        clock.at_ms += 20
    assert [report.duration_ms for report in reports] == [2000] * 4
    assert reports[1].loss_share == 0.0
    assert reports[1].mos > 4.3
    assert reports[3].network_loss_share == pytest.approx(0.2, abs=0.02)
    assert reports[3].loss_share == pytest.approx(0.2, abs=0.03)
    assert reports[3].mos < 3.2


def test_when_a_listener_of_quality_fails_then_the_sound_goes_on() -> None:
    clock = FakeClock()
    stream = MediaStream(
        EventKeeper(LegId("leg")), MediaSettings(quality_every_ms=20), clock, lambda _: None, lambda _: None
    )
    stream.use("PCMU", 0, None)

    def fail(_: QualityReport) -> None:
        raise RuntimeError("broken")

    stream.on_quality(fail)
    for n in range(5):
        assert stream.read(20 * n) is not None
        clock.at_ms += 20


async def test_when_a_sip_leg_is_asked_for_its_quality_then_its_media_tells_it() -> None:
    clock = FakeClock()
    media = MediaSettings(bind_host="127.0.0.1", port_min=34_900, port_max=34_903, quality_every_ms=40)
    rtp = await RtpMediaFactory(media, clock).open()
    leg = SipLeg(rtp, "session", lambda _: None)
    reports: list[QualityReport] = []
    assert isinstance(leg, ReportsQuality)
    leg.on_quality(reports.append)
    rtp.connect("127.0.0.1", 9, "PCMU", 0, None)
    for n in range(5):
        leg.read(20 * n)
        clock.at_ms += 20
    assert len(reports) == 2
    rtp.close()
