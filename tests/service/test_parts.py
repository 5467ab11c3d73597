"""The small parts of the service: consent, keys, the live feed, the reply watch."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from calls.events import CallEnded, DigitsPressed, Event, FeelingRead, NoticeGiven, TurnEnded
from calls.ids import CallId, TurnId
from calls.speech import Turn
from records.keyed_digits import KeyGroup
from service import keys
from service.config import PrivacySection
from service.consent import Consent
from service.feeling import WordsFeeling
from service.keys import KeyBuffer
from service.live import QUEUE_LENGTH, LiveFeed
from service.reply_watch import ReplyWatch
from tests.voice.feelings.test_call import REQUEST, direction, model

TURN = TurnEnded(
    turn_id=TurnId("t"),
    speaker="caller",
    text="hello",
    language="en",
    start_ms=0,
    end_ms=1,
    utterance_ids=(),
    interrupted=False,
)
END = CallEnded(result="completed", reason="caller_hung_up")


def test_when_consent_must_be_asked_nothing_said_is_kept_before_a_yes() -> None:
    consent = Consent(PrivacySection(recording="ask", emotion="ask"))
    assert not consent.may_keep(TURN)
    assert consent.may_keep(END)
    assert consent.may_keep(NoticeGiven(automatic=True, recording=True, emotion=True))
    consent.set("recording", given=True)
    assert consent.may_keep(TURN)
    assert consent.recording
    assert not consent.emotion


def test_when_the_caller_refuses_nothing_said_is_kept_from_then_on() -> None:
    consent = Consent(PrivacySection())
    consent.set("recording", given=True)
    assert consent.may_keep(TURN)
    consent.set("recording", given=False)
    assert not consent.may_keep(TURN)
    assert not consent.recording


def said(text: str) -> Turn:
    return Turn(turn_id=TurnId("t"), speaker="caller", text=text, language="en", start_ms=0, end_ms=1)


def test_when_the_number_that_was_called_switches_emotion_off_nothing_of_feelings_is_kept() -> None:
    estimate = WordsFeeling(model()).read(said("you are a liar"), direction(0))
    read = FeelingRead(turn_id=TurnId("t"), start_ms=0, end_ms=1, estimate=estimate)
    for consent, kept in ((Consent(PrivacySection()), True), (Consent(PrivacySection(), feels=False), False)):
        consent.set("emotion", given=True)
        assert consent.emotion is kept
        assert consent.may_keep(read) is kept
        assert consent.may_keep(TURN)


def test_when_a_turn_is_reopened_its_words_are_no_repeat_of_themselves() -> None:
    words = WordsFeeling(model())
    words.turn_ended()
    words.read(said(REQUEST), direction(0))
    words.take_back()
    words.turn_ended()
    assert words.read(said(f"{REQUEST} again and again"), direction(0)).reasons != ("same_request_again",)
    words.turn_ended()
    assert "same_request_again" in words.read(said(REQUEST), direction(0)).reasons
    words.turn_ended()
    words.take_back()  # nothing was read of this turn: the one before stays known
    words.bot_asked_again()
    assert words.read(said(REQUEST), direction(0)).reasons == ()
    assert "same_request_third_time" in words.read(said(REQUEST), direction(0)).reasons


def test_when_the_config_switches_recording_off_no_consent_switches_it_on() -> None:
    consent = Consent(PrivacySection(recording="off", emotion="off"))
    consent.set("recording", given=True)
    consent.set("emotion", given=True)
    assert not consent.recording
    assert not consent.emotion
    assert consent.may_keep(TURN)


async def test_when_keys_come_one_by_one_they_are_told_as_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "SETTLE_S", 0.02)
    groups: list[KeyGroup] = []
    buffer = KeyBuffer(groups.append)
    for at, digit in enumerate("12#34"):
        buffer.press(digit, 100 * at, asked="account_number" if at == 3 else "")
    assert groups == [KeyGroup("12#", 0)]
    await asyncio.sleep(0.05)
    assert groups == [KeyGroup("12#", 0), KeyGroup("34", 300, asked=True, slot="account_number")], (
        "told after a pause, at the time of the first key"
    )
    buffer.flush()
    assert len(groups) == 2


def event(seq: int) -> Event:
    return Event(
        stream_kind="call",
        stream_id=CallId("c"),
        seq=seq,
        at_utc=datetime(2026, 11, 22, tzinfo=UTC),
        t_ms=0,
        source="call",
        schema_version=1,
        body=DigitsPressed(digits="1", secret=False),
    )


async def test_when_a_watcher_is_slow_signals_are_lost_before_facts() -> None:
    feed = LiveFeed()
    watcher = feed.watch(CallId("c"))
    for n in range(QUEUE_LENGTH):
        feed.signal(CallId("c"), "hypothesis", {"n": n})
    for seq in range(1, 100):
        feed.event(event(seq))
    seen = [await watcher.get() for _ in range(QUEUE_LENGTH // 2 + 1 + 99)]
    assert [message["event"]["seq"] for message in seen if message["kind"] == "event"] == list(range(1, 100))


async def test_when_even_facts_do_not_fit_the_watcher_is_told_to_start_again() -> None:
    feed = LiveFeed()
    watcher = feed.watch()
    for seq in range(1, QUEUE_LENGTH + 2):
        feed.event(event(seq))
    assert await watcher.get() == {"kind": "restart"}


async def test_when_a_watcher_watches_one_call_it_sees_no_other() -> None:
    feed = LiveFeed()
    watcher = feed.watch(CallId("other"))
    feed.event(event(1))
    feed.signal(CallId("other"), "reply", {"reply_ms": 1})
    assert (await watcher.get())["kind"] == "signal"


def test_when_a_reply_is_heard_its_parts_add_up() -> None:
    class Hands:
        at_ms = 0

        def now_ms(self) -> int:
            return self.at_ms

        def now_utc(self) -> datetime:
            return datetime(2026, 11, 22, tzinfo=UTC)

    clock = Hands()
    watch = ReplyWatch(spoken_until_ms=1000, words_final_ms=1500, turn_ended_ms=1520, clock=clock)
    clock.at_ms = 40
    watch.decided()
    clock.at_ms = 60
    watch.decided()
    clock.at_ms = 140
    assert watch.heard(1660) == {
        "reply_ms": 660,
        "endpoint_ms": 520,
        "asr_final_ms": 500,
        "decide_ms": 40,
        "tts_first_ms": 100,
    }
