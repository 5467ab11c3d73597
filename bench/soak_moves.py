"""What can happen to a call of the soak, each as a play of its own. Every move leaves nothing behind, or is a leak."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from bench.call_probes import BrowserProbe
from bench.soak_callers import Stage
from bench.soak_peers import vanish
from calls.errors import CallCentreError
from telephony.sip_leg import SipLeg

Move = Callable[[Stage], Awaitable[None]]


async def _talk(stage: Stage) -> None:
    leg = await stage.call("bot")
    await stage.pause(0.8)
    await leg.hang_up()


async def _hung_up_by_the_house(stage: Stage) -> None:
    await stage.ended(await stage.call("short"))


async def _heard_before_the_answer(stage: Stage) -> None:
    leg = await stage.call("early")
    await stage.pause(0.3)
    await leg.hang_up()


async def _keys(stage: Stage) -> None:
    leg = await stage.call("bot")
    leg.send_digits("12#")
    await stage.pause(0.4)
    await leg.hang_up()


async def _hold_and_resume(stage: Stage) -> None:
    leg = await stage.call("bot")
    for _ in range(2):
        leg.hold()
        await stage.pause(0.3)
        leg.resume()
        await stage.pause(0.2)
    await leg.hang_up()


async def _held_by_the_house(stage: Stage) -> None:
    leg = await stage.call("hold")
    await stage.pause(0.8)  # or in the middle of the house's re-INVITE
    await leg.hang_up()


async def _bye_crosses_a_re_invite(stage: Stage) -> None:
    leg = await stage.call("bot", "udp")
    await stage.pause(0.2)
    leg.hold()
    await leg.hang_up()


async def _cancelled_while_it_rings(stage: Stage) -> None:
    await _give_up(asyncio.create_task(stage.call("slow")), stage, 0.4)


async def _cancelled_around_the_answer(stage: Stage) -> None:
    await _give_up(asyncio.create_task(stage.call("bot")), stage, 0.04)


async def _give_up(dialling: asyncio.Task[SipLeg], stage: Stage, most_s: float) -> None:
    await stage.pause(most_s)
    dialling.cancel()
    with contextlib.suppress(asyncio.CancelledError, CallCentreError):
        leg = await dialling
        await leg.hang_up()


async def _refused(stage: Stage) -> None:
    with contextlib.suppress(CallCentreError):
        await stage.call("busy")
        raise AssertionError("the house should be busy")


async def _blind_transfer_by_the_caller(stage: Stage) -> None:
    leg = await stage.call("bot")
    await stage.pause(0.2)
    await stage.near.transfers.blind(leg, stage.far_uri)


async def _transfer_that_is_declined(stage: Stage) -> None:
    leg = await stage.call("bot")
    with contextlib.suppress(CallCentreError):
        await stage.near.transfers.blind(leg, "sip:denied@192.0.2.1")
        raise AssertionError("the house should decline")
    await leg.hang_up()


async def _caller_leaves_during_its_transfer(stage: Stage) -> None:
    leg = await stage.call("bot")
    transferring = asyncio.create_task(stage.near.transfers.blind(leg, stage.far_uri))
    await stage.pause(0.05)
    await leg.hang_up()
    with contextlib.suppress(CallCentreError):
        await transferring


async def _attended_transfer_by_the_caller(stage: Stage) -> None:
    leg, other = await stage.call("bot"), await stage.call_far()
    await stage.pause(0.2)
    with contextlib.suppress(CallCentreError):  # the other one may have hung up by then
        await stage.near.transfers.attended(leg, other)
    await leg.hang_up()
    await other.hang_up()


async def _transfer_by_the_house(stage: Stage) -> None:
    leg = await stage.call("refer")
    new = await stage.successor(leg)
    await stage.pause(0.2)
    await new.hang_up()
    await leg.hang_up()


async def _vanish_after_the_answer(stage: Stage) -> None:
    await vanish(stage.house_port, "udp", confirm=True)


async def _vanish_with_the_connection(stage: Stage) -> None:
    await vanish(stage.house_port, "tcp", confirm=True)


async def _vanish_without_ack(stage: Stage) -> None:
    await vanish(stage.house_port, "udp", confirm=False)


async def _over_the_carrier(stage: Stage) -> None:
    await stage.call_out()


async def _browser(stage: Stage) -> None:
    async with _connected(stage, "bot") as probe:
        await _speak(probe, stage.random.uniform(0.2, 0.8))


async def _browser_is_hung_up_on(stage: Stage) -> None:
    async with _connected(stage, "short") as probe:
        await _speak(probe, 0.6)


async def _browser_vanishes(stage: Stage) -> None:
    async with _connected(stage, "bot") as probe:
        await _speak(probe, 0.2)
        probe.vanish()


async def _browser_never_connects(stage: Stage) -> None:
    probe = await stage.browse("bot")
    await probe.close()


async def _browser_is_refused(stage: Stage) -> None:
    probe = await stage.browse("busy")
    await stage.pause(0.3)
    await probe.close()


@contextlib.asynccontextmanager
async def _connected(stage: Stage, user: str) -> AsyncIterator[BrowserProbe]:
    probe = await stage.browse(user)
    try:
        await asyncio.wait_for(probe.connected.wait(), 10)
        yield probe
    finally:
        await probe.close()


async def _speak(probe: BrowserProbe, seconds: float) -> None:
    for _ in range(int(seconds / 0.02)):
        with contextlib.suppress(ConnectionError):  # the house hung up
            await probe.send()
        await asyncio.sleep(0.02)


MOVES: dict[str, tuple[Move, int]] = {
    "talk": (_talk, 10),
    "hung up by the house": (_hung_up_by_the_house, 6),
    "heard before the answer": (_heard_before_the_answer, 4),
    "keys": (_keys, 3),
    "hold and resume": (_hold_and_resume, 8),
    "held by the house": (_held_by_the_house, 6),
    "BYE crosses a re-INVITE": (_bye_crosses_a_re_invite, 5),
    "cancelled while it rings": (_cancelled_while_it_rings, 6),
    "cancelled around the answer": (_cancelled_around_the_answer, 6),
    "refused": (_refused, 3),
    "blind transfer by the caller": (_blind_transfer_by_the_caller, 6),
    "transfer that is declined": (_transfer_that_is_declined, 3),
    "caller leaves during its transfer": (_caller_leaves_during_its_transfer, 4),
    "attended transfer by the caller": (_attended_transfer_by_the_caller, 6),
    "transfer by the house": (_transfer_by_the_house, 5),
    "vanish after the answer": (_vanish_after_the_answer, 4),
    "vanish with the connection": (_vanish_with_the_connection, 3),
    "vanish without ACK": (_vanish_without_ack, 3),
    "over the carrier": (_over_the_carrier, 5),
    "browser": (_browser, 6),
    "browser is hung up on": (_browser_is_hung_up_on, 2),
    "browser vanishes": (_browser_vanishes, 2),
    "browser never connects": (_browser_never_connects, 2),
    "browser is refused": (_browser_is_refused, 2),
}
"""By name, with how often each comes among 110 calls."""
