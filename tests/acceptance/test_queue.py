"""Callers in the queue, and an agent who is rung, briefed and accepts by a key. Real phones at both ends."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from calls.ids import Language
from tests.acceptance.callers import is_bot_turn, is_type, speech
from tests.acceptance.listening import cut, recognise, word_overlap
from tests.acceptance.people_phones import Handset, PersonsPhone
from tests.acceptance.running import Body, RunningService
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
]

WANTS_PERSON: dict[Language, str] = {
    "en": "I want to talk to a person please",
    "es": "quiero hablar con una persona por favor",
}
NEVER_MIND: dict[Language, str] = {"en": "never mind, it doesn't matter", "es": "da igual, déjelo"}
SAID_BY_CALLER = "hello, I am the caller and my bill is much too high this month"
SAID_BY_AGENT = "good morning, this is Martha from the billing team, how may I help you"


@dataclass
class House:
    """The service, and where its agent's telephone is."""

    service: RunningService
    agent_port: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One service for all calls of this file."""
    folder, port = tmp_path_factory.mktemp("queue"), free_port()
    plan = folder / "plan.toml"
    plan.write_text('[[number]]\ncalled = "bot"\nlanguage = "en"\n[[number]]\ncalled = "bot-es"\nlanguage = "es"\n')
    settings = (
        '[telephony.outbound]\naddresses = ["127.0.0.1"]\ncalls_per_number = 50\n[speech]\nrender_ahead = false\n'
        f'[dial_plan]\nlanguage = "en"\nfile = "{plan}"\n'
        "[desk]\nplace_every_s = 15\nphone_again_s = 10\n"
        f'[[desk.phone_agent]]\nname = "martha"\nphone = "sip:people@127.0.0.1:{port}"\n'
    )
    service = RunningService(folder, settings)
    await service.start()
    yield House(service, port)
    await service.stop()


@asynccontextmanager
async def calling(house: House, folder: Path, language: Language) -> AsyncIterator[Handset]:
    """Run a phone that has heard the greeting and asked for a person."""
    phone = Handset(house.service, folder)
    await asyncio.to_thread(speech, WANTS_PERSON[language], language)
    await phone.dial("bot" if language == "en" else "bot-es")
    try:
        await phone.until(is_bot_turn, most_s=120)
        await phone.play(speech(WANTS_PERSON[language], language))
        await phone.until(is_type("escalation_requested"))
        yield phone
    finally:
        await phone.close()


@asynccontextmanager
async def agent_at(house: House, folder: Path) -> AsyncIterator[PersonsPhone]:
    """Run the agent's telephone, which answers at once."""
    phone = PersonsPhone(house.service, folder, house.agent_port, answers=True)
    await phone.wait_for_calls()
    try:
        yield phone
    finally:
        await phone.close()


async def until_answered(agent: PersonsPhone) -> None:
    """Return when the agent's telephone talks with the service."""
    await eventually(lambda: "established" in agent.printed(), "the agent's answer", 30)


async def press(agent: PersonsPhone, key: str) -> None:
    """Press a key and let it go."""
    await agent.command("sndcode", key)
    await asyncio.sleep(0.4)
    await agent.command("sndcode", "")


async def decline_all(agent: PersonsPhone) -> None:
    """Press 2 in each call, for as long as the task runs."""
    declined = 0
    while True:
        if agent.printed().count("Call established") > declined:
            declined += 1
            await press(agent, "2")
        await asyncio.sleep(0.3)


def of(events: list[Body], name: str) -> list[Body]:
    return [body for body in events if body["type"] == name]


async def test_when_the_agent_presses_1_then_they_knew_the_matter_and_both_hear_each_other(
    house: House, tmp_path: Path
) -> None:
    for text in (SAID_BY_CALLER, SAID_BY_AGENT):
        await asyncio.to_thread(speech, text)
    async with agent_at(house, tmp_path / "agent") as agent, calling(house, tmp_path / "caller", "en") as caller:
        await until_answered(agent)
        await asyncio.sleep(8)  # the brief
        await press(agent, "1")
        joined = await caller.until(is_type("handover_completed"))
        await asyncio.sleep(1)
        await caller.play(speech(SAID_BY_CALLER))
        await asyncio.sleep(speech(SAID_BY_CALLER).size / 8_000 + 1)
        await agent.play(speech(SAID_BY_AGENT))
        await asyncio.sleep(speech(SAID_BY_AGENT).size / 8_000 + 1)
        await agent.command("hangup")
        ended = await caller.until(is_type("call_ended"))
        events = await caller.events()
    assert (ended["result"], ended["reason"]) == ("escalated", "agent_hung_up")
    brief = of(events, "brief_prepared")[-1]
    at_agent = recognise(agent.heard(), "en")
    assert word_overlap(at_agent, f"{brief['spoken_line']} Press 1 to take the call, or 2 to decline.") >= 0.6, at_agent
    assert word_overlap(at_agent, SAID_BY_CALLER) >= 0.7, at_agent
    heard = recognise(cut(caller.heard(), joined["t_ms"], 10**6), "en")
    assert word_overlap(heard, SAID_BY_AGENT) >= 0.7, heard


async def test_when_the_agent_presses_2_then_the_caller_waits_on_and_may_think_better_of_it(
    house: House, tmp_path: Path
) -> None:
    await asyncio.to_thread(speech, NEVER_MIND["es"], "es")
    async with agent_at(house, tmp_path / "agent") as agent, calling(house, tmp_path / "caller", "es") as caller:
        declining = asyncio.create_task(decline_all(agent))
        place = await caller.until(lambda body: is_bot_turn(body) and "siguiente persona" in body["text"], most_s=150)
        await caller.play(speech(NEVER_MIND["es"], "es"))
        back = await caller.until(lambda body: is_bot_turn(body) and "seguimos usted y yo" in body["text"], most_s=120)
        events = await caller.hang_up()
        declining.cancel()
    assert {body["reason"] for body in of(events, "handover_offer_ended")} <= {"declined", "withdrawn"}
    assert "Todavía no puedo decirle cuánto tardará" in place["text"], "nothing is known of how long talks take"
    assert "¿En qué puedo ayudarle?" in back["text"]
    assert not of(events, "handover_completed")
    heard = recognise(cut(caller.heard(), place["start_ms"], place["end_ms"] + 500), "es")
    assert word_overlap(heard, place["text"]) >= 0.6, f"music is softer than words: {heard}"
