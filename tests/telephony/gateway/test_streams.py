"""Calls over TCP and TLS between two gateways, and what a stream's peers can do wrong."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.ports import IncomingCall, LegEnded, LegEvent
from telephony.gateway import SipGateway
from telephony.net import sip_transports, stream_connection, stream_pool
from telephony.net.tls_contexts import TlsSettings
from telephony.sip import stream_watch
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from tests.ports import free_port
from tests.telephony.certificates import Authority
from tests.telephony.sip_fakes import EchoFactory, TestClock
from tests.waiting import eventually

OPTIONS = (
    b"OPTIONS sip:bot@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%d\r\nFrom: <sip:a@x>;tag=1\r\n"
    b"To: <sip:bot@127.0.0.1>\r\nCall-ID: c%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


class Party:
    """A gateway with echoing media."""

    def __init__(self, settings: SipSettings | None = None) -> None:
        self.media = EchoFactory()
        self.calls: asyncio.Queue[IncomingCall] = asyncio.Queue()
        made = settings or SipSettings(listen="127.0.0.1:0", drain_ms=500)
        self.gateway = SipGateway(made, TestClock(), self.media, self.calls.put_nowait)

    def uri(self, tail: str = "", scheme: str = "sip", host: str = "127.0.0.1") -> str:
        port = self.gateway.tls_port if scheme == "sips" or "tls" in tail else self.gateway.listen_address[1]
        return f"{scheme}:bot@{host}:{port}{tail}"


@asynccontextmanager
async def running(*parties: Party) -> AsyncIterator[None]:
    for party in parties:
        await party.gateway.start()
    try:
        yield
    finally:
        for party in parties:
            await party.gateway.stop()


async def connect(near: Party, far: Party, uri: str) -> tuple[SipLeg, SipLeg, IncomingCall]:
    dialling = asyncio.create_task(near.gateway.place_call(uri))
    arriving = asyncio.create_task(far.calls.get())
    await asyncio.wait({dialling, arriving}, return_when=asyncio.FIRST_COMPLETED)
    if dialling.done():
        arriving.cancel()
        return await dialling, await dialling, await arriving  # raises
    call = await arriving
    call.ring()
    far_leg = await call.answer()
    assert isinstance(far_leg, SipLeg)
    return await dialling, far_leg, call


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def tls_party(authority: Authority, name: str = "localhost", *, verify_clients: bool = False) -> Party:
    tls = replace(authority.issue(name), verify_clients=verify_clients)
    return Party(SipSettings(listen="127.0.0.1:0", tls_listen="127.0.0.1:0", tls=tls, drain_ms=500))


async def test_when_a_call_goes_over_tcp_then_one_connection_carries_all_of_it() -> None:
    near, far = Party(), Party()
    async with running(near, far):
        near_leg, far_leg, call = await connect(near, far, far.uri(";transport=tcp"))
        assert (near.gateway.open_connections, far.gateway.open_connections) == (1, 1)
        assert call.offer.remote.startswith("127.0.0.1:")
        events: list[LegEvent] = []
        near_leg.on_event(events.append)
        await far_leg.hang_up()
        await eventually(lambda: events == [LegEnded(reason="hung_up")])
        await eventually(lambda: far.gateway.open_calls == 0)
        assert (near.gateway.open_connections, far.gateway.open_connections) == (1, 1)


async def test_when_a_call_ends_in_the_moment_that_it_stands_then_its_leg_tells_so_and_dialling_is_no_failure() -> None:
    near, far = Party(), Party()
    async with running(near, far):
        dialling = asyncio.create_task(near.gateway.place_call(far.uri(";transport=tcp")))
        call = await far.calls.get()
        far_leg = await call.answer()
        assert isinstance(far_leg, SipLeg)
        await far_leg.hang_up()
        events: list[LegEvent] = []
        (await dialling).on_event(events.append)
        await eventually(lambda: events == [LegEnded(reason="hung_up")])


@pytest.mark.parametrize("ends", ["caller", "callee"])
async def test_when_the_connection_is_cut_in_a_call_then_the_call_lives_and_its_end_opens_a_new_one(ends: str) -> None:
    near, far = Party(), Party()
    async with running(near, far):
        near_leg, far_leg, _ = await connect(near, far, far.uri(";transport=tcp"))
        near_events: list[LegEvent] = []
        far_events: list[LegEvent] = []
        near_leg.on_event(near_events.append)
        far_leg.on_event(far_events.append)
        near.gateway._bound._pool.abort_all()
        await eventually(lambda: near.gateway.open_connections == far.gateway.open_connections == 0)
        await asyncio.sleep(0.1)
        assert near_events == far_events == []
        assert (near.gateway.open_calls, far.gateway.open_calls) == (1, 1)
        await (near_leg if ends == "caller" else far_leg).hang_up()
        await eventually(lambda: near.gateway.open_calls == far.gateway.open_calls == 0)
        assert LegEnded(reason="hung_up") in [*near_events, *far_events]


async def test_when_the_connection_is_cut_while_it_rings_then_the_answer_comes_on_a_new_one() -> None:
    near, far = Party(), Party()
    async with running(near, far):
        dialling = asyncio.create_task(near.gateway.place_call(far.uri(";transport=tcp")))
        call = await far.calls.get()
        call.ring()
        await asyncio.sleep(0.1)
        near.gateway._bound._pool.abort_all()
        await eventually(lambda: far.gateway.open_connections == 0)
        await call.answer()
        await dialling


@pytest.mark.parametrize("tail", ["", ";transport=tls"])
async def test_when_a_call_goes_over_tls_then_name_and_chain_were_verified(authority: Authority, tail: str) -> None:
    near, far = tls_party(authority), tls_party(authority)
    async with running(near, far):
        uri = far.uri(tail, "sip" if tail else "sips", "localhost")
        near_leg, _, _ = await connect(near, far, uri)
        assert near.gateway.open_connections == 1
        await near_leg.hang_up()
        await eventually(lambda: far.gateway.open_calls == 0)


async def test_when_the_certificate_names_another_then_the_call_is_refused_with_a_sentence(
    authority: Authority,
) -> None:
    near, far = tls_party(authority), tls_party(authority, "elsewhere.example")
    async with running(near, far):
        with pytest.raises(CallCentreError, match=r"its certificate is not for localhost\. Call it by a name") as error:
            await near.gateway.place_call(far.uri("", "sips", "localhost"))
        assert error.value.code == "call.not_trusted"
        with pytest.raises(CallCentreError, match=r"not for 127\.0\.0\.1"):
            await near.gateway.place_call(far.uri("", "sips", "127.0.0.1"))
        assert far.calls.empty()


async def test_when_nobody_we_trust_signed_the_certificate_then_the_sentence_says_so(
    authority: Authority, tmp_path: Path
) -> None:
    near, far = tls_party(Authority(tmp_path)), tls_party(authority)
    async with running(near, far):
        with pytest.raises(CallCentreError, match="nobody that we trust signed"):
            await near.gateway.place_call(far.uri("", "sips", "localhost"))


async def test_when_the_certificate_has_expired_then_the_sentence_says_so(authority: Authority) -> None:
    near = tls_party(authority)
    tls = authority.issue("localhost", expired=True)
    far = Party(SipSettings(listen="127.0.0.1:0", tls_listen="127.0.0.1:0", tls=tls, drain_ms=500))
    async with running(near, far):
        with pytest.raises(CallCentreError, match="has expired"):
            await near.gateway.place_call(far.uri("", "sips", "localhost"))


async def test_when_clients_must_show_a_certificate_then_only_those_of_the_issuer_get_in(
    authority: Authority, tmp_path: Path
) -> None:
    far = tls_party(authority, verify_clients=True)
    friend, stranger = tls_party(authority), Party(SipSettings(listen="127.0.0.1:0", tls=TlsSettings(ca=authority.ca)))
    async with running(far, friend, stranger):
        leg, _, _ = await connect(friend, far, far.uri("", "sips", "localhost"))
        await leg.hang_up()
        with pytest.raises(CallCentreError):
            await stranger.gateway.place_call(far.uri("", "sips", "localhost"))
        assert far.calls.empty()


async def test_when_plain_tcp_meets_the_port_of_tls_then_it_is_told_and_the_other_way_round(
    authority: Authority,
) -> None:
    near, far = tls_party(authority), tls_party(authority)
    async with running(near, far):
        plain = far.gateway.listen_address[1]
        with pytest.raises(CallCentreError) as error:
            await near.gateway.place_call(f"sips:bot@localhost:{plain}")
        assert error.value.code == "call.unreachable"


async def test_when_nobody_listens_over_tcp_then_the_sentence_says_so() -> None:
    near = Party()
    port = free_port()
    async with running(near):
        with pytest.raises(CallCentreError, match=rf"Nothing takes SIP calls over TCP at 127\.0\.0\.1:{port}"):
            await near.gateway.place_call(f"sip:bot@127.0.0.1:{port};transport=tcp")


async def test_when_requests_are_pipelined_then_all_are_answered_in_order_on_the_same_connection() -> None:
    far = Party()
    async with running(far):
        reader, writer = await asyncio.open_connection(*far.gateway.listen_address)
        stream = b"".join(OPTIONS % (index, index) for index in range(5))
        for start in range(0, len(stream), 100):
            writer.write(stream[start : start + 100])
            await writer.drain()
            await asyncio.sleep(0.001)
        answers = b""
        while answers.count(b"SIP/2.0 200") < 5:
            answers += await asyncio.wait_for(reader.read(65_536), 3)
        assert [answers.find(b"z9hG4bK%d" % index) for index in range(5)] == sorted(
            answers.find(b"z9hG4bK%d" % index) for index in range(5)
        )
        writer.close()
        await writer.wait_closed()


async def test_when_a_peer_pings_then_it_gets_one_line_end() -> None:
    far = Party()
    async with running(far):
        reader, writer = await asyncio.open_connection(*far.gateway.listen_address)
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), 3) == b"\r\n"
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (OPTIONS % (1, 1) + (OPTIONS % (2, 2)).replace(b"Content-Length: 0", b"Content-Length: x"), b"SIP/2.0 400"),
        ((OPTIONS % (3, 3)).replace(b"Content-Length: 0\r\n", b""), b"SIP/2.0 400"),
        ((OPTIONS % (4, 4)).replace(b"Content-Length: 0", b"Content-Length: 99999"), b"SIP/2.0 513"),
        (b"GET / HTTP/1.1\r\n\r\n", b""),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b""),
    ],
)
async def test_when_a_stream_cannot_be_read_on_then_it_is_refused_where_possible_and_closed(
    sent: bytes, answer: bytes
) -> None:
    far = Party()
    async with running(far):
        reader, writer = await asyncio.open_connection(*far.gateway.listen_address)
        writer.write(sent)
        heard = await asyncio.wait_for(reader.read(), 3)
        assert answer in heard
        assert bool(answer) == bool(heard)
        await eventually(lambda: far.gateway.open_connections == 0)
        writer.close()
        await writer.wait_closed()


async def test_when_a_message_never_ends_then_its_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_pool, "LOOK_AFTER_S", 0.05)
    monkeypatch.setattr(stream_watch, "SLOW_MS", 200)
    far = Party()
    async with running(far):
        reader, writer = await asyncio.open_connection(*far.gateway.listen_address)
        for byte in OPTIONS[:5]:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.03)
        assert await asyncio.wait_for(reader.read(), 3) == b""
        writer.close()
        await writer.wait_closed()


async def test_when_connections_are_idle_then_they_are_closed_but_not_under_a_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_pool, "LOOK_AFTER_S", 0.05)
    settings = SipSettings(listen="127.0.0.1:0", drain_ms=500, idle_ms=300)
    near, far = Party(settings), Party(settings)
    async with running(near, far):
        leg, _, _ = await connect(near, far, far.uri(";transport=tcp"))
        await asyncio.sleep(0.6)
        assert (near.gateway.open_connections, far.gateway.open_connections) == (1, 1)
        await leg.hang_up()
        await eventually(lambda: near.gateway.open_connections == far.gateway.open_connections == 0)


async def test_when_there_are_too_many_connections_then_the_one_idle_longest_makes_room() -> None:
    far = Party(SipSettings(listen="127.0.0.1:0", max_connections=3))
    async with running(far):
        opened = [await asyncio.open_connection(*far.gateway.listen_address) for _ in range(4)]
        await eventually(lambda: far.gateway.open_connections == 3)
        assert await asyncio.wait_for(opened[0][0].read(), 3) == b""
        opened[3][1].write(OPTIONS % (1, 1))
        assert (await asyncio.wait_for(opened[3][0].read(1000), 3)).startswith(b"SIP/2.0 200")
        for _, writer in opened:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in opened), return_exceptions=True)


async def test_when_our_connection_is_quiet_then_we_ping_and_one_whose_peer_stops_answering_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_pool, "LOOK_AFTER_S", 0.02)
    monkeypatch.setattr(stream_watch, "PING_MS", 100)
    monkeypatch.setattr(stream_watch, "PONG_MS", 200)
    heard: list[bytes] = []
    pongs = 3

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        while data := await reader.read(1000):
            heard.append(data)
            if heard.count(b"\r\n\r\n") <= pongs:
                writer.write(b"\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    near = Party()
    async with running(near):
        port = server.sockets[0].getsockname()[1]
        dialling = asyncio.create_task(near.gateway.place_call(f"sip:bot@127.0.0.1:{port};transport=tcp"))
        await eventually(lambda: heard.count(b"\r\n\r\n") == pongs)
        assert near.gateway.open_connections == 1
        await eventually(lambda: heard.count(b"\r\n\r\n") > pongs)
        await eventually(lambda: sum(data.startswith(b"INVITE") for data in heard) == 2)
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)
    server.close()


async def test_when_a_peer_invents_a_new_via_with_each_request_then_what_is_remembered_of_it_is_bounded() -> None:
    far = Party()
    async with running(far):
        reader, writer = await asyncio.open_connection(*far.gateway.listen_address)
        for index in range(400):
            writer.write((OPTIONS % (index, index)).replace(b"127.0.0.1:9;", b"127.0.0.1:%d;" % (1_000 + index)))
        answers = b""
        while answers.count(b"SIP/2.0 200") < 400:
            answers += await asyncio.wait_for(reader.read(65_536), 3)
        (connection,) = far.gateway._bound._pool._connections.values()
        assert len(connection.sent_for) == stream_connection.MAX_SENT_FOR
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(("trusted", "taken"), [(True, 4), (False, 2)])
async def test_when_one_peer_opens_very_many_connections_then_only_so_many_are_taken_but_loopback_may(
    monkeypatch: pytest.MonkeyPatch, trusted: bool, taken: int
) -> None:
    monkeypatch.setattr(stream_pool, "is_loopback", lambda host: trusted)
    far = Party(SipSettings(listen="127.0.0.1:0", max_connections_per_peer=2))
    async with running(far):
        opened = [await asyncio.open_connection(*far.gateway.listen_address) for _ in range(4)]
        await asyncio.sleep(0.1)
        assert far.gateway.open_connections == taken
        opened[0][1].close()
        await eventually(lambda: far.gateway.open_connections == taken - 1)
        opened.append(await asyncio.open_connection(*far.gateway.listen_address))
        await eventually(lambda: far.gateway.open_connections == taken)
        for _, writer in opened:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in opened), return_exceptions=True)


async def test_when_the_server_closes_before_any_response_then_the_call_is_sent_once_more_and_then_given_up() -> None:
    heard: list[bytes] = []

    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(2000))
        writer.close()

    server = await asyncio.start_server(slam, "127.0.0.1", 0)
    near = Party()
    async with running(near):
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CallCentreError) as error:
            await asyncio.wait_for(near.gateway.place_call(f"sip:bot@127.0.0.1:{port};transport=tcp"), 5)
        assert error.value.code == "call.unreachable"
    server.close()
    await server.wait_closed()
    assert [data.partition(b" ")[0] for data in heard] == [b"INVITE", b"INVITE"]
    assert heard[0] == heard[1]


async def test_when_a_request_is_too_long_for_a_datagram_then_it_goes_over_tcp_and_its_cancel_too() -> None:
    near, far = Party(), Party()
    async with running(near, far):
        dialling = asyncio.create_task(near.gateway.place_call(far.uri(), caller_name="long " * 300))
        call = await far.calls.get()
        assert far.gateway.open_connections == 1
        gone: list[bool] = []
        call.on_cancel(lambda: gone.append(True))
        call.ring()
        await asyncio.sleep(0.1)
        dialling.cancel()
        await eventually(lambda: bool(gone))


async def test_when_nobody_takes_tcp_then_a_long_request_goes_as_a_datagram_after_all() -> None:
    near, far = Party(), Party()
    async with running(near, far):
        for server in far.gateway._bound._pool._servers:
            server.close()
        dialling = asyncio.create_task(near.gateway.place_call(far.uri(), caller_name="long " * 300))
        call = await asyncio.wait_for(far.calls.get(), 3)
        await call.answer()
        await (await dialling).hang_up()
        assert near.gateway.open_connections == 0


async def test_when_ipv6_is_listened_on_too_then_calls_go_both_ways_over_every_transport(authority: Authority) -> None:
    tls = authority.issue("localhost")
    both = "127.0.0.1:0, [::1]:0"
    near = Party(SipSettings(listen=both, tls_listen=both, tls=tls, drain_ms=500))
    far = Party(SipSettings(listen=both, tls_listen=both, tls=tls, drain_ms=500))
    async with running(near, far):
        for host in ("127.0.0.1", "[::1]"):
            for tail in (";transport=udp", ";transport=tcp", ";transport=tls"):
                leg, _, call = await connect(near, far, far.uri(tail, host=host))
                assert call.offer.remote.startswith(host)
                await leg.hang_up()
                await eventually(lambda: far.gateway.open_calls == 0)


def test_when_tls_files_do_not_serve_then_the_sentence_names_the_setting(authority: Authority, tmp_path: Path) -> None:
    good, other = authority.issue("localhost"), authority.issue("other.example")
    (tmp_path / "empty.pem").write_text("nothing")
    for tls, sentence in (
        (TlsSettings(), "tls_listen needs tls_certificate and tls_key"),
        (replace(good, key=other.key), "tls_key does not belong to tls_certificate"),
        (replace(good, certificate="/nowhere.pem"), "/nowhere.pem of tls_certificate is not there"),
        (replace(good, ca=str(tmp_path / "empty.pem")), "holds no certificate"),
        (replace(good, certificate=str(tmp_path / "empty.pem")), "no PEM file"),
    ):
        party = Party(SipSettings(listen="127.0.0.1:0", tls_listen="127.0.0.1:0", tls=tls))
        with pytest.raises(CallCentreError, match=sentence) as error:
            asyncio.run(party.gateway.start())
        assert error.value.code == "config.bad_tls"


def write_over(name: str, data: bytes) -> None:
    Path(name).write_bytes(data)


def read(name: str) -> bytes:
    return Path(name).read_bytes()


async def test_when_the_certificate_is_renewed_then_new_connections_get_the_new_one(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sip_transports, "RENEWAL_S", 0.05)
    near, far = tls_party(authority), tls_party(authority, "old.example")
    tls = far.gateway._settings.tls
    async with running(near, far):
        with pytest.raises(CallCentreError, match="not for localhost"):
            await near.gateway.place_call(far.uri("", "sips", "localhost"))
        new = authority.issue("localhost")
        write_over(tls.certificate, b"half written")
        await eventually(lambda: "goes on" in caplog.text)
        write_over(tls.key, read(new.key))
        write_over(tls.certificate, read(new.certificate))
        await asyncio.sleep(0.2)
        leg, _, _ = await connect(near, far, far.uri("", "sips", "localhost"))
        await leg.hang_up()


def test_when_several_ports_are_named_then_the_sentence_says_that_peers_are_told_one() -> None:
    with pytest.raises(CallCentreError, match="names several ports"):
        Party(SipSettings(listen="127.0.0.1:5060, [::1]:5062"))


async def test_when_the_port_is_taken_over_tcp_then_starting_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        party = Party(SipSettings(listen=f"127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(CallCentreError, match="already used by another program"):
            await party.gateway.start()


def test_when_tls_is_opened_then_old_versions_are_refused(authority: Authority) -> None:
    from telephony.net.tls_contexts import client_context, server_context

    tls = authority.issue("localhost")
    for context in (server_context(tls), client_context(tls)):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert client_context(tls).check_hostname
