"""Handovers to agents on their own lines: who hears whom is proven by tones, each way, at each step."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from calls import machine
from calls.events import TurnEnded, UtteranceHeard
from calls.handover_events import AgentReleased, GivenToBot, SupervisionChanged
from desk.handover_facts import read
from service.desk.transfer_supervision import Supervision
from tests.service.desk.transfer_stage import BRIEF, LOUD, SOFT, Stage, hears_only, stage
from tests.telephony.media_fakes import level_of
from tests.telephony.webrtc.test_gateway import ToneTrack
from tests.waiting import eventually
from voice.dialog import acts

pytestmark = pytest.mark.realtime

CALLER, ANA, LUIS, BOSS, OTHER = 700.0, 1_100.0, 1_700.0, 2_300.0, 500.0
"""Frequencies of the tones that each of them says, in Hz."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as made:
        yield made


async def test_when_an_agent_accepts_then_the_caller_is_told_whom_and_both_hear_each_other(house: Stage) -> None:
    ana = await house.agent("ana", ANA)
    call, caller = await house.call("c1", CALLER)
    call.handover.want(BRIEF)
    assert call.queue.told == ["enqueue queue support"]
    call.handover.offered("ana", 20_000)
    call.handover.accepted("ana")
    await call.until("together")
    assert call.said == ["human.connecting"]
    await hears_only(caller, (ANA,), ())
    await hears_only(ana, (CALLER,), ())
    assert [type(wish) for wish in call.wished] == [machine.PersonJoined]
    assert isinstance(call.told[-1], acts.HandedOver)
    assert call.facts("handover_started", "handover_offered", "handover_accepted", "handover_completed") == [
        "handover_started",
        "handover_offered",
        "handover_accepted",
        "handover_completed",
    ]
    assert await ana.do(call, "hang-up") | {"may": []} == {
        "state": "idle",
        "agent": "",
        "second": None,
        "muted": False,
        "held": False,
        "with_person": False,
        "recording": "off",
        "supervised": "",
        "may": [],
    }
    assert call.queue.told[-1] == "over ana"
    assert isinstance(call.wished[-1], machine.PersonLeft)
    assert house.house.transfers.lines.is_up("ana"), "the line stays between calls"


async def test_when_the_caller_is_on_hold_then_they_hear_music_and_the_agent_nobody(house: Stage) -> None:
    ana = await house.agent("ana", ANA)
    call, caller = await house.call("c1", CALLER)
    await call.given_to("ana")
    assert (await ana.do(call, "hold"))["held"]
    await hears_only(caller, (), (ANA,))
    await hears_only(ana, (), (CALLER,))
    assert any(abs(frame.astype(int)).max() > 100 for frame in caller.heard[-20:]), "music"
    await ana.do(call, "resume")
    await hears_only(caller, (ANA,), ())
    await ana.do(call, "mute", on=True)
    await hears_only(caller, (), (ANA,))
    await hears_only(ana, (CALLER,), ())


async def test_when_a_second_agent_is_consulted_then_it_is_private_and_can_be_completed(house: Stage) -> None:
    ana, luis = await house.agent("ana", ANA), await house.agent("luis", LUIS)
    call, caller = await house.call("c1", CALLER)
    await call.given_to("ana")
    await ana.do(call, "consult", target={"kind": "agent", "name": "luis"})
    await eventually(lambda: house.messages("luis", "consult_offer"))
    assert house.messages("luis", "consult_offer")[0]["call_id"] == "c1"
    (asked,) = (await luis.get("line"))["asked"]
    assert (asked["call_id"], asked["asked_by"]) == ("c1", "ana")
    assert asked["card"]["brief"]["language"] == BRIEF.language
    await luis.post("calls/c1/consult-offer/accept")
    await call.until("consulting")
    await hears_only(luis, (ANA,), (CALLER,))
    await hears_only(ana, (LUIS,), (CALLER,))
    await hears_only(caller, (), (ANA, LUIS))
    await ana.do(call, "conference")
    await hears_only(caller, (ANA, LUIS), ())
    await hears_only(luis, (ANA, CALLER), ())
    await ana.do(call, "complete")
    await hears_only(caller, (LUIS,), (ANA,))
    await hears_only(luis, (CALLER,), (ANA,))
    assert call.handover.machine.agent == "luis"
    assert call.queue.told[-2:] == ["began luis", "over ana"]
    assert read(call.bodies).agent == "luis"
    assert (await ana.post("calls/c1/hold")).status_code == 403


async def test_when_the_second_agent_declines_then_the_agent_is_back_with_the_caller(house: Stage) -> None:
    ana, luis = await house.agent("ana", ANA), await house.agent("luis", LUIS)
    call, caller = await house.call("c1", CALLER)
    await call.given_to("ana")
    await ana.do(call, "consult", target={"kind": "agent", "name": "luis"})
    await eventually(lambda: house.messages("luis", "consult_offer"))
    await luis.post("calls/c1/consult-offer/decline")
    await call.until("together")
    await hears_only(caller, (ANA,), ())
    await ana.do(call, "consult", target={"kind": "agent", "name": "nobody"})
    await call.until("together")
    assert call.facts("consult_ended") == ["consult_ended", "consult_ended"]


async def test_when_a_second_call_comes_then_the_first_waits_with_music_and_is_not_ended(house: Stage) -> None:
    ana = await house.agent("ana", ANA)
    first, caller = await house.call("c1", CALLER)
    second, other = await house.call("c2", OTHER)
    await first.given_to("ana")
    await second.given_to("ana")
    assert first.handover.machine.state.value == "on_hold"
    await hears_only(other, (ANA,), (CALLER,))
    await hears_only(caller, (), (ANA, OTHER))
    await hears_only(ana, (OTHER,), (CALLER,))
    await ana.do(first, "resume")
    assert second.handover.machine.state.value == "on_hold"
    await hears_only(caller, (ANA,), (OTHER,))
    await hears_only(ana, (CALLER,), (OTHER,))
    assert [each["call_id"] for each in (await ana.get("line"))["calls"]] == ["c1", "c2"]


async def test_when_the_agents_page_is_loaded_again_then_the_caller_is_told_and_the_talk_goes_on(house: Stage) -> None:
    ana = await house.agent("ana", ANA)
    call, caller = await house.call("c1", CALLER)
    await call.given_to("ana")
    await ana.close()
    await call.until("restoring")
    await eventually(lambda: "human.line_lost" in call.said)
    again = await house.agent("ana", LUIS)
    await call.until("together")
    await hears_only(caller, (LUIS,), ())
    await hears_only(again, (CALLER,), ())
    assert call.facts("agent_line_lost", "agent_line_back", "agent_released") == ["agent_line_lost", "agent_line_back"]


async def test_when_the_agents_line_stays_gone_then_the_caller_is_first_in_the_queue(house: Stage) -> None:
    ana = await house.agent("ana", ANA)
    call, _ = await house.call("c1", CALLER)
    await call.given_to("ana")
    await ana.close()
    await call.until("queued")
    assert call.queue.told[-2:] == ["over ana", "enqueue queue support first"]
    assert call.told[-1] == acts.LookingAgain(why="lost")
    assert AgentReleased(agent="ana", reason="line_lost") in call.bodies


async def test_when_the_agent_who_accepted_has_no_line_then_the_caller_keeps_the_head_of_the_queue(
    house: Stage,
) -> None:
    call, _ = await house.call("c1", CALLER)
    call.handover.want(BRIEF)
    call.handover.accepted("ana")
    await call.until("queued")
    assert call.queue.told[-1] == "back"
    await eventually(lambda: "human.join_failed" in call.said)


async def test_when_the_agent_gives_the_caller_back_then_the_bot_is_told_what_to_do(house: Stage) -> None:
    ana = await house.agent("ana", ANA)
    call, caller = await house.call("c1", CALLER)
    await call.given_to("ana")
    await ana.do(call, "back-to-bot", instruction="flow:appointment")
    assert call.told[-1] == acts.GivenBack(instruction="flow:appointment")
    assert GivenToBot(agent="ana", instruction="flow:appointment") in call.bodies
    await hears_only(caller, (), (ANA,))
    await hears_only(ana, (), (CALLER,))
    assert (await ana.post("calls/c1/back-to-bot", instruction="rm -rf")).status_code == 422


async def test_when_a_caller_is_transferred_to_a_queue_then_the_agent_is_free_and_the_caller_waits_there(
    house: Stage,
) -> None:
    ana = await house.agent("ana", ANA)
    call, _ = await house.call("c1", CALLER)
    await call.given_to("ana")
    await ana.do(call, "transfer", target={"kind": "queue", "name": "billing"})
    assert call.queue.told[-2:] == ["over ana", "enqueue queue billing"]
    assert call.told[-1] == acts.LookingAgain(why="transferred")
    assert call.handover.machine.state.value == "queued"


async def test_when_the_caller_hangs_up_then_the_agent_is_free_and_no_question_is_left_open(house: Stage) -> None:
    ana, luis = await house.agent("ana", ANA), await house.agent("luis", LUIS)
    call, _ = await house.call("c1", CALLER)
    await call.given_to("ana")
    await ana.do(call, "consult", target={"kind": "agent", "name": "luis"})
    await eventually(lambda: house.messages("luis", "consult_offer"))
    call.handover.close()
    assert house.messages("luis", "consult_offer_over")
    assert call.queue.told[-1] == "over ana"
    refused = await luis.post("calls/c1/consult-offer/accept")
    assert refused.json()["code"] == "desk.offer_over"


async def test_when_a_supervisor_listens_whispers_and_barges_in_then_who_hears_them_changes_and_it_is_logged(
    house: Stage,
) -> None:
    ana, boss = await house.agent("ana", ANA), await house.agent("boss", BOSS)
    call, caller = await house.call("c1", CALLER)
    await call.given_to("ana")
    assert (await ana.post("calls/c1/supervise", mode="listen")).status_code == 403
    await boss.do(call, "supervise", mode="listen")
    assert call.handover.view()["supervised"] == "listen"
    await hears_only(boss, (ANA, CALLER), ())
    await hears_only(caller, (ANA,), (BOSS,))
    await hears_only(ana, (CALLER,), (BOSS,))
    await boss.do(call, "supervise", mode="whisper")
    await hears_only(ana, (CALLER, BOSS), ())
    await hears_only(caller, (ANA,), (BOSS,))
    await boss.do(call, "supervise", mode="barge")
    await hears_only(caller, (ANA, BOSS), ())
    await boss.do(call, "supervise", mode="off")
    await hears_only(caller, (ANA,), (BOSS,))
    assert call.handover.view()["supervised"] == ""
    logged = [(b.mode, b.announced) for b in call.bodies if isinstance(b, SupervisionChanged)]
    assert logged == [("listen", True), ("whisper", False), ("barge", True), ("off", False)]
    assert "human.supervisor_joins" in call.said


async def test_when_a_supervisor_whispers_at_once_then_the_caller_hears_of_it_unless_the_law_does_not_ask_for_that(
    house: Stage,
) -> None:
    ana, boss = await house.agent("ana", ANA), await house.agent("boss", BOSS)
    call, caller = await house.call("c1", CALLER)
    await call.given_to("ana")
    await boss.do(call, "supervise", mode="whisper")
    await hears_only(ana, (CALLER, BOSS), ())
    await hears_only(caller, (ANA,), (BOSS,))
    assert call.said.count("human.supervisor_listens") == 1
    await boss.do(call, "supervise", mode="off")
    house.house.transfers.supervision = Supervision(house.house.transfers, announce=False, show=False)
    await boss.do(call, "supervise", mode="listen")
    assert call.handover.view()["supervised"] == ""
    await boss.do(call, "supervise", mode="whisper")
    assert call.handover.view()["supervised"] == "whisper", "who is heard is shown"
    await boss.do(call, "supervise", mode="listen")
    await boss.do(call, "supervise", mode="off")
    assert call.said.count("human.supervisor_listens") == 1
    announced = [(b.mode, b.announced) for b in call.bodies if isinstance(b, SupervisionChanged)]
    assert announced == [
        ("whisper", True),
        ("off", False),
        ("listen", False),
        ("whisper", False),
        ("listen", False),
        ("off", False),
    ]


async def test_when_the_second_person_leaves_then_their_page_learns_how_the_call_is_and_that_they_have_no_part(
    house: Stage,
) -> None:
    ana, luis = await house.agent("ana", ANA), await house.agent("luis", LUIS)
    call, _ = await house.call("c1", CALLER)
    await call.given_to("ana")
    await ana.do(call, "consult", target={"kind": "agent", "name": "luis"})
    await eventually(lambda: house.messages("luis", "consult_offer"))
    await luis.post("calls/c1/consult-offer/accept")
    await call.until("consulting")
    left = await luis.do(call, "leave")
    assert (left["part"], left["state"], left["agent"]) == ("", "together", "ana")
    assert "Hold" in left["may"]


async def test_when_agents_talk_in_private_then_the_recording_has_the_caller_and_none_of_the_two(
    house: Stage, tmp_path: Path
) -> None:
    ana, luis = await house.agent("ana", ANA), await house.agent("luis", LUIS)
    call, caller = await house.call("c1", CALLER)
    call.recording.start(16_000)
    await call.given_to("ana")
    await ana.do(call, "consult", target={"kind": "agent", "name": "luis"})
    await eventually(lambda: house.messages("luis", "consult_offer"))
    await luis.post("calls/c1/consult-offer/accept")
    await call.until("consulting")
    from_ms = call.conference_ms() + 200
    await hears_only(luis, (ANA,), (CALLER,))
    until_ms = call.conference_ms() - 200
    await ana.do(call, "conference")
    await hears_only(caller, (ANA, LUIS), ())
    end_ms = call.conference_ms()
    assert (await ana.do(call, "recording/pause"))["recording"] == "paused"
    assert (await ana.do(call, "recording/resume"))["recording"] == "on"
    await call.recording.finish()
    with wave.open(str(tmp_path / "c1.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    private, together = sound[from_ms * 16 : until_ms * 16], sound[(end_ms - 400) * 16 : end_ms * 16]
    assert level_of(CALLER, private[:, 0], 16_000) > LOUD
    assert level_of(ANA, private[:, 1], 16_000) < SOFT
    assert level_of(LUIS, private[:, 1], 16_000) < SOFT
    assert level_of(ANA, together[:, 1], 16_000) > LOUD
    assert call.facts("recording_paused", "recording_resumed") == ["recording_paused", "recording_resumed"]


async def test_when_the_agent_speaks_then_the_words_are_written_and_no_feeling_is_estimated(house: Stage) -> None:
    await house.agent("ana", ANA)
    call, _ = await house.call("c1", CALLER)
    await call.given_to("ana")
    await eventually(lambda: house.house.ears.asked)
    track = house.clients[0].connection.getSenders()[0].track
    assert isinstance(track, ToneTrack)
    track.samples[:] = 0  # the sentence is over
    await eventually(lambda: [b for b in call.bodies if isinstance(b, TurnEnded) and b.speaker == "agent"])
    heard = [b for b in call.bodies if isinstance(b, UtteranceHeard)]
    assert {b.member for b in heard} == {"agent"}
    assert " ".join(word.text for word in heard[0].words) == "good morning"
    assert "emotion_estimated" not in call.facts()
