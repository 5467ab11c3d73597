"""The bench of calls, small: real processes, real SIP and RTP, real ICE and DTLS."""

from __future__ import annotations

import argparse

import pytest

from bench import calls

pytestmark = pytest.mark.realtime


@pytest.mark.parametrize("leg", ["sip", "webrtc"])
def test_when_two_calls_are_made_then_every_key_has_a_figure(leg: str) -> None:
    parser = argparse.ArgumentParser()
    calls.add_arguments(parser)
    result = calls.run(parser.parse_args(["--n", "2", "--seconds", "2", "--leg", leg, "--no-pin"]))
    figures = result.figures
    assert figures["calls"] == 2
    assert figures["lost"] == 0
    for key in ("cores_per_call", "cores_per_call_lo", "cores_per_call_hi", "spacing_p99_ms", "setup_p99_ms"):
        value = figures[key]
        assert isinstance(value, float)
        assert value > 0
    spacing = figures["spacing_p50_ms"]
    assert isinstance(spacing, float)
    assert 18 < spacing < 22
