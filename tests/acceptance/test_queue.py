"""Callers in the queue, and an agent who is rung, briefed and accepts by a key. Real phones at both ends."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from calls.ids import Language
from tests.acceptance.callers import Watched, is_bot_turn, is_type, speech
from tests.acceptance.listening import cut, recognise, word_overlap
from tests.acceptance.people_phones import Handset, PersonsPhone
from tests.acceptance.running import Body, RunningService
from tests.ports import free_port
from tests.service_process import articles_of_tests
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
WANTS_TO_LEAVE_MESSAGE = "I would like to leave a message please"
MESSAGE = "the meter in my house is broken, please come on Monday morning"
SECRET = "correct-horse-9"


@dataclass
class House:
    """The service, and where its agent's telephone is."""

    service: RunningService
    agent_port: int
    people_port: int
    """Where those are called whom a full queue is sent to."""
    line_port: int
    """Where numbers are called: who is there has them all."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One service for all calls of this file."""
    folder = tmp_path_factory.mktemp("queue")
    port, people_port, line_port = free_port(), free_port(), free_port()
    plan = folder / "plan.toml"
    plan.write_text(
        '[[number]]\ncalled = "bot"\nlanguage = "en"\n[[number]]\ncalled = "bot-es"\nlanguage = "es"\n'
        '[[number]]\ncalled = "care"\nqueue = "care"\n[[number]]\ncalled = "night"\nqueue = "night"\n'
        f'[[number]]\ncalled = "billing"\nqueue = "billing"\ntransfer_to = "sip:people@127.0.0.1:{people_port}"\n'
    )
    articles_of_tests(folder / "articles")
    settings = (
        f'[knowledge]\ndir = "{folder / "articles"}"\n'
        '[telephony.outbound]\naddresses = ["127.0.0.1"]\ncalls_per_number = 50\n[speech]\nrender_ahead = false\n'
        f'[telephony.sip.trunks.carrier]\nserver = "127.0.0.1:{line_port}"\n'
        f'[telephony.sip.phones.luis]\npassword = "{SECRET}"\n'
        f'[dial_plan]\nlanguage = "en"\nfile = "{plan}"\n'
        "[desk]\nplace_every_s = 15\nphone_again_s = 10\n"
        f'[[desk.phone_agent]]\nname = "martha"\nphone = "sip:people@127.0.0.1:{port}"\nskills = ["day", "night"]\n'
        '[[desk.phone_agent]]\nname = "luis"\nphone = "phone:luis"\nskills = ["night"]\n'
        '[[desk.queue]]\nname = "main"\nskills = ["day"]\nring_s = 60\nwrap_up_s = 1\n'
        '[[desk.queue]]\nname = "care"\nskills = ["day"]\nlong_wait_s = 10\nwrap_up_s = 1\n'
        '[[desk.queue]]\nname = "billing"\nskills = ["day"]\noverflow_s = 10\n'
        '[[desk.queue]]\nname = "night"\nskills = ["night"]\nwrap_up_s = 1\n'
    )
    service = RunningService(folder, settings)
    await service.start()
    yield House(service, port, people_port, line_port)
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


async def decline_all(agent: PersonsPhone) -> None:
    """Press 2 in each call, for as long as the task runs."""
    declined = 0
    while True:
        if agent.printed().count("Call established") > declined:
            declined += 1
            await agent.press("2")
        await asyncio.sleep(0.3)


def of(events: list[Body], name: str) -> list[Body]:
    return [body for body in events if body["type"] == name]


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


@asynccontextmanager
async def waiting_in(house: House, folder: Path, number: str) -> AsyncIterator[Handset]:
    """Run a phone whose call goes straight into the queue of the number."""
    phone = Handset(house.service, folder)
    await phone.dial(number)
    try:
        await phone.until(is_type("handover_started"), most_s=120)
        yield phone
    finally:
        await phone.close()


def says(words: str) -> Callable[[Body], bool]:
    """Return a test for a turn of the bot with these words."""
    return lambda body: is_bot_turn(body) and words in body["text"]


@dataclass
class Busy:
    """What became of three callers while the only agent talked to a fourth one."""

    first: list[Body] = field(default_factory=list)
    """The call of the fourth one, who asked the bot for a person."""
    heard_by_agent_of_first: str = ""
    heard_by_first: str = ""
    called_back: list[Body] = field(default_factory=list)
    """The call that asked for a call back."""
    called_back_number: str = ""
    call_back: list[Body] = field(default_factory=list)
    """The call that kept the promise."""
    heard_by_called_back: str = ""
    heard_by_agent: str = ""
    messages: list[Body] = field(default_factory=list)
    message_call: str = ""
    passed_on: list[Body] = field(default_factory=list)
    heard_by_people: str = ""


async def wants_call_back(phone: PersonsPhone, busy: Busy) -> None:
    """Wait too long, choose the call back by its key, confirm the number, hang up."""
    await phone.dial("care")
    await phone.until(says("we'll call you back and you keep your place"), most_s=150)
    await phone.press("4")
    await phone.until(says("the number you're calling from"))
    await phone.press("1")
    await phone.until(is_type("callback_booked"))
    await phone.until(says("will call you back"))
    await phone.command("hangup")
    await phone.until(is_type("call_ended"))
    busy.called_back, busy.called_back_number = await phone.events(), phone.number


async def leaves_message(house: House, folder: Path, busy: Busy) -> None:
    """Wait too long, and leave a message."""
    async with waiting_in(house, folder, "care") as phone:
        await phone.until(says("you can leave a message"), most_s=150)
        await phone.play(speech(WANTS_TO_LEAVE_MESSAGE))
        await phone.until(says("Please say your message now"))
        await phone.play(speech(MESSAGE))
        await phone.until(is_type("voicemail_left"))
        await phone.until(says("your message is kept"))
        busy.message_call = phone.call_id or ""
        await phone.hang_up()
    busy.messages = (await house.service.get("/api/desk/voicemails")).json()


async def is_passed_on(house: House, folder: Path, busy: Busy) -> None:
    """Wait in a queue that lets callers go on to the people of the number."""
    people = PersonsPhone(house.service, folder / "people", house.people_port, answers=True)
    await people.wait_for_calls()
    try:
        async with waiting_in(house, folder / "caller", "billing") as phone:
            await phone.until(is_type("handover_completed"), most_s=150)
            await phone.play(speech(SAID_BY_CALLER))
            await eventually_heard(people, SAID_BY_CALLER)
            busy.passed_on = await phone.hang_up()
        busy.heard_by_people = recognise(people.heard(), "en")
    finally:
        await people.close()


async def eventually_heard(phone: Handset, text: str) -> None:
    """Return when all of a sentence has come out of a telephone: it was heard for as long as it lasts."""
    wanted, before = speech(text).size, phone.heard().size
    await eventually(lambda: phone.heard().size - before > wanted + 8_000, f"hearing {text!r}", 60, 0.2)


async def talks_first(agent: PersonsPhone, first: Handset, busy: Busy) -> None:
    """Let agent and caller say a sentence each."""
    joined = await first.until(is_type("handover_completed"))
    await first.play(speech(SAID_BY_CALLER))
    await eventually_heard(agent, SAID_BY_CALLER)
    at_agent = agent.heard()
    await agent.play(speech(SAID_BY_AGENT))
    await eventually_heard(first, SAID_BY_AGENT)
    busy.heard_by_agent_of_first = await asyncio.to_thread(recognise, at_agent, "en")
    at_first = cut(first.heard(), joined["t_ms"], 10**6)
    busy.heard_by_first = await asyncio.to_thread(recognise, at_first, "en")


async def is_called_back(house: House, agent: PersonsPhone, phone: PersonsPhone, busy: Busy) -> None:
    """Let the agent accept the promise, and both talk once the number that was promised has answered."""
    await agent.until_established(2)
    await agent.press("1")
    promised = Watched(house.service, busy.called_back_number)
    for _ in range(300):
        if await house.service.call_id(busy.called_back_number) != phone.call_id:
            break
        await asyncio.sleep(0.2)
    await promised.until(is_type("handover_completed"), most_s=120)
    await phone.play(speech(SAID_BY_CALLER))
    await eventually_heard(agent, SAID_BY_CALLER)
    await agent.play(speech(SAID_BY_AGENT))
    await eventually_heard(phone, SAID_BY_AGENT)
    await agent.command("hangup")
    await promised.until(is_type("call_ended"))
    busy.call_back = await promised.events()
    busy.heard_by_agent = recognise(agent.heard(), "en")
    busy.heard_by_called_back = recognise(phone.heard(), "en")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def busy(house: House, tmp_path_factory: pytest.TempPathFactory) -> Busy:
    """Play it all once: the three wait at the same time."""
    folder, busy = tmp_path_factory.mktemp("busy"), Busy()
    for text in (SAID_BY_CALLER, SAID_BY_AGENT, WANTS_TO_LEAVE_MESSAGE, MESSAGE):
        await asyncio.to_thread(speech, text)
    line = PersonsPhone(house.service, folder / "line", house.line_port, answers=True, by_number=True)
    line.lives_s = 900
    agent = PersonsPhone(house.service, folder / "agent", house.agent_port, answers=True)
    agent.lives_s = 900
    await agent.wait_for_calls()
    try:
        async with calling(house, folder / "first", "en") as first:
            await agent.until_established()
            await agent.until_all_is_said()
            await agent.press("1")
            await first.until(is_type("handover_accepted"))
            await asyncio.gather(
                talks_first(agent, first, busy),
                wants_call_back(line, busy),
                leaves_message(house, folder / "message", busy),
                is_passed_on(house, folder, busy),
            )
            await agent.command("hangup")
            await first.until(is_type("call_ended"))
            busy.first = await first.events()
        await is_called_back(house, agent, line, busy)
    finally:
        await agent.close()
        await line.close()
    return busy


async def test_when_the_agent_presses_1_then_they_knew_the_matter_and_both_hear_each_other(busy: Busy) -> None:
    ended = busy.first[-1]
    assert (ended["result"], ended["reason"]) == ("escalated", "agent_hung_up")
    brief, heard = of(busy.first, "brief_prepared")[-1], busy.heard_by_agent_of_first
    assert word_overlap(heard, f"{brief['spoken_line']} Press 1 to take the call, or 2 to decline.") >= 0.6, heard
    assert word_overlap(heard, SAID_BY_CALLER) >= 0.7, heard
    assert word_overlap(busy.heard_by_first, SAID_BY_AGENT) >= 0.7, busy.heard_by_first


async def test_when_who_waits_wants_a_call_back_then_the_agent_and_the_number_are_really_called_and_talk(
    busy: Busy,
) -> None:
    (booked,) = of(busy.called_back, "callback_booked")
    assert booked["number"] == busy.called_back_number
    (offered,) = of(busy.call_back, "call_offered")
    assert offered["caller"] == busy.called_back_number
    greeting = next(body["text"] for body in busy.call_back if is_bot_turn(body))
    assert greeting.startswith("Hello, this is the call back from")
    assert word_overlap(busy.heard_by_called_back, greeting) >= 0.6, busy.heard_by_called_back
    assert word_overlap(busy.heard_by_called_back, SAID_BY_AGENT) >= 0.7, busy.heard_by_called_back
    assert word_overlap(busy.heard_by_agent, SAID_BY_CALLER) >= 0.7, busy.heard_by_agent
    assert (busy.call_back[-1]["result"], busy.call_back[-1]["reason"]) == ("escalated", "agent_hung_up")


async def test_when_who_waits_leaves_a_message_then_staff_read_what_was_said(busy: Busy) -> None:
    (message,) = busy.messages
    assert message["call_id"] == busy.message_call
    assert message["queue"] == "care"
    assert word_overlap(message["text"], MESSAGE) >= 0.7, message["text"]


async def test_when_a_queue_is_too_long_then_the_caller_is_put_through_to_the_people_of_the_number(busy: Busy) -> None:
    assert [body["how"] for body in of(busy.passed_on, "handover_started")] == ["queue", "bridge"]
    assert of(busy.passed_on, "handover_completed")[0]["how"] == "bridge"
    brief = of(busy.passed_on, "brief_prepared")[-1]
    assert word_overlap(busy.heard_by_people, brief["spoken_line"]) >= 0.6, busy.heard_by_people
    assert word_overlap(busy.heard_by_people, SAID_BY_CALLER) >= 0.7, busy.heard_by_people


async def test_when_an_agents_telephone_is_gone_then_the_next_one_is_asked_and_with_none_left_a_call_back_is_offered(
    house: House, tmp_path: Path
) -> None:
    gone = PersonsPhone(house.service, tmp_path / "gone", free_port(), answers=True)
    gone.register_as("luis", SECRET)
    since = len(house.service.errors())
    await gone.wait_for_calls()
    try:
        await house.service.until_logged("phone luis: registered here", since)
    finally:
        gone.vanish()
        await gone.close()
    async with agent_at(house, tmp_path / "agent") as agent, waiting_in(house, tmp_path / "first", "night") as first:
        await agent.until_established()
        await agent.press("1")
        await first.until(is_type("handover_completed"))
        events = await first.hang_up()
    assert [body["agent"] for body in of(events, "handover_offered")] == ["luis", "martha"]
    (missed,) = of(events, "handover_offer_ended")
    assert (missed["agent"], missed["reason"]) == ("luis", "no_answer")
    offered, then = of(events, "handover_offered")
    assert then["t_ms"] - offered["t_ms"] < 5_000, "the network says at once that nobody is there"

    async with calling(house, tmp_path / "second", "en") as second:
        await second.until(is_type("callback_offered"), most_s=120)
        await second.until(says("call you back"))
        events = await second.hang_up()
    assert {body["reason"] for body in of(events, "handover_offer_ended")} == {"no_answer"}
    assert not of(events, "handover_completed")
