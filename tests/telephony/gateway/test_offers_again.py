"""sipp offers again and again within a call, and reads each answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.ports import LegEnded, PeerHeld
from tests.telephony.sipp_peer import Desk, run_sipp

pytestmark = pytest.mark.peer


async def test_when_every_kind_of_offer_comes_within_a_call_then_each_has_its_answer_and_488_changes_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    code, output = await run_sipp("offers_again", "bot", desk.address, tmp_path)
    assert code == 0, output
    (media,) = desk.media.legs
    assert media.directions == ["sendrecv", "inactive", "sendonly", "recvonly", "sendrecv", "sendrecv"]
    assert [connection[2] for connection in media.connections] == ["PCMA"] * 4 + ["PCMU"]
    assert media.connections[-1][1] == 7000
    held = [event.held for event in desk.events if isinstance(event, PeerHeld)]
    assert held == [True, False, True, False]
    assert desk.events[-1] == LegEnded(reason="hung_up")
