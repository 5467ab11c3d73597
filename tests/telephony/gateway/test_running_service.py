"""The whole running service as an unkind outsider meets it: bare sockets, then a call whose words are recognised."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from telephony.rtp.dtls import DtlsState
from tests.acceptance.listening import recognise, words
from tests.service_process import ServiceProcess
from tests.telephony.dtls_end import ANOTHER, DtlsRtpEnd
from tests.telephony.gateway.test_torture_on_sockets import outcome, over_tcp, over_udp
from tests.telephony.raw_phone import HOST, RawPhone, RtpEnd, description, tag_of
from tests.telephony.sip.test_torture import VERDICTS, load

PIECE_S = 6.0
LONGEST_S = 30.0
"""On a machine that does everything else too the first words are made seconds after the answer."""
GREETING_WORDS = frozenset({"automatic", "assistant", "call", "recorded", "voice", "sounds", "help", "hello"})
"""What an independent recogniser should find in the first seconds of a call; the voice of these tests is a robot's."""
ENOUGH = 4


async def greeting_of(port: int, *, by_dtls: bool = False) -> set[str]:
    """Place a call and return the words of its greeting."""
    with RawPhone(port) as phone, DtlsRtpEnd() if by_dtls else RtpEnd() as rtp:
        call = await phone.call(rtp, body=rtp.offer() if isinstance(rtp, DtlsRtpEnd) else None)
        if isinstance(rtp, DtlsRtpEnd):
            assert await rtp.shake(call.messages[-1]) is DtlsState.SECURE
        found: set[str] = set()
        for _ in range(round(LONGEST_S / PIECE_S)):
            await rtp.talk(call.remote_port, PIECE_S, silent=True)
            found = set(words(await asyncio.to_thread(recognise, rtp.sound(), "en"))) & GREETING_WORDS
            if len(found) >= ENOUGH:
                break
        await phone.hang_up(call)
    return found


@pytest.mark.recorded
async def test_when_torture_and_half_open_connections_came_then_the_bot_still_says_its_greeting(
    running_service: ServiceProcess,
) -> None:
    port = running_service.sip_port
    waiting = [await asyncio.open_connection(HOST, port) for _ in range(30)]
    try:
        for rfc, verdicts in VERDICTS.items():
            for name, verdict in verdicts.items():
                if verdict["outcome"] == "call":
                    continue  # it would be answered, and its sound sent to an address that is not of this machine
                data = load(rfc, name)
                for send in (over_udp, over_tcp):
                    await send(data, port, waits_s=0.02)
        for number, (_, writer) in enumerate(waiting):
            writer.write((b"INVITE sip:", b"\r\n", b"\x00\x01\x02")[number % 3])
        assert len(await greeting_of(port)) >= ENOUGH
    finally:
        for _, writer in waiting:
            writer.close()
    running_service.settle(40)  # over TCP `dblreq` holds a call as well, whose 200 nobody confirms for 32 s


@pytest.mark.recorded
async def test_when_a_caller_comes_by_dtls_then_the_bot_says_its_greeting_and_one_who_lies_is_logged_as_lost(
    running_service: ServiceProcess,
) -> None:
    assert len(await greeting_of(running_service.sip_port, by_dtls=True)) >= ENOUGH
    running_service.settle()
    with RawPhone(running_service.sip_port) as phone, DtlsRtpEnd() as rtp:
        call = await phone.call(rtp, body=rtp.offer(announces=ANOTHER.fingerprint))
        assert await rtp.shake(call.messages[-1]) is not DtlsState.SECURE
        phone.respond(await phone.next_request("BYE"), 200)
        assert not len(await rtp.talk(call.remote_port, 0.2))
        assert rtp.sealed.unsealed == []
    running_service.settle()
    latest = max(running_service.get("/api/calls"), key=lambda item: str(item["started_at"]))
    assert latest["live"]["reason"] == "media_lost"


async def test_when_a_slow_call_is_cancelled_or_left_while_it_rings_then_it_ends_with_487_and_200(
    running_service: ServiceProcess,
) -> None:
    port = running_service.sip_port
    target = f"sip:slow@{HOST}:{port}"
    with RawPhone(port) as phone:
        names: dict[str, Any] = {"call_id": "slow-1", "branch": "z9hG4bKslow"}
        phone.send(phone.request("INVITE", body=description(4_000), target=target, **names))
        ringing = await phone.response(least=180)
        assert ringing.status == 180
        phone.send(phone.request("INVITE", body=description(4_000), target=target, **names))
        again = await phone.response(least=180)
        assert (again.status, tag_of(again)) == (180, tag_of(ringing)), "the latest provisional response comes again"
        phone.send(phone.request("CANCEL", target=target, **names))
        answers = {(await phone.response()).headers.get("CSeq"): 0 for _ in range(2)}
        assert set(answers) == {"1 CANCEL", "1 INVITE"}
        phone.send(phone.request("ACK", to_tag=tag_of(ringing), target=target, **names))
        assert await phone.receive(0.7) is None, "the 487 is confirmed and not sent again"
        phone.send(phone.request("CANCEL", target=target, **names))
        assert outcome([(await phone.response()).status]) == "200", "a CANCEL that comes again has its answer again"
        names = {"call_id": "slow-2", "branch": "z9hG4bKslow2"}
        phone.send(phone.request("INVITE", body=description(4_000), target=target, **names))
        ringing = await phone.response(least=180)
        phone.send(phone.request("BYE", call_id="slow-2", cseq=2, to_tag=tag_of(ringing)))
        statuses = {(message := await phone.response()).headers.get("CSeq"): message.status for _ in range(2)}
        assert statuses == {"2 BYE": 200, "1 INVITE": 487}
        phone.send(phone.request("ACK", to_tag=tag_of(ringing), target=target, **names))
    running_service.settle()
