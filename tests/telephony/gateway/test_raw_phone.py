"""An unkind outsider on bare sockets: repetitions, changes, oddities, one by one; sound proven by correlation."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from calls.ports import DigitHeard, LegEnded, PeerHeld
from telephony.media_settings import MediaSettings
from telephony.sip_settings import SipSettings
from tests.ports import free_ports
from tests.telephony.baresip import EchoHouse
from tests.telephony.likeness import heard_s, strange_s
from tests.telephony.raw_phone import HOST, NothingCameError, RawCall, RawPhone, RtpEnd, description, media_port, tag_of
from tests.waiting import eventually


def port_of(house: EchoHouse) -> int:
    return house.gateway.listen_address[1]


def lines_of(body: bytes, *starts: str) -> list[str]:
    return [line for line in body.decode().splitlines() if line.startswith(starts)]


async def test_when_an_invite_is_repeated_and_its_200_not_confirmed_then_there_is_one_call_and_200_comes_again(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as phone, RtpEnd() as rtp:
        invite = phone.request("INVITE", call_id="one", branch="z9hG4bKone", body=description(rtp.port))
        phone.send(invite)
        first = await phone.response()
        came_s = time.monotonic()
        gaps_s = []
        for _ in range(3):
            phone.send(invite)
            again = await phone.response(most_s=3.0)
            gaps_s.append(time.monotonic() - came_s)
            came_s = time.monotonic()
            assert (tag_of(again), again.body, again.status) == (tag_of(first), first.body, 200)
        assert gaps_s == pytest.approx([0.5, 1.0, 2.0], abs=0.15), "T1, doubled up to T2"
        assert house.gateway.open_calls == 1
        call = RawCall("one", tag_of(first), remote_port=media_port(first))
        phone.confirm(call)
        assert await phone.receive(0.1) is None
        phone.send(invite)
        assert await phone.receive(0.6) is None, "an INVITE that comes late is absorbed (RFC 6026)"
        heard = await rtp.talk(call.remote_port)
        assert heard_s(rtp.says, heard) >= 0.4
        phone.send(phone.request("INVITE", call_id="one", branch="z9hG4bKtwo", body=description(rtp.port)))
        assert (await phone.response(least=300)).status == 482
        await phone.hang_up(call)
        assert (await phone.within(call, "BYE")).status == 481
    assert house.events == [LegEnded(reason="hung_up")]


async def test_when_a_call_is_held_every_way_then_the_answer_mirrors_it_and_sound_stops_and_comes_back(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as phone, RtpEnd() as rtp:
        call = await phone.call(rtp)
        assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.4
        for ours, theirs in (("sendonly", "recvonly"), ("inactive", "inactive"), ("recvonly", "sendonly")):
            answer = await phone.within(call, "INVITE", body=description(rtp.port, direction=ours))
            assert lines_of(answer.body, "a=send", "a=recv", "a=inactive") == [f"a={theirs}"]
        answer = await phone.within(call, "INVITE", body=description(rtp.port, host="0.0.0.0"))
        assert lines_of(answer.body, "a=recv") == ["a=recvonly"]
        assert answer.status == 200
        await asyncio.sleep(0.05)
        rtp.drain()
        await rtp.talk(call.remote_port, 0.3)
        assert rtp.drain() == 0, "nothing is sent to who holds us"
        await phone.within(call, "INVITE", body=description(rtp.port))
        assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.4
        refused = await phone.within(call, "INVITE", body=description(rtp.port, formats="18"))
        assert refused.status == 488
        assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.6, "a refused offer changes nothing"
        await phone.hang_up(call)
    assert [event.held for event in house.events if isinstance(event, PeerHeld)] == [True, False, True, False]


async def test_when_the_media_moves_within_a_call_then_sound_follows_and_the_old_place_cannot_inject(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as phone, RtpEnd(1) as old, RtpEnd(2) as new:
        call = await phone.call(old)
        assert heard_s(old.says, await old.talk(call.remote_port, 0.6)) >= 0.2
        answer = await phone.within(call, "INVITE", body=description(new.port))
        call.remote_port = media_port(answer)
        await new.talk(call.remote_port, 0.6)
        old.drain()
        before = len(old.heard)
        heard, _ = await asyncio.gather(new.talk(call.remote_port), old.talk(call.remote_port))
        assert heard_s(new.says, heard) >= 0.6
        assert strange_s(new.says, heard) == 0
        assert len(old.heard) == before, "the old place is sent nothing"
        late = await phone.within(call, "INVITE")
        assert lines_of(late.body, "m=audio")[0].split()[3] == "0", "what is in use stands first in our offer"
        await phone.hang_up(call)


async def test_when_a_phone_calls_over_ipv6_then_sound_goes_both_ways_and_it_may_move() -> None:
    first = free_ports(4)
    media = MediaSettings(bind_host="::1", port_min=first, port_max=first + 1, echo_guard=False)
    house = EchoHouse(SipSettings(listen="[::1]:0"), media)
    await house.gateway.start()
    try:
        with RawPhone(port_of(house), "::1") as phone, RtpEnd(1, "::1") as rtp, RtpEnd(2, "::1") as new:
            call = await phone.call(rtp)
            assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.4
            answer = await phone.within(call, "INVITE", body=description(new.port, host="::1"))
            assert lines_of(answer.body, "c=") == ["c=IN IP6 ::1"]
            assert heard_s(new.says, await new.talk(call.remote_port)) >= 0.4
            plain = await phone.within(call, "INVITE", body=description(new.port))
            assert plain.status == 488, "the media of this gateway knows no IPv4"
            await phone.hang_up(call)
    finally:
        await house.close()


async def test_when_the_stream_begins_anew_within_a_call_then_sound_goes_on(house: EchoHouse) -> None:
    with RawPhone(port_of(house)) as phone, RtpEnd() as rtp:
        call = await phone.call(rtp)
        await rtp.talk(call.remote_port, 0.6)
        rtp.begin_anew(ssrc=0x777, sequence=5, timestamp=40)
        assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.6
        await phone.hang_up(call)


async def test_when_keys_come_without_marker_or_without_end_then_each_is_heard_once(house: EchoHouse) -> None:
    with RawPhone(port_of(house)) as phone, RtpEnd() as rtp:
        call = await phone.call(rtp)
        await rtp.talk(call.remote_port, 0.2)
        await rtp.press(call.remote_port, 5, marker=False)
        await rtp.press(call.remote_port, 11, marker=True, end=False)
        await rtp.talk(call.remote_port, 0.3)
        assert (
            await phone.within(call, "INFO", body="Signal=7\r\n", content_type="application/dtmf-relay")
        ).status == 200
        await eventually(lambda: len(house.events) == 3)
        await phone.hang_up(call)
    assert "".join(event.digit for event in house.events if isinstance(event, DigitHeard)) == "5#7"


async def test_when_an_offer_has_several_streams_then_one_is_taken_and_the_order_is_kept(house: EchoHouse) -> None:
    video = "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
    with RawPhone(port_of(house)) as phone, RtpEnd() as rtp:
        session, audio, rest = description(rtp.port).partition("m=audio")
        call = await phone.call(rtp, body=f"{session}{video}{audio}{rest}m=audio 6000 RTP/AVP 0\r\n")
        answer = await phone.within(call, "INVITE", body=f"{session}{video}{audio}{rest}m=audio 6000 RTP/AVP 0\r\n")
        kinds = [line.split()[:2] for line in lines_of(answer.body, "m=")]
        assert kinds == [["m=video", "0"], ["m=audio", str(call.remote_port)], ["m=audio", "0"]]
        assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.4
        await phone.hang_up(call)


REFUSALS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("FROBNICATE", {}, 501, "Allow", "INVITE"),
    ("MESSAGE", {}, 405, "Allow", "INVITE"),
    ("INVITE", {"extra": ("Require: nothingLikeThis",)}, 420, "Unsupported", "nothingLikeThis"),
    ("INVITE", {"target": "mailto:bot@example.com"}, 416, "Server", ""),
    ("INVITE", {"body": "x", "content_type": "text/plain"}, 415, "Accept", "application/sdp"),
    ("INVITE", {"extra": ("Accept: text/plain",)}, 406, "Server", ""),
    ("INVITE", {"extra": ("Session-Expires: 20", "Supported: timer")}, 422, "Min-SE", "90"),
    ("INVITE", {"body": description(4000, formats="18")}, 488, "Warning", "305"),
    ("INVITE", {"body": description(4000).replace("RTP/AVP", "UDP/TLS/RTP/SAVPF")}, 488, "Warning", "302"),
    ("INVITE", {"extra": ("Replaces: a;to-tag=b;from-tag=c",)}, 481, "Server", ""),
    ("BYE", {}, 481, "Server", ""),
    ("CANCEL", {}, 481, "Server", ""),
    ("REFER", {"extra": ("Refer-To: <sip:x@127.0.0.1>",)}, 403, "Server", ""),
    ("OPTIONS", {"extra": ("Max-Forwards: 0",)}, 400, "Server", ""),
]


async def test_when_a_request_cannot_be_served_then_the_status_and_its_field_come_over_the_socket(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as phone:
        for method, how, status, field, text in REFUSALS:
            answer = await phone.ask(method, **{"body": description(4000) if method == "INVITE" else "", **how})
            assert answer.status == status, (method, how)
            assert text in (answer.headers.get(field) or ""), (method, field)
            assert tag_of(answer)
    assert house.gateway.open_calls == 0


async def test_when_requests_within_a_call_are_wrong_then_each_has_its_status_and_the_call_goes_on(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as phone, RtpEnd() as rtp:
        call = await phone.call(rtp)
        call.cseq = 20
        assert (await phone.within(call, "OPTIONS")).status == 200
        wanted: list[tuple[str, dict[str, Any], int]] = [
            ("INFO", {"cseq": 2}, 500),
            ("FROBNICATE", {}, 501),
            ("PRACK", {}, 481),
            ("NOTIFY", {}, 489),
            ("REFER", {}, 400),
            ("REFER", {"extra": ("Refer-To: <sip:x@127.0.0.1>",)}, 603),
            ("INFO", {"body": "x", "content_type": "text/plain"}, 415),
            ("INVITE", {"to_tag": "wrong"}, 481),
            ("UPDATE", {}, 200),
            ("OPTIONS", {}, 200),
        ]
        for method, how, status in wanted:
            asked = {**how, "cseq": how.get("cseq", call.cseq + 1)}
            phone.send(phone.request(method, call_id=call.call_id, **{"to_tag": call.to_tag, **asked}))
            answer = await phone.response(cseq=f"{asked['cseq']} {method}")
            assert answer.status == status, method
            call.cseq = max(call.cseq, int(str(asked["cseq"])))
        assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.4
        await phone.hang_up(call)


def compact(data: bytes) -> bytes:
    names = {b"Via": b"v", b"From": b"f", b"To": b"t", b"Call-ID": b"i", b"Contact": b"m", b"Content-Length": b"l"}
    for long, short in {**names, b"Content-Type": b"c"}.items():
        data = data.replace(b"\r\n" + long + b": ", b"\r\n" + short + b" :")
    return data


def folded(data: bytes) -> bytes:
    return data.replace(b";tag=raw", b"\r\n ;tag\r\n\t=raw").replace(b"CSeq: 1 INVITE", b"CSeq:\r\n  0001\r\n INVITE")


def bare_line_feeds(data: bytes) -> bytes:
    head, _, body = data.partition(b"\r\n\r\n")
    return head.replace(b"\r\n", b"\n") + b"\n\n" + body


ODD: dict[str, tuple[dict[str, Any], Callable[[bytes], bytes]]] = {
    "compact": ({}, compact),
    "folded": ({}, folded),
    "tel": ({"target": "tel:+34600123456;phone-context=example.com"}, bytes),
    "escaped": ({"target": "sip:b%6ft%3B%20x@127.0.0.1;user=phone"}, bytes),
    "bare line feeds": ({}, bare_line_feeds),
    "trailing octets": ({}, lambda data: data + b"\r\nINVITE sip:x SIP/2.0\r\n"),
    "lower case": ({}, lambda data: data.replace(b"Call-ID", b"call-id").replace(b"SIP/2.0/UDP", b"SIP / 2.0 / udp")),
    "no max-forwards": ({}, lambda data: data.replace(b"Max-Forwards: 70\r\n", b"")),
    "max-forwards 0": ({}, lambda data: data.replace(b"Max-Forwards: 70", b"Max-Forwards: 0")),
    "utf-8": ({"extra": ("Subject: \u65e5\u672c \u00e9",)}, bytes),
    "unknown fields": ({"extra": ("X-Odd: ;;,,<\"", "P-Asserted-Identity: <sip:a@b>", "Proxy-Require: none")}, bytes),
    "isup beside": (
        {
            "content_type": "multipart/mixed;boundary=e",
            "body": "--e\r\nContent-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\n"
            f"x\r\n--e\r\nContent-Type: application/sdp\r\n\r\n{description(4000)}\r\n--e--\r\n",
        },
        bytes,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
async def test_when_an_invite_is_odd_but_right_then_it_is_a_call(house: EchoHouse, name: str) -> None:
    how, change = ODD[name]
    with RawPhone(port_of(house)) as phone:
        data = phone.request("INVITE", call_id="odd", **{"body": description(4000), **how})
        phone.send(change(data))
        answer = await phone.response()
        assert answer.status == 200
        call = RawCall("odd", tag_of(answer))
        phone.confirm(call)
        await phone.hang_up(call)


async def test_when_there_are_several_vias_then_all_come_back_in_order_with_received(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as phone:
        top = f"SIP/2.0/UDP 10.9.8.7:{phone.port};branch=z9hG4bKtop;rport"
        more = "SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bKmid, SIP/2.0/TLS edge.example;branch=z9hG4bKlast"
        answer = await phone.ask("OPTIONS", via=f"Via: {top}\r\nv: {more}")
        assert answer.headers.split("Via") == [
            f"SIP/2.0/UDP 10.9.8.7:{phone.port};branch=z9hG4bKtop;rport={phone.port};received={HOST}",
            *more.split(", "),
        ]
        assert {"Allow", "Accept", "Accept-Encoding", "Supported"} <= {name for name, _ in answer.headers}


async def test_when_datagrams_are_cut_or_far_too_large_then_they_are_refused_and_the_next_call_works(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as phone, RtpEnd() as rtp:
        whole = phone.request("INVITE", body=description(rtp.port))
        phone.send(whole[:-20])
        assert (await phone.response()).status == 400
        phone.send(phone.request("OPTIONS", extra=tuple(f"X-{n}: y" for n in range(400))))
        assert (await phone.response()).status == 400
        phone.send(phone.request("OPTIONS", extra=("X-Long: " + "y" * 60_000,)))
        assert (await phone.response()).status == 200
        for garbage in (b"", b"\r\n\r\n", b"\x00" * 40, b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", bytes(range(256)) * 200):
            phone.send(garbage)
        call = await phone.call(rtp)
        assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.4
        await phone.hang_up(call)


async def test_when_many_connections_stay_half_open_then_calls_over_udp_and_tcp_go_on(house: EchoHouse) -> None:
    port = port_of(house)
    pieces = (
        b"",
        b"INVITE sip:bot",
        b"INVITE sip:bot@x SIP/2.0\r\nVia: ",
        b"\r\n",
        b"\x16\x03\x01\x02",
        b"GET / HTTP/1.1\r\n",
    )
    waiting = [await asyncio.open_connection(HOST, port) for _ in range(30)]
    try:
        for number, (_, writer) in enumerate(waiting):
            writer.write(pieces[number % len(pieces)])
        with RawPhone(port) as phone, RtpEnd() as rtp:
            call = await phone.call(rtp)
            assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.4
            await phone.hang_up(call)
            reader, writer = await asyncio.open_connection(HOST, port)
            options = phone.request("OPTIONS").replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
            writer.write(b"\r\n\r\n" + options[:100])
            await asyncio.sleep(0.05)
            writer.write(options[100:] + options.replace(b"z9hG4bKraw", b"z9hG4bKsec"))
            async with asyncio.timeout(3):
                got = await reader.readuntil(b"Server: Warmline\r\n")
                got += await reader.readuntil(b"Server: Warmline\r\n")
            assert got.startswith(b"\r\nSIP/2.0 200"), "the ping is answered first"
            assert got.count(b"SIP/2.0 200 OK") == 2
            writer.close()
    finally:
        for _, writer in waiting:
            writer.close()


def test_when_nothing_comes_then_the_phone_of_these_tests_says_so() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind((HOST, 0))

        async def ask() -> None:
            with RawPhone(int(mute.getsockname()[1])) as phone:
                phone.send(phone.request("OPTIONS"))
                await phone.response(most_s=0.05)

        with pytest.raises(NothingCameError):
            asyncio.run(ask())


async def test_when_the_next_caller_gets_the_ports_of_one_who_still_sends_then_they_hear_only_each_their_own() -> None:
    first = free_ports(4)
    media = MediaSettings(bind_host=HOST, port_min=first, port_max=first + 1, drain_ms=100, echo_guard=False)
    house = EchoHouse(media=media)
    await house.gateway.start()
    try:
        with RawPhone(port_of(house)) as phone, RtpEnd(1) as old, RtpEnd(2) as new:
            call = await phone.call(old)
            await old.talk(call.remote_port, 0.4)
            await phone.hang_up(call)
            still_sending = asyncio.create_task(old.talk(call.remote_port, 2.2))
            await asyncio.sleep(0.25)
            after = await phone.call(new)
            assert after.remote_port == call.remote_port
            heard = await new.talk(after.remote_port, 1.2)
            before = len(old.heard)
            await still_sending
            assert heard_s(new.says, heard) >= 0.6
            assert strange_s(new.says, heard) <= 0.2, "the beginning may be cut"
            assert heard_s(old.says, heard) == 0
            assert len(old.heard) == before, "the old caller is sent nothing"
            await phone.hang_up(after)
    finally:
        await house.close()


async def test_when_the_peer_falls_silent_in_the_network_then_the_leg_ends_and_the_peer_gets_bye() -> None:
    first = free_ports(4)
    media = MediaSettings(bind_host=HOST, port_min=first, port_max=first + 1, media_timeout_ms=700, echo_guard=False)
    house = EchoHouse(media=media)
    await house.gateway.start()
    try:
        with RawPhone(port_of(house)) as phone, RtpEnd() as rtp:
            call = await phone.call(rtp)
            await rtp.talk(call.remote_port, 1.0)
            assert house.events == [], "while sound comes nothing ends"
            bye = await phone.next_request("BYE")
            assert bye.headers.get("Call-ID") == call.call_id
            assert house.events == [LegEnded(reason="media_lost")]
    finally:
        await house.close()


async def test_when_a_proxy_recorded_its_route_then_our_bye_goes_through_it_to_the_phones_contact(
    house: EchoHouse,
) -> None:
    with RawPhone(port_of(house)) as phone, RawPhone(port_of(house)) as proxy, RtpEnd() as rtp:
        route = f"<sip:{HOST}:{proxy.port};lr;ftag=1>"
        call = await phone.call(rtp, extra=(f"Record-Route: {route}", "Record-Route: <sip:192.0.2.4;lr>"))
        await eventually(lambda: len(house.legs) == 1)
        leaving = asyncio.create_task(house.legs[0].hang_up())
        bye = await proxy.next_request("BYE")
        assert bye.uri == f"sip:raw@{HOST}:{phone.port}"
        assert bye.headers.split("Route") == [route, "<sip:192.0.2.4;lr>"]
        assert bye.headers.get("Call-ID") == call.call_id
        await leaving
