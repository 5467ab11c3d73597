"""The caller's side holds us and transfers us; people are called, briefed, joined. Real phones at both ends."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import soundfile

from tests.acceptance.callers import Watched, is_bot_turn, is_type, speech
from tests.acceptance.listening import cut, recognise, word_overlap
from tests.acceptance.people_phones import Handset, PersonsPhone
from tests.acceptance.running import Body, RunningService
from tests.ports import free_port
from tests.service_process import articles_of_tests
from tests.telephony.pjsua2_peer import pjsua2
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
]

WANTS_PERSON = "I want to talk to a person please"
SAID_BY_CALLER = "hello, I am the caller and my bill is much too high this month"
SAID_BY_PERSON = "good morning, this is Martha from the billing team, how may I help you"


@dataclass
class House:
    """The service, and where its people are reached."""

    service: RunningService
    people_port: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One service for all calls of this file."""
    folder, port = tmp_path_factory.mktemp("people"), free_port()
    plan = folder / "plan.toml"
    plan.write_text(
        f'[[number]]\ncalled = "bot"\ntransfer_to = "sip:people@127.0.0.1:{port}"\n'
        '[[number]]\ncalled = "alone"\n'
        f'[[number]]\ncalled = "closed"\ntransfer_to = "sip:people@127.0.0.1:{port}"\nhours = {{mon = "closed"}}\n'
    )
    articles_of_tests(folder / "articles")
    settings = (
        f'[knowledge]\ndir = "{folder / "articles"}"\n'
        '[telephony.outbound]\naddresses = ["127.0.0.1"]\n[speech]\nrender_ahead = false\n'
        f'[dial_plan]\nlanguage = "en"\nfile = "{plan}"\ntransfer_ring_s = 5\n'
    )
    service = RunningService(folder, settings)
    await service.start()
    for text in (WANTS_PERSON, SAID_BY_CALLER, SAID_BY_PERSON):
        await asyncio.to_thread(speech, text)
    yield House(service, port)
    await service.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def caller(house: House, tmp_path: Path) -> AsyncIterator[Handset]:
    """A phone that has heard the greeting."""
    phone = Handset(house.service, tmp_path / "caller")
    await phone.dial("bot")
    await phone.until(is_bot_turn, most_s=120)
    yield phone
    await phone.close()


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(house: House, tmp_path: Path) -> AsyncIterator[Handset]:
    """A phone that has heard the notice, and does not wait for the rest of the greeting."""
    phone = Handset(house.service, tmp_path / "caller")
    await phone.dial("bot")
    await phone.until(is_type("notice_given"), most_s=120)
    yield phone
    await phone.close()


@asynccontextmanager
async def person_at(house: House, folder: Path, *, answers: bool) -> AsyncIterator[PersonsPhone]:
    """Run the phone of the people until the block ends."""
    phone = PersonsPhone(house.service, folder, house.people_port, answers=answers)
    await phone.wait_for_calls()
    try:
        yield phone
    finally:
        await phone.close()


def of(events: list[Body], name: str) -> list[Body]:
    return [body for body in events if body["type"] == name]


def types(events: list[Body]) -> list[str]:
    return [b["type"] for b in events if b["type"].startswith(("handover", "brief", "callback", "leg_"))]


async def ask_for_person(caller: Handset) -> None:
    await caller.play(speech(WANTS_PERSON))
    await caller.until(is_type("handover_started"))


async def press_for_person(caller: Handset) -> None:
    await caller.press("0")
    await caller.until(is_type("handover_started"))


async def test_when_the_caller_holds_us_then_music_is_no_speech_and_the_talk_goes_on_where_it_was(
    caller: Handset,
) -> None:
    await caller.command("hold")
    held = await caller.until(is_type("leg_held"))
    await caller.play(speech(SAID_BY_PERSON))  # what a hold plays, an announcement as well as music
    await asyncio.sleep(14)  # a caller who is silent for so long is asked whether they are there
    await caller.command("resume")
    await caller.until(is_type("leg_resumed"))
    back = await caller.until(is_bot_turn)
    assert "go on where we were" in back["text"]
    assert "How can I help you?" in back["text"]
    await caller.play(speech(SAID_BY_CALLER))
    await caller.until(is_type("topic_found"))
    events = await caller.hang_up()
    (resumed,) = of(events, "leg_resumed")
    assert 13_000 < resumed["held_ms"] < 25_000
    between = [b for b in of(events, "turn_ended") if held["t_ms"] < b["start_ms"] < resumed["t_ms"]]
    assert not between, "nobody is heard in a hold, and nobody speaks into it"
    silent = [b for b in of(events, "act_decided") if b["detail"].startswith("no_input")]
    assert not [b for b in silent if held["t_ms"] <= b["t_ms"] <= resumed["t_ms"]]
    (stopped,) = of(events, "recording_stopped")
    assert stopped["duration_ms"] >= back["end_ms"]


async def test_when_a_person_answers_then_they_are_briefed_in_private_and_both_hear_each_other(
    house: House, caller: Handset, tmp_path: Path
) -> None:
    async with person_at(house, tmp_path / "person", answers=True) as person:
        await ask_for_person(caller)
        answered = await caller.until(is_type("handover_answered"))
        joined = await caller.until(is_type("handover_completed"))
        await asyncio.sleep(1)
        await caller.play(speech(SAID_BY_CALLER))
        await asyncio.sleep(speech(SAID_BY_CALLER).size / 8_000 + 1)
        await person.play(speech(SAID_BY_PERSON))
        await asyncio.sleep(speech(SAID_BY_PERSON).size / 8_000 + 1)
        await person.command("hangup")
        events = [*await caller.events()]
        await caller.until(is_type("call_ended"))
        events = await caller.events()
    (brief,) = of(events, "brief_prepared")
    (spoken,) = of(events, "brief_spoken")
    assert spoken["whole"]
    at_person, at_caller = person.heard(), caller.heard()
    whispered = recognise(cut(at_person, 0, joined["t_ms"] - answered["t_ms"] + 500), "en")
    assert word_overlap(whispered, brief["spoken_line"]) >= 0.6, (whispered, brief["spoken_line"])
    waited = cut(at_caller, answered["t_ms"], joined["t_ms"])
    assert word_overlap(recognise(waited, "en"), brief["spoken_line"]) < 0.4, "the caller hears nothing of the brief"
    after = cut(at_person, joined["t_ms"] - answered["t_ms"], 10**6)
    assert word_overlap(recognise(after, "en"), SAID_BY_CALLER) >= 0.7
    heard = recognise(cut(at_caller, joined["t_ms"], 10**6), "en")
    assert word_overlap(heard, SAID_BY_PERSON) >= 0.7
    assert word_overlap(heard, "The call with my colleague is over. Thank you for calling. Goodbye.") >= 0.6
    ended = of(events, "call_ended")[0]
    assert (ended["result"], ended["reason"]) == ("escalated", "agent_hung_up")
    assert not of(events, "callback_offered")
    assert {b["member"] for b in of(events, "leg_quality_measured")} == {"caller", "agent"}
    bot_while_together = [
        b["text"]
        for b in of(events, "turn_ended")
        if b["speaker"] == "bot" and joined["t_ms"] < b["start_ms"] < of(events, "leg_left")[0]["t_ms"]
    ]
    assert not bot_while_together, "the bot is silent between people"


async def test_when_the_person_is_busy_then_the_caller_hears_so_and_is_offered_a_call_back(
    house: House, hasty: Handset, tmp_path: Path
) -> None:
    async with person_at(house, tmp_path / "person", answers=False) as person:
        await press_for_person(hasty)
        await hasty.until(is_type("handover_ringing"))
        await person.command("hangup")
        failed = await hasty.until(is_type("handover_failed"))
        await hasty.until(is_type("callback_offered"))
        told = await hasty.until(is_bot_turn)
    assert failed["reason"] == "busy"
    assert "couldn't reach a colleague" in told["text"]
    assert "call you back" in told["text"]
    await hasty.hang_up()


async def test_when_nobody_answers_then_ringing_ends_and_a_call_back_is_offered(
    house: House, hasty: Handset, tmp_path: Path
) -> None:
    async with person_at(house, tmp_path / "person", answers=False) as person:
        await press_for_person(hasty)
        failed = await hasty.until(is_type("handover_failed"))
        await hasty.until(is_type("callback_offered"))
        await eventually(lambda: "session closed" in person.printed(), "the end of the ringing", 10)
    assert failed["reason"] == "no_answer"
    events = await hasty.hang_up()
    assert "handover_completed" not in types(events)


async def test_when_the_person_hangs_up_in_the_brief_then_the_caller_is_not_joined_to_nobody(
    house: House, hasty: Handset, tmp_path: Path
) -> None:
    async with person_at(house, tmp_path / "person", answers=True) as person:
        await press_for_person(hasty)
        await hasty.until(is_type("handover_answered"))
        await person.command("hangup")
        failed = await hasty.until(is_type("handover_failed"))
        await hasty.until(is_type("callback_offered"))
    assert failed["reason"] == "agent_left"
    await hasty.hang_up()


async def test_when_the_caller_hangs_up_while_it_rings_then_nobody_is_called_any_more(
    house: House, hasty: Handset, tmp_path: Path
) -> None:
    async with person_at(house, tmp_path / "person", answers=False) as person:
        await press_for_person(hasty)
        await hasty.until(is_type("handover_ringing"))
        events = await hasty.hang_up()
        await eventually(lambda: "session closed" in person.printed(), "the end of the ringing", 10)
    assert of(events, "handover_cancelled")[0]["reason"] == "caller_gone"
    assert types(events)[-1] in ("handover_cancelled", "leg_left")


async def test_when_people_do_not_work_at_this_hour_then_nobody_is_called(house: House, tmp_path: Path) -> None:
    phone = Handset(house.service, tmp_path / "caller")
    await phone.dial("closed")
    try:
        await phone.until(is_type("notice_given"), most_s=120)
        await phone.press("0")
        await phone.until(is_type("callback_offered"))
        events = await phone.hang_up()
    finally:
        await phone.close()
    assert not of(events, "handover_started")


async def test_when_a_pbx_connects_its_call_with_us_to_somebody_else_then_the_talk_goes_on_with_them(
    house: House, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path / "alice", seed=1) as alice, pjsua2(tmp_path / "bob", seed=2, answers=True) as bob:
        alice.tell("call", uri=house.service.uri("bot"))
        await alice.until("state", call=0, state="CONFIRMED")
        call = Watched(house.service, "phone")
        await call.until(is_bot_turn, most_s=120)
        alice.tell("call", uri=bob.uri)
        await alice.until("state", call=1, state="CONFIRMED")
        alice.tell("transfer_to_call", call=1, other=0)  # bob is asked to call us, with Replaces
        replaced = await call.until(is_type("caller_replaced"), most_s=20)
        told = await call.until(is_bot_turn)
        await asyncio.sleep(3)
        bob.tell("hang_up")
        await call.until(is_type("call_ended"))
        events = await call.events()
    assert replaced["how"] == "taken_over"
    assert "I'm an automatic assistant." in told["text"], "who comes to the phone is told what answers"
    assert "This call is recorded" in told["text"]
    first, second = (b["leg_id"] for b in of(events, "leg_joined") if b["member"] == "caller")
    assert (replaced["old_leg_id"], replaced["leg_id"]) == (first, second)
    left = next(b for b in of(events, "leg_left") if b["leg_id"] == first)
    assert left["reason"] == "replaced"
    (started,), (stopped,) = of(events, "recording_started"), of(events, "recording_stopped")
    sound, rate_hz = soundfile.read(house.service.data_dir / "recordings" / started["file"])
    assert abs(len(sound) / rate_hz * 1000 - stopped["duration_ms"]) < 300, "one recording on one clock"
    assert stopped["duration_ms"] > told["end_ms"]
