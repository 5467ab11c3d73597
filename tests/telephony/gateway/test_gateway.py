"""Two gateways on loopback: what the service sees of calls that come in, go out, fail and end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from calls.errors import CallCentreError
from calls.ports import CallOffer, DigitHeard, IncomingCall, LegEnded, LegEvent
from telephony.gateway import SipGateway
from telephony.media_port import MediaLeg
from telephony.sip_call import CallRefusal
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from tests.ports import free_port
from tests.telephony.sip.ua_bench import OFFER, request
from tests.telephony.sip_fakes import EchoFactory, TestClock
from tests.waiting import eventually


class NoPorts(EchoFactory):
    """A factory whose range is used up."""

    async def open(self) -> MediaLeg:  # type: ignore[override]
        raise CallCentreError("media.no_port", "No port is free.", fault="operator", retryable=True)


class Party:
    """A gateway with a house behind it that does with calls what the test says."""

    def __init__(
        self,
        media: EchoFactory | None = None,
        *,
        listen: str = "127.0.0.1:0",
        drain_ms: int = 500,
        advertise: str | None = None,
        codecs: tuple[str, ...] = ("PCMU", "PCMA"),
        reach_ms: int = 32_000,
    ) -> None:
        self.media = media or EchoFactory()
        self.calls: asyncio.Queue[IncomingCall] = asyncio.Queue()
        settings = SipSettings(listen=listen, drain_ms=drain_ms, advertise=advertise, codecs=codecs, reach_ms=reach_ms)
        self.gateway = SipGateway(settings, TestClock(), self.media, self.calls.put_nowait)

    @property
    def uri(self) -> str:
        return f"sip:bot@127.0.0.1:{self.gateway.listen_address[1]}"


@asynccontextmanager
async def running(*parties: Party) -> AsyncIterator[None]:
    for party in parties:
        await party.gateway.start()
    try:
        yield
    finally:
        for party in parties:
            await party.gateway.stop()
            assert party.gateway.open_calls == 0
            assert all(leg.closed for leg in party.media.legs)


def pair(codecs: tuple[str, ...] = ("PCMU", "PCMA")) -> tuple[Party, Party, AbstractAsyncContextManager[None]]:
    near, far = Party(), Party(codecs=codecs)
    return near, far, running(near, far)


async def connect(near: Party, far: Party) -> tuple[SipLeg, SipLeg]:
    """Place a call and answer it; return both legs."""
    dialling = asyncio.create_task(near.gateway.place_call(far.uri, caller="near", caller_name="The near one"))
    call = await far.calls.get()
    call.ring()
    far_leg = await call.answer()
    assert isinstance(far_leg, SipLeg)
    return await dialling, far_leg


async def test_when_one_gateway_calls_another_then_both_have_legs_that_know_each_others_ports() -> None:
    near, far, parties = pair()
    async with parties:
        near_leg, far_leg = await connect(near, far)
        (near_media,), (far_media,) = near.media.legs, far.media.legs
        assert near_media.connections == [("127.0.0.1", far_media.local_port, "PCMU", 0, 101)]
        assert far_media.connections == [("127.0.0.1", near_media.local_port, "PCMU", 0, 101)]
        assert (near_leg.codec, far_leg.rate_hz) == ("PCMU", 8000)
        far_events: list[LegEvent] = []
        far_leg.on_event(far_events.append)
        far_media.tell(DigitHeard(digit="1", duration_ms=100))
        await near_leg.hang_up()
        await near_leg.hang_up()
        await eventually(lambda: len(far_events) == 2)
        assert far_events == [DigitHeard(digit="1", duration_ms=100), LegEnded(reason="hung_up")]
        near_events: list[LegEvent] = []
        near_leg.on_event(near_events.append)
        assert near_events == [LegEnded(reason="local")]
        assert near_media.closed
        assert far_media.closed


async def test_when_a_call_comes_then_the_offer_says_who_calls_whom() -> None:
    near, far, parties = pair()
    async with parties:
        dialling = asyncio.create_task(near.gateway.place_call(far.uri, caller="+34600", caller_name='A "B"'))
        call = await far.calls.get()
        assert (call.offer.transport, call.offer.caller, call.offer.called) == ("sip", "+34600", "bot")
        assert call.offer.caller_name == 'A "B"'
        assert call.offer.remote == f"127.0.0.1:{near.gateway.listen_address[1]}"
        call.reject(486, "Busy Here")
        with pytest.raises(CallCentreError, match="486") as error:
            await dialling
        assert (error.value.code, error.value.fault) == ("call.refused", "peer")
        call.reject(486, "again")
        with pytest.raises(CallCentreError, match="answered or refused already"):
            await call.answer()


async def test_when_the_caller_gives_up_while_it_rings_then_the_listener_hears_it_and_answering_fails() -> None:
    near, far, parties = pair()
    async with parties:
        dialling = asyncio.create_task(near.gateway.place_call(far.uri))
        call = await far.calls.get()
        gone: list[bool] = []
        call.on_cancel(lambda: gone.append(True))
        call.ring()
        dialling.cancel()
        await eventually(lambda: bool(gone))
        with pytest.raises(CallCentreError) as error:
            await call.answer()
        assert error.value.code == "call.gone"
        assert not far.media.legs
        late: list[bool] = []
        call.on_cancel(lambda: late.append(True))
        assert gone == [True]


async def test_when_media_is_lost_then_the_peer_gets_bye_and_the_leg_says_why() -> None:
    near, far, parties = pair()
    async with parties:
        near_leg, far_leg = await connect(near, far)
        near_events: list[LegEvent] = []
        far_events: list[LegEvent] = []
        near_leg.on_event(near_events.append)
        far_leg.on_event(far_events.append)
        far.media.legs[0].tell(LegEnded(reason="media_lost"))
        await eventually(lambda: bool(near_events))
        assert far_events == [LegEnded(reason="media_lost")]
        assert near_events == [LegEnded(reason="hung_up")]


async def test_when_no_media_port_is_free_then_the_caller_hears_busy_and_the_reason_is_raised() -> None:
    near, far = Party(), Party(NoPorts())
    async with running(near, far):
        dialling = asyncio.create_task(near.gateway.place_call(far.uri))
        call = await far.calls.get()
        with pytest.raises(CallCentreError) as error:
            await call.answer()
        assert error.value.code == "media.no_port"
        with pytest.raises(CallCentreError, match="486"):
            await dialling


async def test_when_admission_says_no_then_nobody_hears_of_the_call() -> None:
    near, far, parties = pair()
    asked: list[CallOffer] = []

    def refuse(offer: CallOffer) -> CallRefusal:
        asked.append(offer)
        return CallRefusal(486, "All lines are busy")

    far.gateway.admit = refuse
    async with parties:
        with pytest.raises(CallCentreError, match="486"):
            await near.gateway.place_call(far.uri)
        assert far.calls.empty()
        assert len(asked) == 1


async def test_when_there_is_no_common_codec_then_the_error_says_so() -> None:
    near, far, parties = pair(codecs=("G722",))
    async with parties:
        with pytest.raises(CallCentreError) as error:
            await near.gateway.place_call(far.uri)
        assert error.value.code == "call.no_common_codec"


async def test_when_the_service_fails_on_a_new_call_then_500_and_the_gateway_lives(
    caplog: pytest.LogCaptureFixture,
) -> None:
    near, far, parties = pair()

    def fail(call: IncomingCall) -> None:
        raise RuntimeError("a mistake")

    broken = SipGateway(SipSettings(listen="127.0.0.1:0"), TestClock(), far.media, fail)
    await broken.start()
    async with parties:
        with pytest.raises(CallCentreError, match="500"):
            await near.gateway.place_call(f"sip:bot@127.0.0.1:{broken.listen_address[1]}")
        await broken.stop()
    assert "a new call could not be taken" in caplog.text


async def test_when_the_gateway_stops_then_running_calls_get_bye_and_none_is_placed() -> None:
    near, far, parties = pair()
    async with parties:
        near_leg, far_leg = await connect(near, far)
        near_events: list[LegEvent] = []
        far_events: list[LegEvent] = []
        near_leg.on_event(near_events.append)
        far_leg.on_event(far_events.append)
        await far.gateway.stop()
        await far.gateway.stop()
        assert near_events == [LegEnded(reason="hung_up")]
        assert far_events == [LegEnded(reason="local")]
        with pytest.raises(CallCentreError) as error:
            await far.gateway.place_call(near.uri)
        assert error.value.code == "call.unreachable"


async def test_when_a_peer_never_confirms_the_bye_then_stopping_does_not_hang() -> None:
    party = Party(drain_ms=100)
    loop = asyncio.get_running_loop()
    async with running(party):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.setblocking(False)
            silent.bind(("127.0.0.1", 0))
            dialling = asyncio.create_task(party.gateway.place_call(f"sip:x@127.0.0.1:{silent.getsockname()[1]}"))
            assert (await loop.sock_recv(silent, 4000)).startswith(b"INVITE sip:x@127.0.0.1:")
            await party.gateway.stop()
            with pytest.raises(CallCentreError) as error:
                await dialling
            assert error.value.code == "call.unreachable"


async def test_when_nobody_listens_at_the_called_port_then_the_call_ends_at_once_with_a_sentence() -> None:
    party = Party()
    async with running(party):
        port = free_port()
        async with asyncio.timeout(1):
            with pytest.raises(CallCentreError, match=f"Nothing takes SIP calls over UDP at 127.0.0.1:{port}") as error:
                await party.gateway.place_call(f"sip:bot@127.0.0.1:{port}")
        assert error.value.code == "call.unreachable"
        assert party.gateway.open_calls == 0


async def test_when_the_called_host_drops_every_packet_then_the_call_ends_after_the_time_to_reach_it() -> None:
    party = Party(reach_ms=700)
    async with running(party):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
            mute.bind(("127.0.0.1", 0))
            began_s = time.monotonic()
            with pytest.raises(CallCentreError, match="Nothing came back from") as error:
                await party.gateway.place_call(f"sip:bot@127.0.0.1:{mute.getsockname()[1]}")
            assert 0.6 < time.monotonic() - began_s < 1.5
        assert error.value.code == "call.unreachable"
        assert party.gateway.open_calls == 0


async def test_when_a_peer_vanishes_in_a_call_then_hanging_up_does_not_wait_for_it() -> None:
    near, far = Party(), Party(drain_ms=5_000)
    async with running(near, far):
        near_leg, _ = await connect(near, far)
        fall_mute(near)
        near.gateway._bound._udp[0].close()
        began_s = time.monotonic()
        await far.gateway.stop()
        assert time.monotonic() - began_s < 1.0
        near_leg.end("hung_up")


async def test_when_the_other_side_of_a_call_is_mute_then_stopping_sends_bye_again_and_ends_within_two_seconds() -> (
    None
):
    near, far = Party(), Party(drain_ms=SipSettings().drain_ms)
    async with running(near, far):
        near_leg, far_leg = await connect(near, far)
        events: list[LegEvent] = []
        far_leg.on_event(events.append)
        byes = fall_mute(near)
        began_s = time.monotonic()
        await far.gateway.stop()
        assert 1.5 < time.monotonic() - began_s < 2.5
        assert byes() == 3
        assert events == [LegEnded(reason="local")]
        near_leg.end("hung_up")


def fall_mute(party: Party) -> Callable[[], int]:
    """Let a party hear but never answer again; return what counts the BYEs that came."""
    heard: list[bytes] = []
    party.gateway._bound._udp[0]._received = lambda data, _source: heard.append(data)
    return lambda: sum(data.startswith(b"BYE ") for data in heard)


async def test_when_garbage_floods_the_port_then_the_next_call_is_served() -> None:
    near, far, parties = pair()
    async with parties:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
            target = far.gateway.listen_address
            whole = request("INVITE", body=OFFER)
            for at in range(0, len(whole), 7):
                noise.sendto(whole[:at], target)
                noise.sendto(bytes(range(at % 256)), target)
            noise.sendto(b"", target)
            noise.sendto(b"\r\n\r\n", target)
        near_leg, _ = await connect_skipping_noise(near, far)
        await near_leg.hang_up()


async def connect_skipping_noise(near: Party, far: Party) -> tuple[SipLeg, SipLeg]:
    """Reject what the cut INVITEs made, and answer the real call."""
    dialling = asyncio.create_task(near.gateway.place_call(far.uri, caller="real"))
    while True:
        call = await far.calls.get()
        if call.offer.caller == "real":
            leg = await call.answer()
            assert isinstance(leg, SipLeg)
            return await dialling, leg
        call.reject(480, "noise")


@pytest.mark.parametrize("target", ["", "tel:+34600", "sips:", "sip:", "sip:a b@127.0.0.1", "mailto:a@b"])
async def test_when_the_target_is_no_sip_address_then_the_error_says_so(target: str) -> None:
    party = Party()
    async with running(party):
        with pytest.raises(CallCentreError) as error:
            await party.gateway.place_call(target)
        assert (error.value.code, error.value.fault) == ("call.bad_target", "user")


async def test_when_the_gateway_listens_on_all_addresses_then_peers_are_told_the_one_that_faces_them() -> None:
    near, far = Party(listen="0.0.0.0:0"), Party()
    async with running(near, far):
        await connect(near, far)
        assert far.media.legs[0].connections[0][0] == "127.0.0.1"


async def test_when_an_address_is_advertised_then_it_stands_in_our_sdp() -> None:
    near, far = Party(advertise="127.0.0.9"), Party()
    async with running(near, far):
        dialling = asyncio.create_task(near.gateway.place_call(far.uri))
        call = await far.calls.get()
        answering = asyncio.create_task(call.answer())
        await eventually(lambda: bool(far.media.legs and far.media.legs[0].connections))
        assert far.media.legs[0].connections[0][0] == "127.0.0.9"
        for task in (answering, dialling):
            task.cancel()
        await asyncio.gather(answering, dialling, return_exceptions=True)


async def test_when_the_port_is_taken_then_starting_fails_with_a_sentence() -> None:
    first = Party()
    async with running(first):
        second = Party(listen=f"127.0.0.1:{first.gateway.listen_address[1]}")
        with pytest.raises(CallCentreError, match="already used by another program"):
            await second.gateway.start()


async def test_when_the_gateway_listens_on_ipv6_then_calls_are_made_over_it() -> None:
    near, far = Party(listen="[::1]:0"), Party(listen="[::1]:0")
    try:
        await near.gateway.start()
    except CallCentreError:
        pytest.skip("this host has no IPv6 loopback")
    async with running(near, far):
        dialling = asyncio.create_task(near.gateway.place_call(f"sip:bot@[::1]:{far.gateway.listen_address[1]}"))
        call = await far.calls.get()
        leg = await call.answer()
        await dialling
        assert far.media.legs[0].connections[0][0] == "::1"
        assert call.offer.remote == f"[::1]:{near.gateway.listen_address[1]}"
        await leg.hang_up()
        await eventually(lambda: far.gateway.open_calls == 0)


async def test_when_the_target_has_a_name_then_it_is_looked_up() -> None:
    near, far, parties = pair()
    async with parties:
        target = f"sip:bot@localhost:{far.gateway.listen_address[1]}"
        dialling = asyncio.create_task(near.gateway.place_call(target))
        call = await far.calls.get()
        call.reject(603, "")
        with pytest.raises(CallCentreError, match="603"):
            await dialling
        with pytest.raises(CallCentreError) as error:
            await near.gateway.place_call("sip:bot@nobody.invalid")
        assert error.value.code == "call.unreachable"


@pytest.mark.parametrize("advertise", ["example.org", "1.2.3", "1.2.3.4:5060"])
def test_when_what_is_advertised_is_no_address_then_the_sentence_says_so(advertise: str) -> None:
    with pytest.raises(CallCentreError, match="must be an IP address"):
        SipGateway(SipSettings(advertise=advertise), TestClock(), EchoFactory(), lambda call: None)


def test_when_a_codec_is_unknown_then_the_sentence_lists_the_known_ones() -> None:
    with pytest.raises(CallCentreError, match="choose from PCMU, PCMA"):
        SipGateway(SipSettings(codecs=("G729",)), TestClock(), EchoFactory(), lambda call: None)
