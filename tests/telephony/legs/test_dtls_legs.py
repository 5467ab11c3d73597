"""Legs that agree on keys by DTLS on their own ports: nothing before, everything after, and nothing with a stranger."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from calls.audio import AudioFrame
from calls.ports import LegEnded, LegEvent
from telephony.media_settings import MediaSettings
from telephony.net.rtp_leg import RtpLeg, RtpMediaFactory
from telephony.rtp.dtls import DtlsAssociation, is_dtls
from telephony.rtp.dtls_terms import DtlsRole, DtlsTerms, fingerprint_of
from telephony.rtp.packet import build_rtp
from tests.telephony.dtls_end import IDENTITY, SealedSocket
from tests.telephony.legs.test_rtp_leg import Phone, settle
from tests.telephony.legs.test_secure_and_wideband import likeness, talk
from tests.telephony.media_fakes import FakeClock, LoopClock, packets, tone, voice
from tests.waiting import eventually

LOCAL = "127.0.0.1"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def factory_of(clock: FakeClock, first_port: int = 35_000, host: str = LOCAL) -> RtpMediaFactory:
    settings = MediaSettings(
        bind_host=host, port_min=first_port, port_max=first_port + 199, drain_ms=0, echo_guard=False
    )
    return RtpMediaFactory(settings, clock)


class Pair:
    """Two legs of two processes, as it were: each with a certificate of its own."""

    def __init__(self, clock: FakeClock, host: str = LOCAL) -> None:
        self.factories = factory_of(clock, host=host), factory_of(clock, 35_200)
        self.legs: list[RtpLeg] = []
        self.events: list[list[LegEvent]] = [[], []]

    async def open(self) -> None:
        self.legs = [await factory.open() for factory in self.factories]
        for leg, events in zip(self.legs, self.events, strict=True):
            leg.on_event(events.append)

    def terms(self, which: int, role: DtlsRole, *, mux: bool = True, peer_id: str = "") -> DtlsTerms:
        """Return what a leg knows of the other one."""
        fingerprint = self.factories[1 - which].fingerprint
        return DtlsTerms(role=role, fingerprints=(fingerprint,), rtcp_mux=mux, peer_id=peer_id)

    def connect(self, which: int, terms: DtlsTerms) -> None:
        port = self.legs[1 - which].local_port
        self.legs[which].connect(LOCAL, port, "PCMU", 0, None, crypto=terms)

    def agree(self, *, mux: bool = True) -> None:
        self.connect(1, self.terms(1, "passive", mux=mux))
        self.connect(0, self.terms(0, "active", mux=mux))

    @property
    def ready(self) -> bool:
        return all(leg.keys_ready for leg in self.legs)


@pytest.fixture
async def pair(clock: FakeClock) -> AsyncIterator[Pair]:
    made = Pair(clock)
    await made.open()
    yield made
    for leg in made.legs:
        leg.close()


@pytest.mark.parametrize("mux", [True, False])
async def test_when_two_legs_shake_hands_then_each_hears_the_other_and_knows_the_round_trip(
    mux: bool, pair: Pair, clock: FakeClock
) -> None:
    one, two = pair.legs
    pair.agree(mux=mux)
    assert not one.keys_ready
    await eventually(lambda: pair.ready)
    sound = voice(1_200)
    heard = await talk(one, two, sound, clock)
    assert likeness(sound, heard, 8_000) > 0.93
    assert one.quality().round_trip_ms is not None, "reports pass too, on their own port or on that of the sound"
    assert (one.quality().refused, two.quality().refused) == (0, 0)
    assert pair.events == [[], []]


async def test_when_there_are_no_keys_yet_then_nothing_but_the_handshake_is_sent_and_nothing_is_heard(
    clock: FakeClock,
) -> None:
    phone, leg = Phone(), await factory_of(clock).open()
    terms = DtlsTerms(role="active", fingerprints=(fingerprint_of(b"somebody"),), rtcp_mux=False)
    leg.connect(LOCAL, phone.port, "PCMU", 0, None, crypto=terms)
    assert leg.encrypted
    for n, packet in enumerate(packets(tone(440, 20))):
        phone.send(packet, leg.local_port)
        leg.write(AudioFrame(tone(440, 1), 8_000, 20 * n))
        await settle()
        got = leg.read(20 * n)
        assert got is not None
        assert not got.samples.any()
        clock.at_ms += 1_000
    assert leg.quality().received == 0
    assert leg.quality().refused == 20
    assert leg.quality().sent == 0
    sent = [*Phone.datagrams(phone.rtp), *Phone.datagrams(phone.rtcp)]
    leg.close()
    await settle()
    sent += [*Phone.datagrams(phone.rtp), *Phone.datagrams(phone.rtcp)]
    phone.close()
    assert sent
    assert all(is_dtls(data) for data in sent), "no RTCP either, and no goodbye"


async def test_when_a_leg_is_bound_to_both_families_then_it_shakes_hands_over_ipv4(clock: FakeClock) -> None:
    pair = Pair(clock, host="::")
    await pair.open()
    pair.agree(mux=False)
    await eventually(lambda: pair.ready)
    for leg in pair.legs:
        leg.close()


@pytest.mark.parametrize("liar", [0, 1])
async def test_when_the_certificate_is_another_one_then_the_leg_ends_once_as_not_secure_and_hears_nothing(
    liar: int, pair: Pair, clock: FakeClock
) -> None:
    for which, role in ((1, "passive"), (0, "active")):
        assert role in ("active", "passive")
        terms = pair.terms(which, "passive" if role == "passive" else "active", mux=False)
        if which != liar:
            terms = replace(terms, fingerprints=(fingerprint_of(b"another certificate"),))
        pair.connect(which, terms)
    deceived = pair.legs[1 - liar]
    await eventually(lambda: pair.events[1 - liar])
    heard = []
    for n in range(20):
        pair.legs[liar].write(AudioFrame(tone(440, 1), 8_000, 20 * n))
        deceived.write(AudioFrame(tone(440, 1), 8_000, 20 * n))
        await settle()
        got = deceived.read(20 * n)
        assert got is not None
        heard.append(got.samples)
        clock.at_ms += 20
    assert pair.events[1 - liar] == [LegEnded(reason="not_secure")]
    assert not np.concatenate(heard).any()
    assert deceived.quality().sent == 0


def datagrams_of_dtls(leg: RtpLeg, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list that grows with each datagram of a handshake that the leg sends from now on."""
    sent: list[bytes] = []
    send: Callable[..., None] = leg._send_handshake

    def count(control: bool, data: bytes, address: tuple[str, int]) -> None:
        sent.append(data)
        send(control, data, address)

    monkeypatch.setattr(leg._keys, "_send", count)
    return sent


async def test_when_the_same_terms_are_agreed_again_then_the_keys_stay_and_nothing_is_sent(
    pair: Pair, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair.legs
    pair.agree()
    await eventually(lambda: pair.ready)
    await talk(one, two, voice(50), clock)
    sent = datagrams_of_dtls(one, monkeypatch), datagrams_of_dtls(two, monkeypatch)
    for direction in ("sendonly", "sendrecv"):
        pair.agree()
        one.set_direction("sendrecv" if direction == "sendrecv" else "sendonly")
        assert pair.ready
    sound = voice(125)
    assert likeness(sound, await talk(one, two, sound, clock), 8_000) > 0.93
    assert sent == ([], [])


@pytest.mark.parametrize("changed", ["role", "name", "certificate"])
async def test_when_the_terms_change_then_there_is_another_handshake_and_the_sound_goes_on(
    changed: str, pair: Pair, clock: FakeClock
) -> None:
    one, two = pair.legs
    pair.agree()
    await eventually(lambda: pair.ready)
    before = one._keys._contexts[False].keys
    if changed == "certificate":
        pair.factories[1]._identity = None
    roles: tuple[DtlsRole, DtlsRole] = ("passive", "active") if changed == "role" else ("active", "passive")
    for which in (1, 0):
        # Of a certificate of its own that changed a leg knows nothing: a process keeps one for its life.
        name = "another association" if changed == "name" or (changed, which) == ("certificate", 1) else ""
        pair.connect(which, pair.terms(which, roles[which], peer_id=name))
    assert one.keys_ready is (changed != "certificate"), "who is the same is heard until there are new keys"
    await eventually(lambda: pair.ready and one._keys._contexts[False].keys != before)
    await settle()
    sound = voice(125)
    assert likeness(sound, await talk(one, two, sound, clock), 8_000) > 0.93


async def test_when_a_peer_moves_without_naming_its_association_then_a_new_one_begins_and_the_old_keys_serve_meanwhile(
    pair: Pair, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair.legs
    pair.agree()
    await eventually(lambda: pair.ready)
    sent = datagrams_of_dtls(one, monkeypatch)
    phone = Phone()
    for peer_id, begins in (("", True), ("abc3de65cddef001be82", False)):
        one.connect(LOCAL, two.local_port, "PCMU", 0, None, crypto=pair.terms(0, "active", peer_id=peer_id))
        await eventually(lambda: pair.ready)
        sent.clear()
        one.connect(LOCAL, phone.port, "PCMU", 0, None, crypto=pair.terms(0, "active", peer_id=peer_id))
        assert bool(sent) is begins
        assert one.keys_ready
    phone.close()


async def test_when_the_peer_begins_before_its_answer_came_then_its_hello_is_kept(pair: Pair) -> None:
    pair.connect(0, pair.terms(0, "active"))
    await settle()
    pair.connect(1, pair.terms(1, "passive"))
    await asyncio.sleep(0.03)
    assert pair.ready, "before the hello would be repeated"


async def test_when_datagrams_of_strangers_come_first_then_the_announced_peer_is_answered_all_the_same(
    pair: Pair,
) -> None:
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    pair.connect(1, pair.terms(1, "passive"))
    for data in (b"\x16", b"\x16\xfe\xfd" + bytes(80), bytes([20]) * 1_400, b"\x3f"):
        stranger.sendto(data, (LOCAL, pair.legs[1].local_port))
    await settle()
    pair.connect(0, pair.terms(0, "active"))
    await eventually(lambda: pair.ready)
    stranger.close()


@pytest.mark.parametrize("role", ["active", "passive"])
async def test_when_a_stranger_with_a_certificate_of_its_own_comes_first_then_the_call_goes_on_with_the_peer(
    role: DtlsRole, pair: Pair, clock: FakeClock
) -> None:
    one, two = pair.legs
    stranger = SealedSocket(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    stranger.inner.setblocking(False)
    pair.connect(0, pair.terms(0, role))
    await settle()
    other: DtlsRole = "active" if role == "passive" else "passive"
    terms = DtlsTerms(role=other, fingerprints=(pair.factories[0].fingerprint,))
    stranger.begin(DtlsAssociation(IDENTITY, terms), one.local_port)
    for _ in range(5):
        await settle()
        stranger.drain()
    assert stranger.failed == ("no common way" if role == "passive" else ""), "an alert, or no word at all"
    assert stranger.context is None
    pair.connect(1, pair.terms(1, other))
    await eventually(lambda: pair.ready)
    sound = voice(125)
    assert likeness(sound, await talk(one, two, sound, clock), 8_000) > 0.93
    assert pair.events == [[], []]
    stranger.close()


async def test_when_a_peer_is_behind_a_translator_then_it_is_answered_where_its_hello_comes_from(
    pair: Pair,
) -> None:
    one, two = pair.legs
    one.connect("10.0.0.7", 4_000, "PCMU", 0, None, crypto=pair.terms(0, "passive"))
    two.connect(LOCAL, one.local_port, "PCMU", 0, None, crypto=pair.terms(1, "active"))
    await eventually(lambda: pair.ready)


async def test_when_datagrams_are_lost_in_real_time_then_the_keys_are_there_within_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = LoopClock()
    pair = Pair(clock)
    await pair.open()
    began_ms = clock.now_ms()
    for leg in pair.legs:
        sent = itertools.count()
        send = leg._keys._send

        def lossy(
            control: bool,
            data: bytes,
            address: tuple[str, int],
            sent: Iterator[int] = sent,
            send: Callable[..., None] = send,
        ) -> None:
            if next(sent) >= 2:
                send(control, data, address)

        monkeypatch.setattr(leg._keys, "_send", lossy)
    pair.agree()
    await eventually(lambda: pair.ready)
    assert 300 <= clock.now_ms() - began_ms < 2_000
    for leg in pair.legs:
        leg.close()


async def test_when_a_leg_closes_then_its_peer_hears_no_more_and_repeats_nothing() -> None:
    clock = LoopClock()
    pair = Pair(clock)
    await pair.open()
    pair.agree()
    await eventually(lambda: pair.ready)
    pair.legs[0].close()
    await settle()
    pair.legs[1].write(AudioFrame(tone(440, 1), 8_000, 0))
    pair.legs[1].close()
    assert pair.events == [[], []]


async def test_when_sound_in_the_clear_comes_after_the_handshake_then_it_is_refused(pair: Pair) -> None:
    pair.agree()
    await eventually(lambda: pair.ready)
    forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    forger.sendto(build_rtp(packets(tone(440, 1))[0]), (LOCAL, pair.legs[0].local_port))
    await settle()
    forger.close()
    assert pair.legs[0].quality().refused == 1
    assert pair.legs[0].quality().received == 0
