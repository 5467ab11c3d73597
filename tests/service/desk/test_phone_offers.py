"""Offers to agents with a telephone: real signalling on loopback, keys as their phone sends them, the real queue."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest_asyncio

from calls.audio import SPEECH_RATE_HZ
from calls.ids import Language
from calls.ports import DigitHeard, IncomingCall, SpeechChunk, SpokenWord
from desk.acd_messages import AgentSignedIn
from records.store import EventStore
from service.clock import SystemClock
from service.config import Config
from service.desk.phone_offers import REACH_MS, PhoneOffers
from service.desk.room import DeskRoom
from service.desk_config import DeskSection, PhoneAgentSection
from service.dialog_choices import dialog_settings
from service.tasks import Tasks
from telephony.gateway import SipGateway
from telephony.net.ticker import Ticker
from telephony.outbound import Outbound, OutboundRules
from tests.desk.acd_scripts import contact
from tests.service.desk.test_room import Ears
from tests.telephony.gateway.test_gateway import Party
from tests.waiting import eventually
from voice.dialog.settings import DialogSettings

if TYPE_CHECKING:
    from service.house import House

BRIEF = {"brief": {"spoken_line": "Maria calls about a high bill.", "language": "en"}}


class Voice:
    """Speaks a sentence in a moment, and keeps it."""

    def __init__(self) -> None:
        """Nothing was said."""
        self.said: list[str] = []

    async def speak(
        self, text: str, language: Language, *, speed: float = 1.0, keep: bool = True
    ) -> AsyncIterator[SpeechChunk]:
        """Return a tenth of a second of sound."""
        del language, speed
        assert not keep, "what an agent is told of a customer is kept nowhere"
        self.said.append(text)
        samples = np.full(SPEECH_RATE_HZ // 10, 1000, dtype=np.int16)
        words = (SpokenWord(text=text, start_ms=0, end_ms=100),)
        yield SpeechChunk(samples=samples, rate_hz=SPEECH_RATE_HZ, words=words, cached=True)


@dataclass
class Line:
    """As much of the service as the offers need."""

    sip: SipGateway
    ticker: Ticker
    voice: Voice
    desk: DeskRoom
    tasks: Tasks
    config: Config
    offers: PhoneOffers
    agent: Party
    near: Party

    def dialog_settings(self) -> DialogSettings:
        """Return the dialog's choices."""
        return dialog_settings(self.config)

    async def rings(self) -> IncomingCall:
        """Return the call that rings at the agent's."""
        return await asyncio.wait_for(self.agent.calls.get(), 5)

    def press(self, key: str) -> None:
        """Let the agent press a key."""
        self.near.media.legs[-1].tell(DigitHeard(digit=key, duration_ms=100))


@pytest_asyncio.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    """An agent, `martha`, whose telephone is another gateway."""
    near, agent = Party(), Party()
    for party in (near, agent):
        await party.gateway.start()
    near.gateway.guard_calls(Outbound(OutboundRules(addresses=("127.0.0.1",)), {}))
    person = PhoneAgentSection(name="martha", phone=agent.uri)
    section = DeskSection(phone_agent=(person,), phone_again_s=10)
    store, ticker = EventStore.open_dir(tmp_path), Ticker()
    ticker.start()
    room = DeskRoom(section, store, SystemClock())
    await room.start()
    made = Line(
        sip=near.gateway,
        ticker=ticker,
        voice=Voice(),
        desk=room,
        tasks=Tasks("test"),
        config=Config(desk=section),
        offers=cast("PhoneOffers", None),
        agent=agent,
        near=near,
    )
    made.offers = PhoneOffers(cast("House", cast("Any", made)))
    made.offers.start()
    yield made
    await room.stop()
    await made.tasks.close()
    ticker.stop()
    store.close()
    for party in (near, agent):
        await party.gateway.stop()


async def test_when_the_agent_presses_1_then_the_telephone_that_heard_the_brief_is_the_one_that_is_joined(
    line: Line,
) -> None:
    ears = Ears(BRIEF)
    line.desk.arrive(contact("c1"), ears)
    call = await line.rings()
    assert line.desk.state("martha") == "reserved"
    await call.answer()
    await eventually(lambda: bool(line.voice.said))
    assert line.voice.said[0] == "Maria calls about a high bill. Press 1 to take the call, or 2 to decline."
    line.press("1")
    await eventually(lambda: ears.heard[-1][0] == "connect")
    assert line.desk.state("martha") == "busy"
    leg = line.offers.take(ears.heard[-1][2])
    assert leg is not None
    assert line.offers.take(ears.heard[-1][2]) is None, "it is given away once"
    await leg.hang_up()


async def test_when_the_agent_presses_2_then_it_is_hung_up_and_the_contact_waits_on(line: Line) -> None:
    ears = Ears(BRIEF)
    line.desk.arrive(contact("c1"), ears)
    await (await line.rings()).answer()
    await eventually(lambda: bool(line.voice.said))
    line.press("5")
    line.press("2")
    await eventually(lambda: line.near.gateway.open_calls == 0)
    assert line.desk.state("martha") == "ready"
    guest = line.desk.guest("c1")
    assert guest is not None
    assert not guest.agent


async def test_when_the_contact_goes_while_it_rings_then_the_telephone_stops_ringing(line: Line) -> None:
    line.desk.arrive(contact("c1"), Ears(BRIEF))
    call = await line.rings()
    cancelled = asyncio.Event()
    call.on_cancel(cancelled.set)
    call.ring()
    line.desk.gone("c1", "abandoned")
    await asyncio.wait_for(cancelled.wait(), 5)
    assert line.desk.state("martha") == "ready"


async def test_when_the_agent_hangs_up_in_the_brief_then_it_counts_as_declined(line: Line) -> None:
    line.desk.arrive(contact("c1"), Ears(BRIEF))
    leg = await (await line.rings()).answer()
    await eventually(lambda: bool(line.voice.said))
    await leg.hang_up()
    await eventually(lambda: line.desk.state("martha") == "ready")
    guest = line.desk.guest("c1")
    assert guest is not None
    assert not guest.agent


async def test_when_the_telephone_is_busy_then_it_counts_as_declined(line: Line) -> None:
    line.desk.arrive(contact("c1"), Ears(BRIEF))
    (await line.rings()).reject(486, "Busy Here")
    await eventually(lambda: line.desk.state("martha") == "ready")


async def test_when_the_telephone_is_gone_from_its_pbx_then_it_counts_as_nobody_there(line: Line) -> None:
    ears = Ears(BRIEF)
    line.desk.arrive(contact("c1"), ears)
    (await line.rings()).reject(480, "Temporarily Unavailable")
    await eventually(lambda: line.desk.state("martha") == "not_responding")
    assert ("waits_long", "no_agents") in ears.heard


async def test_when_nothing_comes_back_from_the_telephone_then_it_is_soon_known_to_be_gone(line: Line) -> None:
    ears = Ears(BRIEF)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hangs:  # takes what comes and says nothing
        hangs.bind(("127.0.0.1", 0))
        line.desk.sign_in(
            AgentSignedIn(agent="martha", languages=frozenset({"es", "en"}), skills=frozenset()),
            phone=f"sip:people@127.0.0.1:{hangs.getsockname()[1]}",
        )
        line.desk.arrive(contact("c1"), ears)
        await eventually(lambda: line.desk.state("martha") == "not_responding", most_s=REACH_MS / 1000 + 5)


async def test_when_nobody_can_be_reached_then_the_agent_does_not_respond_and_gets_nothing_more(line: Line) -> None:
    await line.agent.gateway.stop()
    ears = Ears(BRIEF)
    line.desk.arrive(contact("c1"), ears)
    await eventually(lambda: line.desk.state("martha") == "not_responding", most_s=40)
    assert ("waits_long", "no_agents") in ears.heard


async def test_when_who_accepted_hangs_up_before_the_caller_is_there_then_there_is_no_telephone_to_join(
    line: Line,
) -> None:
    ears = Ears(BRIEF)
    line.desk.arrive(contact("c1"), ears)
    leg = await (await line.rings()).answer()
    await eventually(lambda: bool(line.voice.said))
    line.press("1")
    await eventually(lambda: ears.heard[-1][0] == "connect")
    await leg.hang_up()
    await eventually(lambda: line.near.gateway.open_calls == 0)
    assert line.offers.take(ears.heard[-1][2]) is None


async def test_when_the_caller_never_comes_then_the_telephone_is_let_go(line: Line) -> None:
    ears = Ears(BRIEF)
    line.desk.arrive(contact("c1"), ears)
    await (await line.rings()).answer()
    await eventually(lambda: bool(line.voice.said))
    line.press("1")
    await eventually(lambda: ears.heard[-1][0] == "connect")
    line.offers.let_go(ears.heard[-1][2])
    await eventually(lambda: line.near.gateway.open_calls == 0)
