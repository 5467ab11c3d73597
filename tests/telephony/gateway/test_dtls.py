"""DTLS-SRTP on telephone legs: a real phone on either side, and a caller by hand that lies; sound proven."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from calls.ports import LegEnded, PeerHeld
from telephony.net.rtp_leg import RtpLeg
from telephony.rtp.dtls import DtlsState
from tests.telephony.baresip import EchoHouse, Phone, PhoneLine, phone, read_wav
from tests.telephony.dtls_end import ANOTHER, DtlsRtpEnd
from tests.telephony.gateway.test_phones import account, desk_phone
from tests.telephony.gateway.test_phones import house as phones_of
from tests.telephony.gateway.test_raw_phone import lines_of, port_of
from tests.telephony.likeness import heard_s, strange_s, unique_sound
from tests.telephony.raw_phone import RawPhone
from tests.waiting import eventually

SAYS = unique_sound(5)


def line(mux: bool = False) -> PhoneLine:
    settings = ("rtcp_mux yes",) if mux else ("rtcp_mux no",)
    return PhoneLine(modules=("dtls_srtp",), account=";mediaenc=dtls_srtp", says=SAYS, settings=settings)


def media_of(house: EchoHouse) -> RtpLeg:
    media = house.legs[0].media
    assert isinstance(media, RtpLeg)
    return media


def recorded_s(phone: Phone) -> float:
    """Return for how long a phone heard itself before the first hold, after which baresip 1.0 records no more."""
    return heard_s(SAYS, *read_wav(phone.decoded()))


def house_heard(house: EchoHouse, held: list[bool]) -> bool:
    return house.events == [PeerHeld(held=value) for value in held]


def prove_heard(house: EchoHouse, least_s: float) -> None:
    """The phone was heard, and nothing else; what is made up when it stops at each hold is left out."""
    sound = np.concatenate([frame.samples for frame in house.heard if not frame.concealed])
    assert heard_s(SAYS, sound, house.legs[0].rate_hz) >= least_s
    assert strange_s(SAYS, sound, house.legs[0].rate_hz) <= 0.3


@pytest.mark.peer
@pytest.mark.parametrize("mux", [False, True], ids=["two ports", "one port"])
async def test_when_a_phone_calls_with_dtls_holds_and_resumes_then_sound_goes_both_ways_by_the_same_keys(
    house: EchoHouse, tmp_path: Path, mux: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "telephony.net.media_keys"):
        async with phone(tmp_path, dial=house.uri, line=line(mux)) as alice:
            await eventually(lambda: len(house.legs) == 1 and media_of(house).keys_ready)
            media = media_of(house)
            await asyncio.sleep(1.5)
            await alice.command("hold")
            await eventually(lambda: house.events == [PeerHeld(held=True)])
            await asyncio.sleep(0.3)
            await alice.command("resume")
            await eventually(lambda: house.events == [PeerHeld(held=True), PeerHeld(held=False)])
            held_until = len(house.heard)
            await asyncio.sleep(1.2)
            house.legs[0].hold()
            await asyncio.sleep(0.5)
            house.legs[0].resume()
            await asyncio.sleep(1.2)
            assert media.encrypted
            assert media.quality().received > 150
            assert media.quality().refused <= 4, "it may send before it has our last words"
            await house.legs[0].hang_up()
            await eventually(lambda: house.gateway.open_calls == 0)
        gave = [record for record in caplog.records if "gave keys" in record.message]
        assert len(gave) == (1 if mux else 2), "one handshake a port, and none for hold and resume"
    prove_heard(house, 2.0)
    del house.heard[:held_until]
    prove_heard(house, 0.6)
    assert recorded_s(alice) >= 1.0, alice.log


@pytest.mark.peer
async def test_when_we_call_a_phone_of_ours_that_wants_dtls_then_it_takes_our_offer_and_both_hear_also_after_hold(
    tmp_path: Path,
) -> None:
    alice_here = replace(account("alice"), srtp="dtls")
    async with phones_of(phones=(alice_here,)) as house:
        desk = desk_phone(house.port, line=line())
        desk = replace(desk, account=f"{desk.account};mediaenc=dtls_srtp")
        async with phone(tmp_path, answers=True, line=desk) as alice:
            await house.until(1)
            leg = await house.gateway.call_phone("alice")
            house.follow(leg)
            await eventually(lambda: media_of(house).keys_ready)
            await asyncio.sleep(1.5)
            leg.hold()
            await asyncio.sleep(0.4)
            leg.resume()
            await asyncio.sleep(1.2)
            assert media_of(house).encrypted
            prove_heard(house, 1.5)
            await leg.hang_up()
            await eventually(lambda: house.gateway.open_calls == 0)
        assert recorded_s(alice) >= 1.0, alice.log
        assert "dtls_srtp: verified sha-256 fingerprint OK" in alice.log


@pytest.mark.parametrize("setup", ["actpass", "active", "passive"])
async def test_when_a_caller_offers_either_role_then_sound_goes_both_ways_sealed(house: EchoHouse, setup: str) -> None:
    with RawPhone(port_of(house)) as caller, DtlsRtpEnd() as rtp:
        call = await caller.call(rtp, body=rtp.offer(setup))
        assert await rtp.shake(call.messages[-1]) is DtlsState.SECURE
        heard = await rtp.talk(call.remote_port, 1.0)
        assert heard_s(rtp.says, heard) >= 0.4
        assert rtp.sealed.unsealed == []
        await caller.hang_up(call)
    assert house.events == [LegEnded(reason="hung_up")]


async def test_when_the_certificate_is_not_the_announced_one_then_nothing_is_heard_and_the_call_ends_as_not_secure(
    house: EchoHouse, caplog: pytest.LogCaptureFixture
) -> None:
    with RawPhone(port_of(house)) as caller, DtlsRtpEnd() as rtp:
        call = await caller.call(rtp, body=rtp.offer(announces=ANOTHER.fingerprint))
        assert await rtp.shake(call.messages[-1]) is not DtlsState.SECURE
        heard = await rtp.talk(call.remote_port, 0.3)
        bye = await caller.next_request("BYE")
        caller.respond(bye, 200)
        await eventually(lambda: house.events == [LegEnded(reason="not_secure")])
        await eventually(lambda: house.gateway.open_calls == 0)
        assert not len(heard)
        assert rtp.sealed.unsealed == []
    assert house.heard == []
    assert any("wrong certificate" in record.message for record in caplog.records)


async def test_when_a_caller_shows_another_certificate_within_the_call_then_a_new_handshake_goes_on_with_the_sound(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as caller, DtlsRtpEnd() as rtp:
        call = await caller.call(rtp, body=rtp.offer())
        assert await rtp.shake(call.messages[-1]) is DtlsState.SECURE
        await rtp.talk(call.remote_port, 0.4)
        rtp.identity = ANOTHER
        answer = await caller.within(call, "INVITE", body=rtp.offer())
        assert "a=setup:active" in lines_of(answer.body, "a=setup")
        assert await rtp.shake(answer) is DtlsState.SECURE
        heard = await rtp.talk(call.remote_port, 1.0)
        assert heard_s(rtp.says, heard) >= 0.4
        await caller.hang_up(call)


async def test_when_either_side_holds_and_resumes_then_the_same_keys_serve_both_ways(house: EchoHouse) -> None:
    with RawPhone(port_of(house)) as caller, DtlsRtpEnd() as rtp:
        call = await caller.call(rtp, body=rtp.offer())
        assert await rtp.shake(call.messages[-1]) is DtlsState.SECURE
        for direction, events in (("sendonly", [True]), ("sendrecv", [True, False])):
            assert (await caller.within(call, "INVITE", body=rtp.offer(direction=direction))).status == 200
            await eventually(partial(house_heard, house, events))
        assert heard_s(rtp.says, await rtp.talk(call.remote_port, 1.0)) >= 0.4
        for hold, role in ((house.legs[0].hold, "sendonly"), (house.legs[0].resume, "sendrecv")):
            hold()
            asked = await caller.next_request("INVITE")
            assert {"a=setup:active", f"a={role}"} < set(lines_of(asked.body, "a="))
            answer = "recvonly" if role == "sendonly" else "sendrecv"
            caller.respond(asked, 200, body=rtp.offer("passive", direction=answer), tag="raw")
            await caller.next_request("ACK")
        assert heard_s(rtp.says, await rtp.talk(call.remote_port, 1.0)) >= 0.4
        assert rtp.sealed.unsealed == []
        await caller.hang_up(call)


@pytest.mark.parametrize(
    "body",
    [
        lambda rtp: rtp.offer("holdconn"),
        lambda rtp: rtp.offer().replace("a=fingerprint:", "a=finger:"),
        lambda rtp: rtp.offer().replace("sha-256", "md5"),
    ],
    ids=["holdconn", "no fingerprint", "md5"],
)
async def test_when_an_offer_of_dtls_cannot_be_secured_then_it_hears_488(
    house: EchoHouse, body: Callable[[DtlsRtpEnd], str]
) -> None:
    with RawPhone(port_of(house)) as caller, DtlsRtpEnd() as rtp:
        answer = await caller.ask("INVITE", body=body(rtp))
        assert answer.status == 488
        assert "302" in (answer.headers.get("Warning") or "")
    assert house.gateway.open_calls == 0
