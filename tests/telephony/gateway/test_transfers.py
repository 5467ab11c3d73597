"""Transfers over real sockets: baresip transfers us and is transferred; gateways of ours take calls over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from calls.errors import CallCentreError
from calls.ports import LegEnded
from telephony.sip_leg import SipLeg
from telephony.sip_transfer import CallTarget
from tests.telephony.baresip import TONE_HZ, EchoHouse, phone
from tests.telephony.gateway.test_gateway import Party, connect, running
from tests.telephony.gateway.test_hold import MUSIC_HZ, converse, has_tone
from tests.waiting import eventually


@pytest_asyncio.fixture
async def houses() -> AsyncIterator[tuple[EchoHouse, EchoHouse]]:
    near, far = EchoHouse(), EchoHouse()
    await near.gateway.start()
    await far.gateway.start()
    yield near, far
    await near.close()
    await far.close()


def allow_everything(party: Party, replaced: list[tuple[SipLeg, SipLeg]]) -> list[CallTarget]:
    """Give a gateway a policy that allows all; return the list of targets that it was asked about."""
    asked: list[CallTarget] = []

    def may_call(target: CallTarget) -> int | None:
        asked.append(target)
        return None

    party.gateway.transfers.may_call = may_call
    party.gateway.transfers.may_take_over = lambda leg, asker: None
    party.gateway.transfers.on_replaced = lambda change: replaced.append((change.old, change.new))
    return asked


async def test_when_nobody_set_a_policy_then_a_peers_transfer_is_declined_and_the_call_goes_on() -> None:
    near, far, third = Party(), Party(), Party()
    async with running(near, far, third):
        leg, _ = await connect(near, far)
        near.gateway.transfers.may_call = lambda target: None
        with pytest.raises(CallCentreError, match="603"):
            await near.gateway.transfers.blind(leg, third.uri)
        assert near.gateway.open_calls == far.gateway.open_calls == 1
        assert third.calls.empty()


async def test_when_our_own_policy_forbids_the_target_then_the_peer_is_not_even_asked() -> None:
    near, far = Party(), Party()
    async with running(near, far):
        leg, _ = await connect(near, far)
        with pytest.raises(CallCentreError) as error:
            await near.gateway.transfers.blind(leg, "sip:+900123@192.0.2.9")
        assert error.value.code == "transfer.refused"
        assert near.gateway.open_calls == 1


async def test_when_a_peer_is_transferred_then_it_calls_the_target_and_our_leg_ends() -> None:
    near, far, third = Party(), Party(), Party()
    async with running(near, far, third):
        leg, far_leg = await connect(near, far)
        replaced: list[tuple[SipLeg, SipLeg]] = []
        asked = allow_everything(far, replaced)
        near.gateway.transfers.may_call = lambda target: None
        transferring = asyncio.create_task(near.gateway.transfers.blind(leg, third.uri))
        call = await asyncio.wait_for(third.calls.get(), 5)
        call.ring()
        await call.answer()
        await asyncio.wait_for(transferring, 5)
        ((old, new),) = replaced
        assert old is far_leg
        assert [(target.uri, target.why) for target in asked] == [(third.uri, "asked_by_peer")]
        await eventually(lambda: [party.gateway.open_calls for party in (near, far, third)] == [0, 1, 1])
        await new.hang_up()


async def test_when_the_target_of_a_transfer_is_busy_then_the_real_status_comes_back_and_the_call_stays() -> None:
    near, far, third = Party(), Party(), Party()
    async with running(near, far, third):
        leg, _ = await connect(near, far)
        allow_everything(far, [])
        near.gateway.transfers.may_call = lambda target: None
        transferring = asyncio.create_task(near.gateway.transfers.blind(leg, third.uri))
        call = await asyncio.wait_for(third.calls.get(), 5)
        call.reject(486, "Busy Here")
        with pytest.raises(CallCentreError, match="486"):
            await asyncio.wait_for(transferring, 5)
        assert near.gateway.open_calls == far.gateway.open_calls == 1


async def test_when_two_peers_of_ours_are_connected_then_they_talk_without_us() -> None:
    near, far, third = Party(), Party(), Party()
    async with running(near, far, third):
        leg, _ = await connect(near, far)
        other, third_leg = await connect(near, third)
        far_replaced: list[tuple[SipLeg, SipLeg]] = []
        third_replaced: list[tuple[SipLeg, SipLeg]] = []
        allow_everything(far, far_replaced)
        allow_everything(third, third_replaced)
        await asyncio.wait_for(near.gateway.transfers.attended(leg, other), 5)
        await eventually(lambda: [party.gateway.open_calls for party in (near, far, third)] == [0, 1, 1])
        assert third_replaced[0][0] is third_leg
        assert len(far_replaced) == 1
        await far_replaced[0][1].hang_up()


async def test_when_a_gateway_drains_then_new_calls_are_refused_and_the_running_one_may_consult_and_end() -> None:
    near, far, third = Party(), Party(), Party()
    async with running(near, far, third):
        leg, _ = await connect(near, far)
        draining = asyncio.create_task(far.gateway.drain(5.0))
        await asyncio.sleep(0.05)
        with pytest.raises(CallCentreError, match="486"):
            await near.gateway.place_call(far.uri)
        assert not draining.done()
        consult = asyncio.create_task(far.gateway.place_call(third.uri))
        third_leg = await (await third.calls.get()).answer()
        await third_leg.hang_up()
        await consult
        assert not draining.done()
        await leg.hang_up()
        assert await draining


@pytest.mark.peer
async def test_when_a_phone_transfers_us_then_we_call_the_target_and_hear_it(
    houses: tuple[EchoHouse, EchoHouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = houses
    monkeypatch.setattr(near, "_echo", lambda leg: asyncio.sleep(0))
    replaced: list[tuple[SipLeg, SipLeg]] = []
    near.gateway.transfers.may_call = lambda target: None
    near.gateway.transfers.on_replaced = lambda change: replaced.append((change.old, change.new))
    async with phone(tmp_path, dial=near.uri) as alice:
        await eventually(lambda: len(near.legs) == 1)
        await asyncio.sleep(0.3)
        await alice.command("transfer", far.uri)
        await eventually(lambda: len(replaced) == 1)
        new = replaced[0][1]
        heard = await converse(new, 1.0)
        await eventually(lambda: any(isinstance(event, LegEnded) for event in near.events))
        assert has_tone(heard[10:], MUSIC_HZ), alice.log
        await new.hang_up()


@pytest.mark.peer
async def test_when_we_transfer_a_phone_then_it_calls_the_target_which_hears_its_tone(
    houses: tuple[EchoHouse, EchoHouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = houses
    monkeypatch.setattr(far, "_echo", lambda leg: asyncio.sleep(0))
    near.gateway.transfers.may_call = lambda target: None
    async with phone(tmp_path, dial=near.uri) as alice:
        await eventually(lambda: len(near.legs) == 1)
        await asyncio.sleep(0.3)
        await asyncio.wait_for(near.gateway.transfers.blind(near.legs[0], far.uri), 8)
        await eventually(lambda: len(far.legs) == 1 and near.gateway.open_calls == 0)
        heard = await converse(far.legs[0], 1.0)
        assert has_tone(heard[10:], TONE_HZ), alice.log
        await far.legs[0].hang_up()


async def test_when_the_check_of_a_target_fails_then_the_transfer_is_refused() -> None:
    near, far, third = Party(), Party(), Party()

    def broken(target: CallTarget) -> int | None:
        raise RuntimeError(target.why)

    async with running(near, far, third):
        leg, _ = await connect(near, far)
        allow_everything(far, [])
        near.gateway.transfers.may_call = lambda target: None
        far.gateway.transfers.may_call = broken
        with pytest.raises(CallCentreError, match="500"):
            await near.gateway.transfers.blind(leg, third.uri)
        assert third.calls.empty()
