"""Whole calls: heard, understood, answered, recorded, handed on."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from calls.audio import Samples
from tests.acceptance.callers import RATE_HZ, speech
from tests.acceptance.listening import (
    cut,
    level_dbfs,
    recognise,
    without_fillers,
    word_accuracy,
    word_overlap,
    words,
)
from tests.acceptance.looking import looks_at
from tests.acceptance.scenarios import HELLO, QUESTION, WANTS_PERSON, Played

Calls = tuple[Played, ...]

by_baresip = [pytest.mark.peer, pytest.mark.recorded]


def what_the_caller_said(call: Played) -> str:
    return " ".join(turn["text"] for turn in call.turns("caller"))


def the_answer(call: Played) -> dict[str, object]:
    """The first turn after the caller's that the bot could finish: people pause, and go on while it begins."""
    at = next(n for n, body in enumerate(call.events) if body in call.turns("caller"))
    return next(body for body in call.events[at:] if body in call.turns("bot") and not body["interrupted"])


def read_recording(call: Played) -> tuple[Samples, Samples]:
    """Return left and right."""
    sound, rate_hz = soundfile.read(call.recording, dtype="int16")
    assert rate_hz == RATE_HZ
    assert sound.ndim == 2
    assert sound.shape[1] == 2
    return sound[:, 0], sound[:, 1]


RECORDED = [
    pytest.param(("recorded_english",), id="recorded_english", marks=by_baresip),
    pytest.param(("recorded_spanish",), id="recorded_spanish", marks=by_baresip),
]
ANY_VOICE = [*RECORDED, pytest.param(("person_asked",), id="made_up")]


@pytest.mark.parametrize("played", RECORDED, indirect=True)
def test_when_baresip_plays_recorded_speech_then_the_transcript_holds_its_words(played: Calls) -> None:
    (call,) = played
    assert word_accuracy(what_the_caller_said(call), call.text) >= 0.6, what_the_caller_said(call)


@looks_at("goes_on")
def test_when_a_caller_goes_on_before_the_answer_then_one_answer_is_given_to_all_of_it(played: Calls) -> None:
    (call,) = played
    (turn,) = call.turns("caller")
    assert turn["end_ms"] - turn["start_ms"] >= 1_000 * (speech(HELLO).size + speech(QUESTION).size) // RATE_HZ
    assert word_accuracy(turn["text"], call.text) >= 0.6
    acts = [body for body in call.of("act_decided") if body["turn_id"] == turn["turn_id"]]
    assert [body["act"] for body in acts].count("answer") == 1
    begun = [body["start_ms"] for body in call.turns("bot")]
    assert not [at for at in begun if turn["start_ms"] <= at <= turn["end_ms"]], "the bot said nothing in between"


@pytest.mark.parametrize("played", [ANY_VOICE[0], ANY_VOICE[2]], indirect=True)
def test_when_the_bot_answers_then_another_whisper_hears_what_the_log_says(played: Calls) -> None:
    (call,) = played
    answer = the_answer(call)
    heard = cut(call.heard, int(str(answer["start_ms"])) - 300, int(str(answer["end_ms"])) + 1_500)
    text = recognise(heard, str(answer["language"]))
    assert word_overlap(text, str(answer["text"])) >= 0.7, (text, answer["text"])


@pytest.mark.parametrize("played", [ANY_VOICE[1]], indirect=True)
def test_when_the_caller_is_spanish_then_the_answer_is_spanish_and_another_whisper_understands_it(
    played: Calls,
) -> None:
    (call,) = played
    answer = the_answer(call)
    assert answer["language"] == "es"
    heard = cut(call.heard, int(str(answer["start_ms"])) - 300, int(str(answer["end_ms"])) + 1_500)
    text = recognise(heard, "es")
    assert word_overlap(text, str(answer["text"])) >= 0.7, (text, answer["text"])


@pytest.mark.parametrize("played", ANY_VOICE, indirect=True)
def test_when_a_call_is_over_then_the_log_has_notice_consent_emotion_and_exactly_one_end(played: Calls) -> None:
    (call,) = played
    kinds = [body["type"] for body in call.events]
    assert kinds[0] == "call_offered"
    assert kinds[-1] == "call_ended"
    assert kinds.count("call_ended") == 1
    assert call.of("notice_given")[0]["recording"]
    assert {body["subject"] for body in call.of("consent_given")} == {"recording", "emotion"}
    estimate = call.of("emotion_estimated")[0]["estimate"]
    assert 0 <= estimate["anger_prob"] <= 1
    assert estimate["model"].startswith("fused-"), "prosody and the states of the recogniser that this service runs"
    turns = {turn["turn_id"] for turn in call.of("turn_ended") if turn["speaker"] == "caller"}
    read = call.of("feeling_read")[0]
    assert read["turn_id"] in turns
    assert read["estimate"]["model"].startswith("words-")


@pytest.mark.parametrize("played", ANY_VOICE, indirect=True)
def test_when_a_call_was_recorded_then_the_caller_is_left_the_bot_right_and_both_are_in_time(played: Calls) -> None:
    (call,) = played
    left, right = read_recording(call)
    assert left.size * 1000 / RATE_HZ == pytest.approx(call.of("recording_stopped")[0]["duration_ms"], abs=200)
    caller, bot = call.of("utterance_heard")[0], the_answer(call)  # a turn may hold the beginning of an answer
    while_caller = slice(caller["start_ms"] * 8, caller["end_ms"] * 8)
    while_bot = slice((int(str(bot["start_ms"])) + 200) * 8, (int(str(bot["end_ms"])) - 200) * 8)
    assert level_dbfs(left[while_caller]) > level_dbfs(right[while_caller]) + 20
    assert level_dbfs(right[while_bot]) > level_dbfs(left[while_bot]) + 20
    # The first sound of the caller in the file is where the log says that the first utterance begins.
    frames = left[: left.size // 160 * 160].reshape(-1, 160)
    loud = np.flatnonzero(np.abs(frames).max(axis=1) > 600)
    assert loud[0] * 20 == pytest.approx(call.of("utterance_heard")[0]["start_ms"], abs=600)


@looks_at("person_asked")
def test_when_the_caller_asks_a_question_then_the_article_of_its_topic_answers(played: Calls) -> None:
    (call,) = played
    assert word_accuracy(call.turns("caller")[0]["text"], QUESTION) >= 0.6
    topic = call.of("topic_found")[0]
    assert topic["topic"] == "bill-higher-than-usual"
    article = next((call.service.folder / "articles" / "en").glob("bill-higher-than-usual.md")).read_text()
    said = without_fillers(str(the_answer(call)["text"]))
    assert any(part.strip() in said for part in article.split("\n\n") if len(part) > 60 and part[0].isupper())


@looks_at("person_asked")
def test_when_the_caller_asks_for_a_person_then_it_is_escalated_briefed_and_a_callback_offered(played: Calls) -> None:
    (call,) = played
    assert word_accuracy(call.turns("caller")[-1]["text"], WANTS_PERSON) >= 0.6
    assert call.of("escalation_requested")[0]["reason"] == "caller_asked"
    brief = call.of("brief_prepared")[0]
    assert brief["caller"] == call.number
    assert brief["matter"]
    assert brief["tried"]
    for fact in (*brief["facts"], *brief["tried"]):
        assert 1 <= fact["event_seq"] <= len(call.events)
    assert brief["emotion"]
    assert brief["suggested_opening"]
    assert call.of("callback_offered")[0]["agents_signed_in"] == 0
    assert call.of("call_ended")[0]["result"] == "escalated"


@looks_at("topic_for_people")
def test_when_a_topic_is_for_people_then_it_is_escalated_instead_of_answered(played: Calls) -> None:
    (call,) = played
    escalation = call.of("escalation_requested")[0]
    assert (escalation["reason"], escalation["detail"]) == ("topic", "wifi-password")
    assert call.of("brief_prepared")
    assert not [body for body in call.of("act_decided") if body["act"] == "answer"]


@looks_at("zero_pressed")
def test_when_zero_is_pressed_in_the_greeting_then_it_is_escalated_too(played: Calls) -> None:
    (call,) = played
    assert [body["digits"] for body in call.of("digits_pressed")] == ["0"]
    assert call.of("escalation_requested")[0]["reason"] == "caller_asked"
    assert call.of("brief_prepared")
    assert call.of("callback_offered")


@looks_at("barged_in", "person_asked")
def test_when_the_caller_talks_over_an_answer_then_the_log_keeps_only_what_was_heard(played: Calls) -> None:
    call, whole = played
    barge_in = call.of("barged_in")[0]
    turn = next(body for body in call.turns("bot") if body["turn_id"] == barge_in["turn_id"])
    assert turn["interrupted"]
    heard, all_of_it = words(without_fillers(turn["text"])), words(without_fillers(str(the_answer(whole)["text"])))
    assert 0 < len(heard) < len(all_of_it)
    assert heard == all_of_it[: len(heard)]
    # What the log says was heard, and no more of it, is what really reached the caller.
    sound = cut(call.heard, turn["start_ms"] - 300, turn["end_ms"] + 600)
    text = recognise(sound, "en")
    assert word_overlap(text, turn["text"]) >= 0.6, (text, turn["text"])
    assert len(words(text)) <= len(words(turn["text"])) + 4, (text, turn["text"])
    quiet = cut(call.heard, turn["end_ms"] + 400, turn["end_ms"] + 900)
    assert level_dbfs(quiet) < -45, [(body["start_ms"], body["end_ms"], body["text"]) for body in call.turns("bot")]


def test_when_the_callers_voice_is_made_then_another_whisper_understands_it() -> None:
    assert word_accuracy(recognise(speech(QUESTION), "en"), QUESTION) >= 0.6
