"""Feeling that lasts: by the words' estimate too, and never by one turn or by a doubtful one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calls.ids import TurnId
from calls.speech import EmotionEstimate, WordsEstimate
from tests.voice.dialog import scripted
from tests.voice.feelings.test_call import direction, model
from voice.dialog import acts
from voice.dialog.mood import MoodWatch, heated_estimate
from voice.feelings.call import Heard, read_feeling


def estimate(text: str) -> WordsEstimate:
    return read_feeling(model(), Heard(), text, "en", direction(0))[0]


WEARY = estimate("it keeps asking, I've already told you, and still waiting")
LOST = estimate("sorry, I don't follow, what does that mean?")


def test_when_the_words_are_weary_twice_then_a_person_is_offered() -> None:
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    assert "escalate emotion" not in call.hear("it asks for my number and then for my number", words=WEARY)
    call.play()
    assert "escalate emotion" in call.hear("and there it is once more", words=WEARY)


@pytest.mark.parametrize("words", [LOST, replace(WEARY, abstained=True), None], ids=["confused", "unsure", "unknown"])
def test_when_the_caller_is_confused_or_nothing_is_sure_then_nobody_is_called(
    words: WordsEstimate | None,
) -> None:
    assert not heated_estimate(words)
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    for _ in range(3):
        assert "escalate emotion" not in call.hear("there are two numbers on my bill", words=words)
        call.play()


def angry(prob: float, *, abstained: bool = False) -> EmotionEstimate:
    return EmotionEstimate(
        anger_prob=prob, arousal_score=prob, uncertainty=0.1, abstained=abstained, reasons=(), model="test"
    )


def test_when_the_voice_is_estimated_late_then_it_counts_as_if_it_had_come_in_time() -> None:
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    call.hear("there are two numbers on my bill")
    call.feed(acts.EmotionFound(turn_id=TurnId(f"turn-{call.turns}"), emotion=angry(0.9)))
    call.play()
    assert "escalate emotion" not in call.hear("and the other one is wrong")
    said = call.feed(acts.EmotionFound(turn_id=TurnId(f"turn-{call.turns}"), emotion=angry(0.9)))
    assert "escalate emotion" in said


def test_when_a_late_voice_is_of_an_older_turn_or_counts_already_then_nothing_is_counted_twice() -> None:
    watch = MoodWatch(anger_prob=0.6)
    assert not watch.hear("this is outrageous", None)
    assert not watch.hear_late(angry(0.9)), "one turn is one turn"
    assert watch.heated == 1
    assert not watch.hear_late(angry(0.9, abstained=True))
    assert watch.heated == 1
    assert watch.hear("outrageous, I say", None)
    assert not watch.hear_late(angry(0.9)), "it led to an offer already"
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    call.hear("there are two numbers on my bill", anger=0.9)
    call.play()
    call.hear("and the other one is wrong")
    assert "escalate emotion" not in call.feed(acts.EmotionFound(turn_id=TurnId("turn-1"), emotion=angry(0.9)))
