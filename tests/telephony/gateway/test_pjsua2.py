"""PJSIP, a second stack that shares nothing with baresip or with us: calls, changes, keys, transfers, sound proven."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.audio import Samples
from calls.errors import CallCentreError
from calls.ports import DigitHeard, LegEnded, PeerHeld
from telephony.net.rtp_leg import RtpLeg
from telephony.outbound import Outbound, OutboundRules
from telephony.sip.session_timer import TimerSettings
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from telephony.sip_transfer import Replacement
from telephony.trunks import Trunk, parse_server
from tests.telephony.baresip import EchoHouse
from tests.telephony.certificates import Authority
from tests.telephony.likeness import heard_s, strange_s
from tests.telephony.pjsua2_peer import HAS_WHEEL, Peer, pjsua2
from tests.waiting import eventually

if not HAS_WHEEL:
    pytest.skip("pjsua2-python has no wheel for this Python", allow_module_level=True)

pytestmark = pytest.mark.peer


@asynccontextmanager
async def running(settings: SipSettings | None = None) -> AsyncIterator[EchoHouse]:
    made = EchoHouse(settings)
    await made.gateway.start()
    try:
        yield made
    finally:
        await made.close()


def tls_line(folder: Path) -> tuple[SipSettings, dict[str, Any]]:
    """Return a gateway with a certificate and what a phone needs that has one of its own, both of one issuer."""
    authority = Authority(folder)
    own, theirs = authority.issue("localhost"), authority.issue("localhost")
    settings = SipSettings(listen="127.0.0.1:0", tls_listen="127.0.0.1:0", tls=own)
    phone = {"transport": "tls", "srtp": "must", "ca": theirs.ca, "certificate": theirs.certificate, "key": theirs.key}
    return settings, phone


ENOUGH_S = 0.6
"""So much of what the phone says must be heard on either side."""


async def talk(house: EchoHouse, peer: Peer, seconds: float = ENOUGH_S) -> Samples:
    """Return what the first leg hears from now on, once it heard the phone for long enough.

    Args:
        house: The gateway, which says back what it hears.
        peer: The phone; it must have heard itself for `seconds`, since the call began.
        seconds: For the phone.
    """
    before = len(house.heard)

    def heard() -> Samples:
        return np.concatenate([frame.samples for frame in house.heard[before:]] or [np.zeros(0, np.int16)])

    def enough() -> bool:
        return heard_s(peer.says, heard(), house.legs[0].rate_hz) >= ENOUGH_S

    await eventually(lambda: bool(house.legs) and enough(), "the phone is heard", every_s=0.3)
    await peer.until_heard(seconds)
    return heard()


def prove_sound(house: EchoHouse, peer: Peer, heard: Samples) -> None:
    """Both sides heard what the phone said, and nothing else but cut pieces of beginnings."""
    rate_hz = house.legs[0].rate_hz
    assert heard_s(peer.says, heard, rate_hz) >= ENOUGH_S, peer.log()
    assert strange_s(peer.says, heard, rate_hz) <= 0.3
    assert heard_s(peer.says, *peer.heard()) >= ENOUGH_S, peer.log()
    assert strange_s(peer.says, *peer.heard()) <= 0.6


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_when_it_calls_then_both_sides_hear_what_was_said_and_its_bye_ends_it(
    tmp_path: Path, transport: str
) -> None:
    settings, phone = tls_line(tmp_path) if transport == "tls" else (SipSettings(listen="127.0.0.1:0"), {})
    async with running(settings) as house:
        port = house.gateway.tls_port if transport == "tls" else house.gateway.listen_address[1]
        async with pjsua2(tmp_path / "phone", **{"transport": transport, **phone}) as peer:
            peer.tell("call", uri=f"sip:bot@127.0.0.1:{port};transport={transport}")
            await peer.until("state", state="CONFIRMED")
            heard = await talk(house, peer)
            media = house.legs[0].media
            assert isinstance(media, RtpLeg)
            assert media.encrypted is (transport == "tls")
            peer.tell("hang_up")
            await eventually(lambda: house.events == [LegEnded(reason="hung_up")])
        prove_sound(house, peer, heard)


@pytest.mark.parametrize("transport", ["udp", "tls"])
async def test_when_it_is_called_then_both_sides_hear_what_was_said_and_our_bye_ends_it(
    tmp_path: Path, transport: str
) -> None:
    settings, phone = tls_line(tmp_path) if transport == "tls" else (SipSettings(listen="127.0.0.1:0"), {})
    async with (
        running(settings) as house,
        pjsua2(tmp_path / "phone", **{"answers": True, "transport": transport, **phone}) as peer,
    ):
        uri = peer.uri.replace("sip:", "sips:") if transport == "tls" else f"{peer.uri};transport={transport}"
        leg = await house.gateway.place_call(uri, caller="desk")
        house.follow(leg)
        heard = await talk(house, peer)
        assert isinstance(leg.media, RtpLeg)
        assert leg.media.encrypted is (transport == "tls")
        assert "desk@" in peer.all_of("ringing")[0]["caller"]
        await leg.hang_up()
        await peer.until("state", state="DISCONNECTED")
    prove_sound(house, peer, heard)


async def test_when_a_trunk_to_it_wants_srtp_then_a_number_is_called_encrypted(tmp_path: Path) -> None:
    async with pjsua2(tmp_path, answers=True, srtp="must", codecs=["PCMA"]) as peer:
        trunk = Trunk(name="carrier", server=parse_server(peer.uri.partition("@")[2]), srtp=True)
        async with running(SipSettings(listen="127.0.0.1:0", trunks=(trunk,))) as house:
            house.gateway.guard_calls(Outbound(OutboundRules(), {"carrier": trunk.numbers}))
            leg = await house.gateway.call_out("+34600123456")
            house.follow(leg)
            assert leg.codec == "PCMA"
            assert isinstance(leg.media, RtpLeg)
            assert leg.media.encrypted
            heard = await talk(house, peer)
            await leg.hang_up()
            await eventually(lambda: house.gateway.open_calls == 0)
    prove_sound(house, peer, heard)


@pytest.mark.parametrize("old_style", [False, True])
async def test_when_it_holds_and_resumes_then_nothing_is_heard_meanwhile_and_sound_comes_back(
    house: EchoHouse, tmp_path: Path, old_style: bool
) -> None:
    async with pjsua2(tmp_path, old_hold=old_style) as peer:
        peer.tell("call", uri=house.uri)
        await peer.until("state", state="CONFIRMED")
        await talk(house, peer)
        peer.tell("hold")
        await eventually(lambda: house.events == [PeerHeld(held=True)])
        media = house.legs[0].media
        assert isinstance(media, RtpLeg)
        sent = media.quality().sent
        await asyncio.sleep(0.4)
        assert media.quality().sent == sent, "a peer that holds us is sent nothing"
        before_s = peer.heard_so_far_s()
        peer.tell("resume")
        await eventually(lambda: house.events == [PeerHeld(held=True), PeerHeld(held=False)])
        await talk(house, peer, before_s + ENOUGH_S)
        peer.tell("hang_up")
        await eventually(lambda: house.gateway.open_calls == 0)


async def test_when_we_hold_it_then_it_says_so_and_after_resuming_both_hear_again(
    house: EchoHouse, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path) as peer:
        peer.tell("call", uri=house.uri)
        await peer.until("state", state="CONFIRMED")
        await talk(house, peer)
        house.legs[0].hold()
        await peer.until("media", direction="recvonly")
        held_at = len(house.heard)
        await asyncio.sleep(0.4)
        assert len(house.heard) - held_at <= 2, "we do not listen to who is held"
        before_s = peer.heard_so_far_s()
        house.legs[0].resume()
        await peer.until("media", 2, direction="sendrecv")
        await talk(house, peer, before_s + ENOUGH_S)
        await house.legs[0].hang_up()


async def test_when_it_offers_another_codec_within_the_call_then_the_sound_goes_on_in_it(
    house: EchoHouse, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path, codecs=["PCMU"]) as peer:
        peer.tell("call", uri=house.uri)
        await peer.until("media", codec="PCMU")
        await talk(house, peer)
        peer.tell("use_codecs", names=["G722"])
        peer.tell("offer_again")
        await peer.until("media", codec="G722")
        assert (house.legs[0].codec, house.legs[0].rate_hz) == ("G722", 8_000)
        await talk(house, peer, peer.heard_so_far_s() + ENOUGH_S)
        peer.tell("hang_up")
        await eventually(lambda: house.gateway.open_calls == 0)


async def test_when_it_calls_without_an_offer_then_ours_is_answered_and_again_within_the_call(
    house: EchoHouse, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path) as peer:
        peer.tell("call", uri=house.uri, without_offer=True)
        await peer.until("state", state="CONFIRMED")
        await talk(house, peer)
        peer.tell("offer_again_late")
        await peer.until("transaction", 2, role="client", method="INVITE", status=200)
        await talk(house, peer, peer.heard_so_far_s() + ENOUGH_S)
        peer.tell("update")
        await peer.until("transaction", role="client", method="UPDATE", status=200)
        peer.tell("hang_up")
        await eventually(lambda: house.gateway.open_calls == 0)


async def test_when_keys_are_pressed_on_both_sides_then_each_is_heard_once_in_media_and_by_info(
    house: EchoHouse, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path) as peer:
        peer.tell("call", uri=house.uri)
        await peer.until("state", state="CONFIRMED")
        await asyncio.sleep(0.3)
        peer.tell("press", digits="19*#")
        await eventually(lambda: len(house.events) == 4)
        peer.tell("press", digits="50", info=True)
        await eventually(lambda: len(house.events) == 6)
        house.legs[0].send_digits("72#")
        await peer.until("digit", 3)
        await asyncio.sleep(0.3)
        peer.tell("hang_up")
        await eventually(lambda: house.gateway.open_calls == 0)
    digits = [event for event in house.events if isinstance(event, DigitHeard)]
    assert "".join(event.digit for event in digits) == "19*#50"
    assert all(100 <= event.duration_ms <= 320 for event in digits)
    assert "".join(news["digit"] for news in peer.all_of("digit")) == "72#"


async def test_when_either_side_finds_the_others_session_interval_too_small_then_422_is_heeded(tmp_path: Path) -> None:
    ours = TimerSettings(interval_s=2_000, least_s=1_900)
    async with (
        running(SipSettings(listen="127.0.0.1:0", session_timer=ours)) as house,
        pjsua2(tmp_path / "in", timers="always", interval_s=600) as peer,
    ):
        peer.tell("call", uri=house.uri)
        await peer.until("transaction", role="client", method="INVITE", status=422)
        await peer.until("state", state="CONFIRMED")
        agent = house.gateway._user_agent
        assert agent is not None
        (session,) = agent._sessions.values()
        assert session.timer._interval_s >= 1_900
        peer.tell("hang_up")
        await eventually(lambda: house.gateway.open_calls == 0)
    soon = TimerSettings(interval_s=30, least_s=20)
    async with (
        running(SipSettings(listen="127.0.0.1:0", session_timer=soon)) as house,
        pjsua2(tmp_path / "out", answers=True, timers="required") as peer,
    ):
        leg = await house.gateway.place_call(peer.uri)
        agent = house.gateway._user_agent
        assert agent is not None
        (session,) = agent._sessions.values()
        assert session.timer._interval_s >= 90, "PJSIP takes no less than 90 s"
        await leg.hang_up()


async def test_when_it_demands_reliable_ringing_then_each_response_is_confirmed(tmp_path: Path) -> None:
    async with running() as house, pjsua2(tmp_path / "in", reliable="must") as peer:
        peer.tell("call", uri=house.uri)
        await peer.until("state", state="CONFIRMED")
        await asyncio.sleep(0.3)
        peer.tell("hang_up")
        await eventually(lambda: house.gateway.open_calls == 0)
    async with running() as house, pjsua2(tmp_path / "out", reliable="must") as peer:
        dialling = asyncio.create_task(house.gateway.place_call(peer.uri))
        await peer.until("ringing")
        peer.tell("answer", status=180)
        await peer.until("transaction", role="server", method="PRACK", status=200)
        peer.tell("answer")
        house.follow(await dialling)
        heard = await talk(house, peer)
        await house.legs[0].hang_up()
        await peer.until("state", state="DISCONNECTED")
    prove_sound(house, peer, heard)


async def test_when_it_is_busy_or_either_side_gives_up_then_the_other_hears_of_it(
    house: EchoHouse, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path) as peer:
        dialling = asyncio.create_task(house.gateway.place_call(peer.uri))
        await peer.until("ringing")
        peer.tell("answer", status=486)
        with pytest.raises(CallCentreError, match="486"):
            await dialling
        dialling = asyncio.create_task(house.gateway.place_call(peer.uri))
        await peer.until("ringing", 2)
        peer.tell("answer", call=1, status=180)
        await asyncio.sleep(0.1)
        dialling.cancel()
        await peer.until("state", call=1, state="DISCONNECTED", status=487)
        await eventually(lambda: house.gateway.open_calls == 0)


@pytest.fixture
async def far() -> AsyncIterator[EchoHouse]:
    async with running() as made:
        yield made


def take_transfers(house: EchoHouse) -> list[tuple[SipLeg, SipLeg]]:
    """Let everybody be called and everything be taken over; return who took whose place."""
    replaced: list[tuple[SipLeg, SipLeg]] = []
    house.gateway.transfers.may_call = lambda target: None
    house.gateway.transfers.may_take_over = lambda leg, asker: None

    def follow(change: Replacement) -> None:
        replaced.append((change.old, change.new))
        house.follow(change.new)

    house.gateway.transfers.on_replaced = follow
    return replaced


async def test_when_we_connect_two_of_them_then_they_hear_each_other_without_us(
    house: EchoHouse, tmp_path: Path
) -> None:
    take_transfers(house)
    async with pjsua2(tmp_path / "a", seed=1) as alice, pjsua2(tmp_path / "b", seed=2, answers=True) as bob:
        alice.tell("call", uri=house.uri)
        await alice.until("state", state="CONFIRMED")
        await eventually(lambda: len(house.legs) == 1)
        other = await house.gateway.place_call(bob.uri)
        await asyncio.wait_for(house.gateway.transfers.attended(house.legs[0], other), 8)
        await eventually(lambda: house.gateway.open_calls == 0)
        await alice.until("state", call=1, state="CONFIRMED")
        await bob.until_heard(0.8, call=1, of=alice)
        await alice.until_heard(0.8, call=1, of=bob)


async def test_when_it_transfers_us_to_a_call_of_its_own_then_we_take_that_calls_place_with_sound(
    house: EchoHouse, far: EchoHouse, tmp_path: Path
) -> None:
    near_replaced, far_replaced = take_transfers(house), take_transfers(far)
    async with pjsua2(tmp_path) as peer:
        peer.tell("call", uri=house.uri)
        await peer.until("state", call=0, state="CONFIRMED")
        peer.tell("call", uri=far.uri)
        await peer.until("state", call=1, state="CONFIRMED")
        await asyncio.sleep(0.3)
        peer.tell("transfer_to_call", call=0, other=1)
        await peer.until("transfer", call=0, status=200, last=True)
        await eventually(lambda: len(near_replaced) == len(far_replaced) == 1)
        await eventually(lambda: house.gateway.open_calls == far.gateway.open_calls == 1)
        assert near_replaced[0][1].codec == far_replaced[0][1].codec
        await near_replaced[0][1].hang_up()
        await eventually(lambda: far.gateway.open_calls == 0)


async def test_when_it_transfers_us_to_a_stranger_then_it_is_declined_and_the_call_goes_on(
    house: EchoHouse, far: EchoHouse, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path) as peer:
        peer.tell("call", uri=house.uri)
        await peer.until("state", state="CONFIRMED")
        peer.tell("transfer", uri=far.uri)
        await peer.until("transaction", role="client", method="REFER", status=603)
        heard = await talk(house, peer)
        assert not far.legs
        peer.tell("hang_up")
        await eventually(lambda: house.gateway.open_calls == 0)
    prove_sound(house, peer, heard)
