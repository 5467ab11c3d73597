"""How much is let in: legs, the bot's attention and trunks have limits of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from calls.ports import CallOffer
from service.admission import TALKING_PER_CORE, Limits, Load, NoRoom, limits
from service.config import load_config

LIMITS = Limits(legs=10, talking=4, by_trunk={"carrier": 2})


def _offer(trunk: str = "") -> CallOffer:
    return CallOffer(
        transport="sip", caller="+34600", caller_name="", called="bot", peer_call_id="x", remote="x:1", trunk=trunk
    )


@pytest.mark.parametrize(
    ("trunk", "legs", "talking", "of_trunk", "refused"),
    [
        ("", 9, 3, 0, None),
        ("", 10, 3, 0, "media_legs"),
        ("", 9, 4, 0, "talking"),
        ("", 10, 4, 0, "media_legs"),
        ("carrier", 9, 3, 1, None),
        ("carrier", 9, 3, 2, "trunk"),
        ("other", 9, 3, 2, None),
    ],
)
def test_when_a_call_comes_then_what_is_used_up_is_told(
    trunk: str, legs: int, talking: int, of_trunk: int, refused: NoRoom | None
) -> None:
    load = Load(legs=legs, talking=talking, of_trunk=of_trunk)
    assert LIMITS.no_room(_offer(trunk), load) == refused


def test_when_nothing_is_configured_then_the_bot_talks_to_as_many_as_the_cores_can_serve() -> None:
    found = limits(load_config(None, {}).config.telephony)
    assert (found.legs, found.talking) == (40, TALKING_PER_CORE * len(os.sched_getaffinity(0)))
    assert found.by_trunk == {}


def test_when_limits_are_configured_then_they_hold(tmp_path: Path) -> None:
    file = tmp_path / "warmline.toml"
    file.write_text(
        "[telephony]\nmax_calls = 30\nmax_talking = 5\n"
        '[telephony.sip.trunks.carrier]\nserver = "192.0.2.1"\nmax_calls = 3\nbusy_status = 480\n'
        '[telephony.sip.trunks.edge]\nserver = "192.0.2.2"\nkind = "proxy"\n'
    )
    found = limits(load_config(file, {}).config.telephony)
    assert found == Limits(legs=30, talking=5, by_trunk={"carrier": 3})
