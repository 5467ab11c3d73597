"""Agents' phones for real: baresip registers over UDP, TCP and TLS, is called and calls; guessers get nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calls.errors import CallCentreError
from calls.nonces import SharedNonces
from calls.phones import PhoneBindings
from calls.ports import CallOffer
from telephony.net.tls_contexts import TlsSettings
from telephony.outbound import Outbound, OutboundRules
from telephony.phone_memory import MemoryBindings
from telephony.sip.accounts import Account, password_hashes
from telephony.sip.digest import Algorithm
from telephony.sip.register_wish import RegisterLimits
from telephony.sip.source_guard import SourceGuard
from telephony.sip_settings import SipSettings
from tests.telephony.baresip import EchoHouse, PhoneLine, phone, tone_share
from tests.telephony.certificates import Authority
from tests.telephony.gateway.test_scanners import _scan
from tests.telephony.gateway.test_stream_peers import tls_phone
from tests.telephony.pjsua2_peer import pjsua2
from tests.telephony.raw_line import RawLine
from tests.telephony.sipp_peer import outcome, run_sipp, start
from tests.waiting import eventually

pytestmark = pytest.mark.peer
SECRET = "correct-horse-9"
REALM = "warmline"


def account(user: str, password: str = SECRET) -> Account:
    return Account(user, user, password_hashes(user, REALM, password), f"{user.title()} of the desk")


class PhoneHouse(EchoHouse):
    """An echoing gateway with the phones alice and bob, and whom it heard of."""

    def __init__(
        self,
        settings: SipSettings,
        bindings: PhoneBindings,
        owner: str = "alone",
        nonces: SharedNonces | None = None,
    ) -> None:
        super().__init__(settings, bindings=bindings, owner=owner, nonces=nonces)
        self.bindings = bindings
        self.offers: list[CallOffer] = []
        self.gateway.admit = self._note
        names = frozenset(item.name for item in settings.phones)
        self.gateway.guard_calls(Outbound(OutboundRules(), {}, phones=names))

    def _note(self, offer: CallOffer) -> None:
        self.offers.append(offer)

    @property
    def port(self) -> int:
        return self.gateway.listen_address[1]

    async def places(self, name: str = "alice") -> int:
        return len(await self.bindings.of(name))

    async def until(self, places: int, name: str = "alice") -> None:
        """Wait until a phone is registered at so many places."""
        for _ in range(1_000):
            if await self.places(name) == places:
                return
            await asyncio.sleep(0.01)
        pytest.fail(f"{name} is registered at {await self.places(name)} places, not at {places}")


@asynccontextmanager
async def house(
    *,
    tls: TlsSettings | None = None,
    listen: str = "127.0.0.1:0",
    bindings: PhoneBindings | None = None,
    limits: RegisterLimits | None = None,
    phones: tuple[Account, ...] = (account("alice"), account("bob")),
    algorithms: tuple[Algorithm, ...] = ("MD5",),
) -> AsyncIterator[PhoneHouse]:
    settings = SipSettings(listen=listen, realm=REALM, phones=phones, digest_algorithms=algorithms)
    settings = replace(settings, register_limits=limits or RegisterLimits())
    if tls is not None:
        settings = replace(settings, tls_listen="127.0.0.1:0", tls=tls)
    made = PhoneHouse(settings, bindings or MemoryBindings())
    await made.gateway.start()
    try:
        yield made
    finally:
        await made.close()


def desk_phone(port: int, transport: str = "udp", password: str = SECRET, line: PhoneLine = PhoneLine()) -> PhoneLine:  # noqa: B008
    """Return how a phone of alice's speaks."""
    who = f"alice@127.0.0.1:{port};transport={transport}"
    return replace(line, registers_at=who, account=f";auth_user=alice;auth_pass={password}")


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_when_a_phone_registers_then_it_is_called_with_sound_and_known_by_name_when_it_calls(
    tmp_path: Path, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    authority = Authority(tmp_path)
    async with house(tls=authority.issue("localhost")) as made:
        port = made.gateway.tls_port if transport == "tls" else made.port
        line = tls_phone(authority) if transport == "tls" else PhoneLine()
        async with phone(tmp_path, answers=True, line=desk_phone(port, transport, line=line)) as alice:
            await made.until(1)
            (binding,) = await made.bindings.of("alice")
            assert (binding.transport, binding.user_agent.split(" ")[0]) == (transport, "baresip")
            connections = made.gateway.open_connections
            leg = await made.gateway.call_phone("alice", caller="+34600123456", caller_name="Ana")
            made.follow(leg)
            assert made.gateway.open_connections == connections == (transport != "udp")
            await eventually(lambda: len(made.heard) > 60)
            await leg.hang_up()
            await eventually(lambda: made.gateway.open_calls == 0)
            await alice.command("dial", f"sip:bot@127.0.0.1:{port};transport={transport}")
            await eventually(lambda: len(made.legs) == 2)
            await alice.command("hangup")
            await eventually(lambda: made.gateway.open_calls == 0)
        (offer,) = made.offers
        assert (offer.phone, offer.caller, offer.caller_name) == ("alice", "alice", "Alice of the desk")
        assert offer.asserted
    assert tone_share(alice.decoded()) > 0.8, alice.log
    assert "+34600123456" in alice.log
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("transport", "algorithms"),
    [("udp", ("MD5",)), ("udp", ("SHA-256",)), ("tcp", ("SHA-256", "MD5")), ("tls", ("SHA-256", "MD5"))],
)
async def test_when_pjsip_registers_then_it_proves_itself_by_either_hash_and_is_called_with_sound(
    tmp_path: Path, transport: str, algorithms: tuple[Algorithm, ...]
) -> None:
    authority = Authority(tmp_path)
    more: dict[str, Any] = {}
    if transport == "tls":
        tls = authority.issue("localhost")
        more = {"ca": authority.ca, "certificate": tls.certificate, "key": tls.key}
    async with house(tls=authority.issue("localhost"), algorithms=algorithms) as made:
        port = made.gateway.tls_port if transport == "tls" else made.port
        registrar: dict[str, Any] = {"registrar": f"127.0.0.1:{port}", "user": "alice", "password": SECRET}
        async with pjsua2(tmp_path / "pj", transport=transport, answers=True, **registrar, **more) as peer:
            await peer.until("registered", status=200)
            (binding,) = await made.bindings.of("alice")
            assert ("reg-id=1" in binding.contact) == (transport != "udp"), "PJSIP does RFC 5626 on streams"
            leg = await made.gateway.call_phone("alice", caller="bot")
            made.follow(leg)
            await peer.until("state", state="CONFIRMED")
            await eventually(lambda: len(made.heard) > 60)
            peer.tell(
                "call", uri=f"sip:bot@127.0.0.1:{port}" + ("" if transport == "udp" else f";transport={transport}")
            )
            await eventually(lambda: len(made.offers) == 1)
            await leg.hang_up()
            peer.tell("hang_up", call=1)
            await eventually(lambda: made.gateway.open_calls == 0)
        assert made.offers[0].phone == "alice"
        whole_log = await asyncio.to_thread((tmp_path / "pj" / "pjsip.log").read_text, errors="replace")
        answered = re.findall(r"(?m)^Authorization: Digest .*algorithm=([\w-]+)", whole_log)
        assert set(answered) == {algorithms[0]}


async def test_when_pjsip_has_the_wrong_password_then_it_hears_403(tmp_path: Path) -> None:
    async with house(algorithms=("SHA-256",)) as made:
        registrar: dict[str, Any] = {
            "registrar": f"127.0.0.1:{made.port}",
            "user": "alice",
            "password": "wrong-horse-9",
        }
        async with pjsua2(tmp_path / "pj", **registrar) as peer:
            news = await peer.until("registered")
            assert news["status"] == 403, news
        assert await made.places() == 0


async def test_when_the_password_is_wrong_then_the_phone_neither_registers_nor_calls(tmp_path: Path) -> None:
    async with house() as made:
        async with phone(tmp_path, dial=made.uri, line=desk_phone(made.port, password="wrong-horse-9")) as alice:
            await asyncio.sleep(1.5)
            assert await made.places() == 0
            assert made.offers == []
            with pytest.raises(CallCentreError) as error:
                await made.gateway.call_phone("alice")
            assert error.value.code == "phone.not_registered"
        assert alice.log.count("403 Forbidden") == 2, alice.log


async def test_when_a_phone_leaves_then_its_place_goes_with_it(tmp_path: Path) -> None:
    async with house() as made:
        async with phone(tmp_path, line=desk_phone(made.port)):
            await made.until(1)
        await made.until(0)


async def test_when_a_phone_on_tcp_dies_then_it_is_not_registered_any_more(tmp_path: Path) -> None:
    async with house() as made, phone(tmp_path, line=desk_phone(made.port, "tcp")) as alice:
        await made.until(1)
        assert made.gateway.connections_in_use() != set()
        assert alice.process is not None
        alice.process.kill()
        await made.until(0)
        assert made.gateway.connections_in_use() == set()


async def test_when_only_the_connection_to_a_phone_is_cut_then_it_is_connected_to_anew_and_called(
    tmp_path: Path,
) -> None:
    async with house() as made, phone(tmp_path, answers=True, line=desk_phone(made.port, "tcp")):
        await made.until(1)
        (before,) = await made.bindings.of("alice")
        made.gateway._bound._pool.abort_all()
        await eventually(lambda: made.gateway.connections_in_use() - {before.connection} != set())
        leg = await made.gateway.call_phone("alice")
        await leg.hang_up()
        await eventually(lambda: made.gateway.open_calls == 0)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_when_a_phone_is_behind_a_translator_then_it_is_called_back_the_way_it_came(transport: str) -> None:
    async with house() as made, RawLine.open(made.port, transport) as raw:
        hidden = f"<sip:alice@10.9.9.9:5999;transport={transport}>"
        assert await raw.register("alice", SECRET, REALM, hidden) == 200
        (binding,) = await made.bindings.of("alice")
        assert (binding.behind_nat, binding.port) == (True, raw.local_port)
        call = asyncio.create_task(made.gateway.call_phone("alice"))
        invite = await raw.next_request("INVITE")
        assert invite.startswith(f"INVITE sip:alice@10.9.9.9:5999;transport={transport} SIP/2.0")
        await raw.answer(invite, 486, "Busy Here")
        with pytest.raises(CallCentreError, match="486") as error:
            await call
        assert error.value.code == "call.refused"
        if transport == "udp":
            made.gateway.phones._keep_open()
            await raw.next_keep_alive()
            return
        await raw.close()
        await made.until(0)
        with pytest.raises(CallCentreError) as gone:
            await made.gateway.call_phone("alice")
        assert gone.value.code == "phone.not_registered"


async def test_when_a_phone_is_registered_at_two_places_then_both_ring_and_the_other_stops_when_one_answers(
    tmp_path: Path,
) -> None:
    async with house() as made, RawLine.open(made.port, "tcp") as raw:
        assert await raw.register("alice", SECRET, REALM, "<sip:alice@10.9.9.9:5999;transport=tcp>") == 200
        async with phone(tmp_path, answers=True, line=desk_phone(made.port)):
            await made.until(2)
            call = asyncio.create_task(made.gateway.call_phone("alice"))
            invite = await raw.next_request("INVITE")
            await raw.answer(invite, 180, "Ringing")
            leg = await call
            cancel = await raw.next_request("CANCEL")
            await raw.answer(cancel, 200, "OK")
            await raw.answer(invite, 487, "Request Terminated")
            await eventually(lambda: made.gateway.open_calls == 1)
            await leg.hang_up()
            await eventually(lambda: made.gateway.open_calls == 0)


async def test_when_a_preferred_place_is_busy_then_the_next_one_rings_and_a_decline_ends_it_all(tmp_path: Path) -> None:
    async with house() as made, RawLine.open(made.port, "tcp") as near, RawLine.open(made.port, "udp") as far:
        assert await near.register("alice", SECRET, REALM, "<sip:alice@10.9.9.9;transport=tcp>;q=0.9") == 200
        assert await far.register("alice", SECRET, REALM, "<sip:alice@10.9.9.8>;q=0.1") == 200
        call = asyncio.create_task(made.gateway.call_phone("alice"))
        await near.answer(await near.next_request("INVITE"), 486, "Busy Here")
        await far.answer(await far.next_request("INVITE"), 480, "Temporarily Unavailable")
        with pytest.raises(CallCentreError, match="486"):
            await call
        call = asyncio.create_task(made.gateway.call_phone("alice"))
        await near.answer(await near.next_request("INVITE"), 603, "Decline")
        with pytest.raises(CallCentreError, match="603"):
            await call
        assert far.waiting_requests("INVITE") == 0
        await eventually(lambda: made.gateway.open_calls == 0)


async def test_when_the_waiting_for_a_phone_is_given_up_then_it_stops_ringing() -> None:
    async with house() as made, RawLine.open(made.port, "udp") as raw:
        assert await raw.register("alice", SECRET, REALM, "<sip:alice@10.9.9.9>") == 200
        call = asyncio.create_task(made.gateway.call_out("phone:alice", "callback"))
        invite = await raw.next_request("INVITE")
        await raw.answer(invite, 180, "Ringing")
        await asyncio.sleep(0.05)
        call.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await call
        await raw.answer(await raw.next_request("CANCEL"), 200, "OK")
        await raw.answer(invite, 487, "Request Terminated")
        await eventually(lambda: made.gateway.open_calls == 0)


async def test_when_the_gateway_starts_anew_then_its_phones_are_called_without_registering_again(
    tmp_path: Path,
) -> None:
    bindings = MemoryBindings()
    async with house(bindings=bindings) as first:
        listen = f"127.0.0.1:{first.port}"
        async with phone(tmp_path, answers=True, line=desk_phone(first.port)):
            await first.until(1)
            before = await bindings.of("alice")
            await first.gateway.stop()
            async with house(bindings=bindings, listen=listen) as second:
                leg = await second.gateway.call_phone("alice")
                await leg.hang_up()
                await eventually(lambda: second.gateway.open_calls == 0)
                assert await bindings.of("alice") == before


async def test_when_nobody_gave_rules_or_the_name_is_none_then_no_phone_is_called() -> None:
    async with house() as made:
        with pytest.raises(CallCentreError, match="no such phone") as error:
            await made.gateway.call_phone("carol")
        assert error.value.code == "call.denied"
        made.gateway._dialler.outbound = None
        with pytest.raises(CallCentreError) as error:
            await made.gateway.call_phone("alice")
        assert error.value.code == "call.denied"


async def test_when_sipsak_registers_then_it_is_challenged_and_let_in_with_the_right_password_alone(
    tmp_path: Path,
) -> None:
    async with house() as made:
        for password, code in (("wrong-horse-9", 1), (SECRET, 0)):
            uri = f"sip:alice@127.0.0.1:{made.port}"
            command = ("sipsak", "-U", "-s", uri, "-u", "alice", "-a", password, "-C", "sip:alice@127.0.0.1:5999")
            process = await start(*command, "-x", "600", folder=tmp_path)
            returned, said = await outcome(process, tmp_path)
            assert (returned != 0) == bool(code), said
            assert await made.places() == (0 if code else 1)


async def test_when_sipp_registers_asks_and_leaves_a_hundred_times_then_every_step_is_right(tmp_path: Path) -> None:
    async with house(limits=RegisterLimits(contacts=20)) as made:
        more = ("-au", "alice", "-ap", SECRET)
        code, said = await run_sipp("registers", "alice", f"127.0.0.1:{made.port}", tmp_path, *more, calls=100)
        assert code == 0, said
        assert await made.places() == 0


async def test_when_svcrack_guesses_then_it_cracks_nothing_and_is_banned_before_it_comes_to_the_password(
    tmp_path: Path,
) -> None:
    async with house(phones=(account("100", "250"),)) as made:
        made.gateway.guard = SourceGuard(
            phone_networks=[ipaddress.ip_network("127.0.0.0/8")],
            is_near=lambda address: False,
            is_never_barred=lambda address: False,
        )
        assert made.gateway._user_agent is not None
        made.gateway._user_agent._guard = made.gateway.guard
        assert made.gateway._user_agent._door is not None
        made.gateway._user_agent._door._guard = made.gateway.guard
        said = await _scan(tmp_path, "svcrack", "-p", str(made.port), "-u", "100", "-r1-400", "127.0.0.1")
        assert not re.search(r"\|\s*100\s*\|\s*250", said), said
        assert made.gateway.guard.is_banned("127.0.0.1", made.gateway._clock.now_ms()), said


async def test_when_svcrack_has_all_the_time_on_loopback_then_the_tool_does_find_a_weak_password(
    tmp_path: Path,
) -> None:
    """Proves that the test above would fail without the ban."""
    async with house(phones=(account("100", "120"),)) as made:
        said = await _scan(tmp_path, "svcrack", "-p", str(made.port), "-u", "100", "-r100-150", "127.0.0.1")
        assert re.search(r"\|\s*100\s*\|\s*120", said), said


async def test_when_svwar_walks_through_names_then_registered_ones_do_not_differ(tmp_path: Path) -> None:
    async with house(phones=(account("205"),)) as made:
        said = await _scan(tmp_path, "svwar", "-p", str(made.port), "-m", "REGISTER", "-e200-210", "127.0.0.1")
        assert len({line.split("|")[2].strip() for line in said.splitlines() if line.startswith("| 2")}) <= 1, said
        found = {line.split("|")[1].strip() for line in said.splitlines() if line.startswith("| 2")}
        assert found in (set(), {str(number) for number in range(200, 211)}), said
