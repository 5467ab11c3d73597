"""Phones looked after: who may be called from where, what dead processes left, what a broken database means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from calls.errors import CallCentreError
from calls.nonces import NonceUse
from calls.phones import Bindings, PhoneBinding
from telephony.net.addresses import Address
from telephony.phone_lines import PhoneLines
from telephony.phone_memory import MemoryBindings
from telephony.sip.accounts import Account
from telephony.sip.message import Flow
from telephony.sip.register_wish import RegisterLimits, RegisterWish, WishedPlace
from telephony.sip.registrar_signals import BindingsChanged, ChangeBindings
from tests.telephony.sip.test_phone_ways import HIDDEN, HIDDEN_TCP, ON_TCP, ON_UDP, PROXIED
from tests.telephony.sip_fakes import TestClock
from tests.waiting import eventually

SOON = datetime.now(UTC) + timedelta(hours=1)


class Wires:
    """Transports that open what is listed and remember what was sent."""

    def __init__(self) -> None:
        self.reachable: set[tuple[str, int]] = set()
        self.open_numbers: set[int] = set()
        self.sent: list[tuple[bytes, Flow]] = []
        self.addresses: list[Address] = [("192.0.2.1", 5060)]

    def local_host(self, peer_host: str) -> str:
        return "192.0.2.1"

    def is_open(self, flow: Flow) -> bool:
        return flow.connection in self.open_numbers

    async def open(self, flow: Flow) -> Flow:
        if (flow.host, flow.port) not in self.reachable:
            raise CallCentreError("call.unreachable", "Nobody is there.", fault="peer")
        number = 100 + len(self.open_numbers)
        self.open_numbers.add(number)
        return replace(flow, connection=number)

    def send(self, data: bytes, flow: Flow) -> None:
        self.sent.append((data, flow))


class Left(MemoryBindings):
    """Bindings some of whose owners live no more."""

    def __init__(self, *standing: PhoneBinding) -> None:
        super().__init__()
        self._by_phone["alice"] = tuple(replace(item, expires_utc=SOON) for item in standing)
        self.dead = "dead"
        self.broken: Exception | None = None
        self.spent: set[NonceUse] = set()

    @property
    def standing(self) -> Bindings:
        return self._by_phone["alice"]

    async def change(self, phone: str, decide: Callable[[Bindings], Bindings]) -> Bindings:
        if self.broken is not None:
            raise self.broken
        return await super().change(phone, decide)

    async def count(self, use: NonceUse) -> bool:
        """Count a proof: each once."""
        is_new = use not in self.spent
        self.spent.add(use)
        return is_new

    async def orphans(self, now: datetime) -> Bindings:
        return tuple(item for item in await self.of("alice") if item.owner == self.dead)


@asynccontextmanager
async def lines(bindings: Left, wires: Wires) -> AsyncIterator[tuple[PhoneLines, list[BindingsChanged]]]:
    told: list[BindingsChanged] = []
    phones = (Account("alice", "alice", {}, srtp=True),)
    made = PhoneLines(phones, bindings, "one", RegisterLimits(), TestClock(), told.append, bindings.count)
    made.start(wires)  # type: ignore[arg-type]
    try:
        yield made, told
    finally:
        await made.stop()


def place(binding: PhoneBinding, name: str) -> PhoneBinding:
    return replace(binding, place=name)


async def test_when_a_phone_hangs_on_another_process_then_the_error_names_it_and_a_further_place_is_called() -> None:
    theirs = replace(HIDDEN_TCP, owner="two", route="192.0.2.9:5060")
    async with lines(Left(theirs), Wires()) as (made, _):
        with pytest.raises(CallCentreError, match=r"the process at 192\.0\.2\.9:5060") as error:
            await made.ways("alice")
        assert (error.value.code, error.value.retryable) == ("phone.elsewhere", True)
    async with lines(Left(theirs, place(ON_UDP, "desk")), Wires()) as (made, _):
        (way,) = await made.ways("alice")
        assert (way.flow.host, way.srtp) == ("10.1.2.3", True)


async def test_when_a_phone_is_not_there_or_unknown_then_each_is_said() -> None:
    async with lines(Left(), Wires()) as (made, _):
        for name, code in (("alice", "phone.not_registered"), ("carol", "phone.unknown")):
            with pytest.raises(CallCentreError) as error:
                await made.ways(name)
            assert error.value.code == code


async def test_when_a_process_died_then_what_can_be_reached_is_taken_over_and_what_cannot_goes() -> None:
    bindings = Left(
        *(replace(item, owner="dead") for item in (place(ON_UDP, "udp"), place(HIDDEN, "nat"))),
        replace(place(HIDDEN, "other nat"), owner="dead", route="192.0.2.9:5060"),
        replace(place(ON_TCP, "tcp"), owner="dead"),
        replace(place(ON_TCP, "tcp gone"), owner="dead", contact="<sip:alice@10.1.2.3:9999;transport=tcp>"),
        replace(place(HIDDEN_TCP, "tcp nat"), owner="dead"),
        replace(place(HIDDEN_TCP, "alive"), owner="two"),
    )
    wires = Wires()
    wires.reachable = {("10.1.2.3", 5062)}
    async with lines(bindings, wires) as (made, _):
        await eventually(lambda: "tcp nat" not in {item.place for item in bindings.standing})
        found = {item.place: (item.owner, item.connection) for item in await bindings.of("alice")}
        assert found == {
            "udp": ("one", 0),
            "nat": ("one", 0),
            "other nat": ("dead", 0),
            "tcp": ("one", 100),
            "alive": ("two", 7),
        }
        assert made.connections_in_use == {100}
        assert (b"\r\n\r\n", Flow("8.8.8.8", 40_000)) in wires.sent, "the translator hears from us"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_when_phones_registered_through_a_proxy_then_any_process_calls_them_and_none_keeps_their_ways_open(
    transport: str,
) -> None:
    theirs = replace(PROXIED, transport=transport, owner="two", route="192.0.2.9:5060")
    left = replace(place(theirs, "left"), owner="dead")
    ours = replace(place(theirs, "ours"), owner="one")
    bindings, wires = Left(theirs, left, ours), Wires()
    async with lines(bindings, wires) as (made, _):
        made._note("alice", await bindings.of("alice"))
        await eventually(lambda: {item.owner for item in bindings.standing} == {"one", "two"})
        assert {item.place for item in bindings.standing} == {"p", "left", "ours"}, "no connection of ours, none lost"
        assert [way.flow.host for way in await made.ways("alice")] == ["192.0.2.10"] * 3
        made.flow_lost(Flow("192.0.2.10", 5060, "tcp", 0))
        made._keep_open()
        assert len(await bindings.of("alice")) == 3
        assert (wires.sent, wires.open_numbers, made.connections_in_use) == ([], set(), set())


def _wish(source: Flow) -> ChangeBindings:
    wished = WishedPlace("p", "<sip:alice@10.9.9.9;transport=tcp>", 1_000, 600, behind_nat=True)
    return ChangeBindings(
        1,
        RegisterWish(
            phone="alice",
            places=(wished,),
            everything=False,
            call_id="c",
            cseq=1,
            source=source,
            user_agent="",
            is_outbound=False,
        ),
    )


async def test_when_a_connection_breaks_while_its_register_is_stored_then_the_place_goes_again() -> None:
    bindings = Left()
    async with lines(bindings, Wires()) as (made, told):
        made.on_wish(_wish(Flow("8.8.8.8", 40_000, "tcp", 5)))
        await eventually(lambda: len(told) == 1)
        assert told[0].bindings
        await eventually(lambda: not bindings.standing)
        assert made.connections_in_use == set()


@pytest.mark.parametrize(
    "broken", [CallCentreError("database.full", "The disk is full.", fault="operator"), ValueError("x")]
)
async def test_when_the_database_fails_then_the_phone_is_told_once_and_nothing_stands(broken: Exception) -> None:
    bindings = Left()
    bindings.broken = broken
    async with lines(bindings, Wires()) as (made, told):
        made.on_wish(_wish(Flow("8.8.8.8", 40_000)))
        await eventually(lambda: told == [BindingsChanged(1, None)])
        assert await bindings.of("alice") == ()


async def test_when_we_stop_then_connections_that_close_leave_the_phones_registered() -> None:
    bindings = Left(place(HIDDEN_TCP, "tcp nat"))
    async with lines(bindings, Wires()) as (made, _):
        made._note("alice", await bindings.of("alice"))
        await made.stop()
        made.flow_lost(Flow("8.8.8.8", 40_000, "tcp", 7))
        await asyncio.sleep(0.05)
        assert len(await bindings.of("alice")) == 1


async def test_when_a_proof_was_used_before_then_the_register_changes_nothing_and_is_told_so() -> None:
    bindings = Left()
    use = NonceUse("s1-tok", 1, 1)
    async with lines(bindings, Wires()) as (made, told):
        for cseq in (1, 2):
            wanted = _wish(Flow("8.8.8.8", 40_000))
            made.on_wish(replace(wanted, wish=replace(wanted.wish, cseq=cseq), use=use))
            await eventually(lambda cseq=cseq: len(told) == cseq)  # type: ignore[misc]
        assert [(item.is_spent, bool(item.bindings)) for item in told] == [(False, True), (True, False)]
        assert [item.cseq for item in bindings.standing] == [1]


async def test_when_a_proxy_has_no_connection_to_a_place_any_more_then_that_place_goes_unless_it_was_renewed() -> None:
    other = place(PROXIED, "other")
    bindings = Left(PROXIED, other)
    async with lines(bindings, Wires()) as (made, _):
        ways = await made.ways("alice")
        assert [way.binding for way in ways] == list(bindings.standing)
        renewed = replace(bindings.standing[1], registered_utc=datetime.now(UTC))
        await bindings.change("alice", lambda current: (current[0], renewed))
        for way in ways:
            made.way_failed(way)
        await eventually(lambda: bindings.standing == (renewed,))
        made.way_failed(ways[0])  # another call heard the same
        await asyncio.sleep(0.02)
        assert bindings.standing == (renewed,)
