"""Calls to names: a DNS server on loopback says where they are served; the next server takes over from a dead one."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import dns.message
import dns.rdatatype
import dns.rrset
import pytest

from calls.errors import CallCentreError
from telephony.sip_call import CallRefusal
from telephony.sip_settings import SipSettings
from tests.ports import free_port
from tests.telephony.certificates import Authority
from tests.telephony.gateway.test_streams import Party, connect, running


class Zone(asyncio.DatagramProtocol):
    """Answers from a list of (name, type, data); everything else does not exist."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str, str]] = [("host.carrier.test.", "A", "127.0.0.1")]
        self.asked: list[str] = []
        self.transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        assert self.transport is not None
        return f"127.0.0.1:{self.transport.get_extra_info('sockname')[1]}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        name, kind = str(question.name), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{kind} {name}")
        response = dns.message.make_response(query)
        found = [text for owner, which, text in self.records if (owner, which) == (name, kind)]
        if found:
            response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
        assert self.transport is not None
        self.transport.sendto(response.to_wire(), addr)

    def serve(self, *servers: tuple[int, int], name: str = "_sip._udp.carrier.test.") -> None:
        """Name servers on loopback by priority and port."""
        self.records += [(name, "SRV", f"{priority} 10 {port} host.carrier.test.") for priority, port in servers]


@asynccontextmanager
async def zone() -> AsyncIterator[Zone]:
    made = Zone()
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, local_addr=("127.0.0.1", 0))
    try:
        yield made
    finally:
        assert made.transport is not None
        made.transport.close()


def caller(names: Zone, **more: int) -> Party:
    return Party(SipSettings(listen="127.0.0.1:0", drain_ms=300, dns_servers=(names.address,), **more))  # type: ignore[arg-type]


async def test_when_the_first_server_is_dead_then_the_second_takes_the_call_and_the_next_call_goes_there_at_once() -> (
    None
):
    async with zone() as names:
        near, far = caller(names), Party()
        async with running(near, far):
            names.serve((10, free_port()), (20, far.gateway.listen_address[1]))
            leg, _, _ = await connect(near, far, "sip:bot@carrier.test")
            await leg.hang_up()
            assert "SRV _sip._udp.carrier.test." in names.asked
            began_s = time.monotonic()
            leg, _, _ = await connect(near, far, "sip:bot@carrier.test")
            assert time.monotonic() - began_s < 0.5
            await leg.hang_up()


async def test_when_the_first_server_is_mute_then_the_second_is_tried_after_a_while() -> None:
    async with zone() as names:
        near, far = caller(names, next_server_ms=400), Party()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
            mute.bind(("127.0.0.1", 0))
            async with running(near, far):
                names.serve((10, mute.getsockname()[1]), (20, far.gateway.listen_address[1]))
                began_s = time.monotonic()
                leg, _, _ = await connect(near, far, "sip:bot@carrier.test")
                assert 0.35 < time.monotonic() - began_s < 2
                await leg.hang_up()


async def test_when_the_first_server_says_503_then_the_second_is_tried_but_not_after_486() -> None:
    async with zone() as names:
        near, busy, far = caller(names), Party(), Party()
        status = 503
        busy.gateway.admit = lambda offer: CallRefusal(status)
        async with running(near, busy, far):
            names.serve((10, busy.gateway.listen_address[1]), (20, far.gateway.listen_address[1]))
            leg, _, _ = await connect(near, far, "sip:bot@carrier.test")
            await leg.hang_up()
            status = 486
            near.gateway._dialler._avoided._until_ms.clear()
            with pytest.raises(CallCentreError, match="486"):
                await near.gateway.place_call("sip:bot@carrier.test")
            assert far.calls.empty()


async def test_when_every_server_fails_then_the_last_failure_is_told() -> None:
    async with zone() as names:
        near = caller(names)
        async with running(near):
            last = free_port()
            names.serve((10, free_port()), (20, last))
            with pytest.raises(CallCentreError, match=f"Nothing takes SIP calls over UDP at 127.0.0.1:{last}"):
                await near.gateway.place_call("sip:bot@carrier.test")


async def test_when_only_tls_is_served_then_the_certificate_must_be_the_domains(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    async with zone() as names:
        far = Party(
            SipSettings(
                listen="127.0.0.1:0", tls_listen="127.0.0.1:0", tls=authority.issue("carrier.test"), drain_ms=300
            )
        )
        near = Party(
            SipSettings(listen="127.0.0.1:0", tls=authority.issue("x.test"), drain_ms=300, dns_servers=(names.address,))
        )
        async with running(near, far):
            names.serve((10, far.gateway.tls_port), name="_sips._tcp.carrier.test.")
            names.serve((10, far.gateway.tls_port), name="_sips._tcp.other.test.")
            leg, _, _ = await connect(near, far, "sip:bot@carrier.test")
            await leg.hang_up()
            with pytest.raises(CallCentreError, match=r"not for other\.test"):
                await near.gateway.place_call("sips:bot@other.test")


async def test_when_the_dns_server_is_gone_then_the_call_ends_with_a_sentence() -> None:
    near = Party(SipSettings(listen="127.0.0.1:0", dns_servers=(f"127.0.0.1:{free_port()}",)))
    async with running(near):
        with pytest.raises(CallCentreError, match="is not known, or has no server for SIP"):
            await near.gateway.place_call("sip:bot@carrier.test")
