"""A callee on bare sockets that does what phones do when things go wrong; we place the calls."""

from __future__ import annotations

import asyncio

import pytest

from calls.errors import CallCentreError
from calls.ports import LegEnded
from tests.telephony.baresip import EchoHouse
from tests.telephony.likeness import heard_s
from tests.telephony.raw_phone import HOST, RawPhone, RtpEnd, description, media_port
from tests.waiting import eventually


async def test_when_the_answer_comes_several_times_then_each_is_confirmed_and_it_is_one_call(house: EchoHouse) -> None:
    with RawPhone(house.gateway.listen_address[1]) as phone, RtpEnd() as rtp:
        dialling = asyncio.create_task(house.gateway.place_call(f"sip:raw@{HOST}:{phone.port}"))
        invite = await phone.next_request("INVITE")
        phone.respond(invite, 100)
        phone.respond(invite, 180)
        offer_port = media_port(invite)
        for _ in range(3):
            phone.respond(invite, 200, body=description(rtp.port, formats="0 101"))
        acks = [await phone.next_request("ACK") for _ in range(3)]
        assert {ack.headers.get("CSeq") for ack in acks} == {"1 ACK"}
        house.follow(await dialling)
        assert heard_s(rtp.says, await rtp.talk(offer_port)) >= 0.4
        bye = phone.request("BYE", call_id=invite.headers.get("Call-ID") or "", cseq=7)
        own, theirs = (invite.headers.get("From") or "").encode(), b"<sip:raw@" + HOST.encode() + b">;tag=rawcallee"
        lines = [line for line in bye.split(b"\r\n") if not line.startswith((b"From:", b"To:"))]
        lines[1:1] = [b"From: " + theirs, b"To: " + own]
        phone.send(b"\r\n".join(lines))
        assert (await phone.response()).status == 200
        assert house.events == [LegEnded(reason="hung_up")]
        phone.respond(invite, 200, body=description(rtp.port))
        assert (await phone.next_request("ACK")).method == "ACK", "a 200 that comes after the end is still confirmed"
    await eventually(lambda: house.gateway.open_calls == 0)


async def test_when_we_give_up_and_the_answer_crosses_our_cancel_then_the_call_is_confirmed_and_ended(
    house: EchoHouse,
) -> None:
    with RawPhone(house.gateway.listen_address[1]) as phone:
        dialling = asyncio.create_task(house.gateway.place_call(f"sip:raw@{HOST}:{phone.port}"))
        invite = await phone.next_request("INVITE")
        dialling.cancel()
        await asyncio.sleep(0.1)
        assert await phone.receive(0.05) is None, "no CANCEL before a provisional response"
        phone.respond(invite, 180)
        cancel = await phone.next_request("CANCEL")
        assert cancel.headers.get("Via") == invite.headers.get("Via")
        phone.respond(invite, 200, body=description(4_000))
        phone.respond(cancel, 200)
        await phone.next_request("ACK")
        phone.respond(await phone.next_request("BYE"), 200)
    await eventually(lambda: house.gateway.open_calls == 0)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (302, "", "call.refused"),
        (603, "", "call.refused"),
        (200, "", "call.no_common_codec"),
        (200, "v=0\r\nnonsense", "call.no_common_codec"),
        (200, description(4_000, formats="18"), "call.no_common_codec"),
        (200, description(0), "call.no_common_codec"),
    ],
)
async def test_when_the_answer_is_none_that_we_can_use_then_a_sentence_says_so_and_nothing_stays(
    house: EchoHouse, status: int, body: str, code: str
) -> None:
    with RawPhone(house.gateway.listen_address[1]) as phone:
        dialling = asyncio.create_task(house.gateway.place_call(f"sip:raw@{HOST}:{phone.port}"))
        phone.respond(await phone.next_request("INVITE"), status, body=body)
        await phone.next_request("ACK")
        if status == 200:
            phone.respond(await phone.next_request("BYE"), 200)
        with pytest.raises(CallCentreError) as failed:
            await dialling
        assert failed.value.code == code
    await eventually(lambda: house.gateway.open_calls == 0)


async def test_when_responses_are_garbage_or_for_others_then_the_call_waits_for_a_right_one(house: EchoHouse) -> None:
    with RawPhone(house.gateway.listen_address[1]) as phone, RtpEnd() as rtp:
        dialling = asyncio.create_task(house.gateway.place_call(f"sip:raw@{HOST}:{phone.port}"))
        invite = await phone.next_request("INVITE")
        for garbage in (b"SIP/2.0 200 OK\r\n\r\n", b"SIP/2.0 999 x\r\n\r\n", b"SIP/2.0 180", b"\x00\x01"):
            phone.send(garbage)
        via = (invite.headers.get("Via") or "").encode()
        other = phone.request("OPTIONS").replace(b"OPTIONS sip", b"SIP/2.0 200 OK\r\nX: sip", 1)
        phone.send(other)
        phone.send(other.replace(b"Max-Forwards: 70", b"Via: " + via))
        phone.respond(invite, 200, body=description(rtp.port, formats="8 101"))
        await phone.next_request("ACK")
        leg = await dialling
        assert leg.codec == "PCMA"
        leaving = asyncio.create_task(leg.hang_up())
        phone.respond(await phone.next_request("BYE"), 200)
        await leaving
    await eventually(lambda: house.gateway.open_calls == 0)
