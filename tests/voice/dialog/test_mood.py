"""Feeling that lasts: by the words' estimate too, and never by one turn or by a doubtful one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calls.speech import WordsEstimate
from tests.voice.dialog import scripted
from tests.voice.feelings.test_call import direction, model
from voice.dialog.mood import heated_estimate
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
