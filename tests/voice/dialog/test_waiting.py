"""Waiting in a queue: the place and the wait in both languages, a call back, a message, second thoughts, news."""

from __future__ import annotations

from datetime import datetime

import pytest

from calls.ids import LANGUAGES, Language
from tests.voice.dialog.scripted import SUNDAY, ScriptedCall
from voice.dialog import acts
from voice.dialog.prompts import phrase_keys
from voice.dialog.queue_words import in_words, wants_message
from voice.dialog.settings import DialogSettings

SETTINGS = DialogSettings()
PERSON: dict[Language, str] = {"en": "I want to talk to a person", "es": "quiero hablar con una persona"}


def waiting(language: Language, *, position: int = 3, expected_s: int | None = 240) -> ScriptedCall:
    """Return a call that has asked for a human and knows its place."""
    call = ScriptedCall(language, agents=2)
    call.begin()
    call.hear(PERSON[language])
    call.play()
    call.feed(acts.QueuePlace(position=position, expected_wait_s=expected_s))
    call.play()
    return call


@pytest.mark.parametrize(
    ("language", "position", "expected_s", "text"),
    [
        ("en", 1, None, "You're next in line. I can't say yet how long it will take."),
        ("en", 2, 60, "There is one caller ahead of you. It should take about a minute."),
        ("en", 3, 240, "There are two callers ahead of you. It should take about four minutes."),
        ("en", 22, 1800, "There are twenty-one callers ahead of you. It should take about thirty minutes."),
        ("en", 40, 1801, "There are more than thirty callers ahead of you. It may take more than half an hour."),
        ("es", 1, 30, "Es usted la siguiente persona. Será solo un momento."),
        ("es", 2, 60, "Hay una persona delante de usted. Tardará más o menos un minuto."),
        ("es", 3, 240, "Hay dos personas delante de usted. Tardará unos cuatro minutos."),
        ("es", 22, 1260, "Hay veintiuna personas delante de usted. Tardará unos veintiún minutos."),
        ("es", 40, None, "Hay más de treinta personas delante de usted. Todavía no puedo decirle cuánto tardará."),
    ],
)
def test_when_the_place_is_known_then_it_is_said_with_numbers_as_words(
    language: Language, position: int, expected_s: int | None, text: str
) -> None:
    call = waiting(language, position=position, expected_s=expected_s)
    assert call.said[-1].text == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_an_agent_is_there_at_once_then_no_place_is_said(language: Language) -> None:
    call = waiting(language, position=1, expected_s=0)
    assert call.said[-1].detail == "escalate:caller_asked"


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_the_place_changes_then_it_is_said_with_the_next_word_of_patience(language: Language) -> None:
    call = waiting(language)
    assert call.feed(acts.QueuePlace(position=1, expected_wait_s=60)) == []
    call.now_ms += SETTINGS.place_every_ms
    assert call.feed(acts.DeadlineReached()) == ["say escalate:place"]
    assert call.said[-1].text.startswith(("You're next", "Es usted la siguiente"))


@pytest.mark.parametrize(("language", "text"), [("en", "never mind"), ("es", "da igual")])
def test_when_the_caller_does_not_want_to_wait_then_the_bot_goes_on(language: Language, text: str) -> None:
    call = waiting(language)
    assert "stop looking" in call.hear(text)
    assert not call.policy.waits_for_human


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "my contract number is on the bill I got on Monday"),
        ("es", "la factura que me llegó es del lunes pasado"),
    ],
)
def test_when_the_caller_says_something_new_then_it_is_passed_on_and_the_wait_goes_on(
    language: Language, text: str
) -> None:
    call = waiting(language)
    assert call.hear(text) == ["say escalate:noted"]
    assert call.policy.waits_for_human


@pytest.mark.parametrize(("language", "text"), [("en", "are you there?"), ("es", "¿sigue ahí?")])
def test_when_the_caller_asks_whether_anybody_is_there_then_the_place_is_said(language: Language, text: str) -> None:
    call = waiting(language)
    assert call.hear(text) == ["say escalate:place"]


@pytest.mark.parametrize(("language", "text"), [("en", "please call me back"), ("es", "prefiero que me llamen")])
def test_when_the_caller_wants_to_be_called_back_then_it_is_booked(language: Language, text: str) -> None:
    call = waiting(language)
    assert "stop looking" in call.hear(text)
    call.play()
    call.hear("yes" if language == "en" else "sí")
    assert [booked.number for booked in call.booked] == [call.caller]


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_it_takes_long_then_other_ways_are_offered_and_the_wait_goes_on(language: Language) -> None:
    call = waiting(language)
    assert call.feed(acts.WaitIsLong(why="long_wait", takes_messages=True)) == ["say escalate:long_wait"]
    assert ("message" if language == "en" else "mensaje") in call.said[-1].text
    assert call.policy.waits_for_human


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", ["no_agents", "closed"])
def test_when_nobody_is_left_then_the_queue_is_left_and_a_call_back_offered(language: Language, why: str) -> None:
    call = waiting(language)
    found = call.feed(acts.WaitIsLong(why="closed" if why == "closed" else "no_agents"))
    assert found == ["stop looking", "say nobody_free", "offer callback", "say offer_callback"]


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "I'd rather leave a message for an agent", "please tell them that my meter is broken"),
        ("es", "prefiero dejar un mensaje", "díganle que mi contador está roto"),
    ],
)
def test_when_a_message_is_left_then_it_is_kept_after_a_silence(language: Language, text: str, words: str) -> None:
    call = waiting(language)
    call.feed(acts.WaitIsLong(why="long_wait", takes_messages=True))
    assert call.hear(text) == ["stop looking", "say message:begin", "take message"]
    call.play()
    call.feed(acts.CallerSpeaking(speaking=True))
    assert call.hear(words) == []
    call.feed(acts.CallerSpeaking(speaking=False))
    call.now_ms += 5_001
    assert call.feed(acts.DeadlineReached()) == ["keep message", "say message:end", "say anything_else"]
    assert "kept" in call.said[-2].text or "guardado" in call.said[-2].text


def test_when_the_key_is_pressed_then_the_message_is_over_at_once() -> None:
    call = waiting("en")
    call.feed(acts.WaitIsLong(why="long_wait", takes_messages=True))
    call.hear("leave a message")
    call.hear("it is about the bill of May")
    assert call.feed(acts.KeysPressed(digits="#"))[0] == "keep message"


def test_when_nothing_is_said_then_there_is_no_message() -> None:
    call = waiting("en")
    call.feed(acts.WaitIsLong(why="long_wait", takes_messages=True))
    call.hear("leave a message")
    call.play()
    call.now_ms += 120_000
    call.feed(acts.DeadlineReached())
    assert call.said[-2].text == "I didn't hear a message."


def test_when_danger_is_in_the_message_then_it_is_answered_as_anywhere() -> None:
    call = waiting("en")
    call.feed(acts.WaitIsLong(why="long_wait", takes_messages=True))
    call.hear("leave a message")
    found = call.hear("there is a fire in my kitchen and I can't get out")
    assert "danger danger_to_life" in found
    assert "keep message" in found


def test_when_no_messages_are_taken_then_asking_for_it_is_only_news() -> None:
    call = waiting("en")
    assert "take message" not in call.hear("can I leave a message for somebody")


@pytest.mark.parametrize(
    "text",
    [
        "leave a message",
        "I want to leave a voice mail",
        "voicemail please",
        "quiero dejar un recado",
        "el buzón de voz",
    ],
)
def test_when_a_message_is_asked_for_then_it_is_understood(text: str) -> None:
    assert wants_message(text)


@pytest.mark.parametrize("text", ["I got your message", "recibí un mensaje suyo", "the message on my bill"])
def test_when_a_message_is_only_spoken_of_then_none_is_taken(text: str) -> None:
    assert not wants_message(text)


def test_when_numbers_stand_before_nouns_then_they_agree() -> None:
    assert [in_words(1, "es"), in_words(1, "es", feminine=True)] == ["un", "una"]
    assert [in_words(21, "es"), in_words(21, "es", feminine=True)] == ["veintiún", "veintiuna"]
    assert [in_words(n, "en") for n in (1, 21, 30)] == ["one", "twenty-one", "thirty"]
    assert len({in_words(n, "es") for n in range(1, 31)}) == 30
    assert phrase_keys("es") == phrase_keys("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_nobody_works_at_this_hour_then_it_is_said_and_what_the_queue_wants_is_offered(language: Language) -> None:
    for outside, codes in (
        ("callback", ["escalate caller_asked", "say nobody_free", "offer callback", "say offer_callback"]),
        (
            "voicemail",
            ["escalate caller_asked", "say nobody_free", "stop looking", "say message:begin", "take message"],
        ),
    ):
        call = ScriptedCall(language, open=False, outside="voicemail" if outside == "voicemail" else "callback")
        call.begin()
        call.play()
        assert call.hear(PERSON[language]) == codes
        none_open = next(say.text for say in call.said if say.detail == "nobody_free")
        assert ("hour" if language == "en" else "hora") in none_open


@pytest.mark.parametrize(
    ("language", "opens", "spoken", "written"),
    [
        ("en", SUNDAY.replace(hour=16), "today at 4 in the afternoon", "today at 16:00"),
        ("es", SUNDAY.replace(hour=13), "hoy a la 1 de la tarde", "hoy a las 13:00"),
        ("en", SUNDAY.replace(day=23, hour=9), "tomorrow at 9 in the morning", "tomorrow at 9:00"),
        ("es", SUNDAY.replace(day=26, hour=9, minute=30), "el jueves a las 9:30 de la mañana", "el jueves a las 9:30"),
        (
            "en",
            SUNDAY.replace(month=12, day=1, hour=12),
            "on Tuesday, December 1 at noon",
            "on Tuesday, December 1 at 12:00",
        ),
        ("es", SUNDAY.replace(day=23, hour=0), "mañana", "mañana"),
    ],
)
def test_when_it_is_known_when_people_are_in_again_then_it_is_told(
    language: Language, opens: datetime, spoken: str, written: str
) -> None:
    for settings, words in ((DialogSettings(), spoken), (DialogSettings(medium="text"), written)):
        call = ScriptedCall(language, settings, open=False)
        call.begin()
        call.play()
        hours = acts.HoursAre(now_local=SUNDAY, open=False, opens_at=opens, outside="callback")
        call.feed(hours)
        assert "say opens" in call.hear(PERSON[language])
        told = next(say.text for say in call.said if say.detail == "opens")
        assert told.endswith(f" {words}.")


def test_when_who_writes_shall_leave_a_message_then_no_call_back_is_offered() -> None:
    call = ScriptedCall("en", DialogSettings(medium="text"), open=False, outside="message")
    call.begin()
    call.play()
    assert call.hear(PERSON["en"]) == ["escalate caller_asked", "say nobody_free"]


def test_when_nobody_works_and_the_call_may_not_be_recorded_then_a_call_back_is_offered() -> None:
    call = ScriptedCall("en", DialogSettings(recording="off"), open=False, outside="voicemail")
    call.begin()
    call.play()
    assert call.hear(PERSON["en"])[-1] == "say offer_callback"


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_the_queue_closes_while_a_caller_waits_then_it_is_said_that_it_is_the_hour(language: Language) -> None:
    call = waiting(language)
    assert "offer callback" in call.feed(acts.WaitIsLong(why="closed", takes_messages=True))
    assert ("hour" if language == "en" else "hora") in next(s.text for s in call.said if s.detail == "nobody_free")


@pytest.mark.parametrize(("language", "more"), [("en", "please"), ("es", "por favor")])
def test_when_the_caller_goes_on_over_an_offer_that_nobody_heard_then_that_is_no_yes_and_it_is_made_again(
    language: Language, more: str
) -> None:
    call = ScriptedCall(language, agents=1)
    call.begin()
    call.hear(PERSON[language])
    call.play()
    call.feed(acts.HandoverFailed())
    cut, call.unplayed[:] = list(call.unplayed), []
    for say_id in cut:
        call.feed(acts.SayDone(say_id=say_id, heard_text="", interrupted=True))
    assert call.hear(more) == ["say offer_callback"]
    call.play()
    assert call.hear({"en": "yes", "es": "sí"}[language]) == ["say confirm:phone"]
