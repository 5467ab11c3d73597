"""Session timers against sipp, with intervals of seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.ports import LegEnded
from telephony.sip.session_timer import TimerSettings
from telephony.sip_settings import SipSettings
from tests.telephony.sipp_peer import Desk, run_sipp

pytestmark = pytest.mark.peer


async def test_when_the_interval_is_short_then_422_refreshes_and_a_lost_peer_follow_the_rules(tmp_path: Path) -> None:
    settings = SipSettings(listen="127.0.0.1:0", session_timer=TimerSettings(interval_s=3, least_s=3))
    desk = Desk(settings)
    await desk.gateway.start()
    try:
        code, output = await run_sipp("short_timer", "bot", desk.address, tmp_path)
        assert code == 0, output
        assert desk.events == [LegEnded(reason="transport_error")]
        assert desk.gateway.open_calls == 0
    finally:
        await desk.gateway.stop()
