"""A caller who is known to need something gets it from the first word on, without having to ask each time."""

from __future__ import annotations

import pytest

from calls.ids import Language
from tests.voice.dialog import scripted
from voice.dialog import acts
from voice.dialog.needs import TIME_FACTOR
from voice.dialog.policy import DialogPolicy
from voice.dialog.settings import DialogSettings

BEGAN = acts.CallBegan(now_local=scripted.SUNDAY, caller=scripted.CALLER, open=True, agents_signed_in=0)


class Line:
    """A policy, what it did, and what it said."""

    def __init__(self, language: Language = "es") -> None:
        self.policy = DialogPolicy(DialogSettings(), language, new_reference=lambda _: "48213")
        self.now_ms = 0

    def feed(self, event: acts.DialogInput) -> tuple[acts.DialogAct, ...]:
        return self.policy.step(event, self.now_ms)

    def says(self, event: acts.DialogInput) -> list[acts.Say]:
        return [act for act in self.feed(event) if isinstance(act, acts.Say)]

    def silence_after(self, said: list[acts.Say]) -> int:
        """Return how long the bot waits for the caller after its sentences were heard."""
        for say in said:
            self.feed(acts.SayDone(say_id=say.say_id, heard_text=say.text, interrupted=False))
        deadline = self.policy.next_deadline_ms()
        assert deadline is not None
        return deadline - self.now_ms


def test_when_needs_are_known_before_the_greeting_then_it_is_slow_and_in_the_callers_language() -> None:
    line = Line("es")
    assert line.feed(acts.CallerNeeds(slower=True, language="en")) == ()
    decided = line.feed(BEGAN)
    assert acts.SetLanguage(language="en", how="preference") in decided
    said = [act for act in decided if isinstance(act, acts.Say)]
    assert {say.language for say in said if say.detail != "language.offer"} == {"en"}
    assert all(say.speed < 1 for say in said)


def test_when_nothing_is_known_then_the_greeting_is_as_ever() -> None:
    plain, told = Line(), Line()
    told.feed(acts.CallerNeeds())
    assert told.feed(BEGAN) == plain.feed(BEGAN)


def test_when_the_caller_needs_time_then_silence_may_last_longer() -> None:
    plain, slow = Line(), Line()
    slow.feed(acts.CallerNeeds(more_time=True))
    assert slow.silence_after(slow.says(BEGAN)) == TIME_FACTOR * plain.silence_after(plain.says(BEGAN))


@pytest.mark.parametrize("early", [True, False])
def test_when_the_caller_prefers_keys_then_they_are_told_which_and_the_keys_work(early: bool) -> None:
    line = Line("en")
    if early:
        line.feed(acts.CallerNeeds(keypad=True))
        said = line.says(BEGAN)
    else:
        line.feed(BEGAN)
        said = line.says(acts.CallerNeeds(keypad=True))
    assert said[-1].text.startswith("If you'd rather use the keys: press 1")
    answer = line.feed(acts.KeysPressed(digits="0"))
    assert any(isinstance(act, acts.Escalate) for act in answer)


def test_when_the_language_becomes_known_during_the_greeting_then_it_changes_and_the_notice_is_given_in_it() -> None:
    line = Line("es")
    line.feed(BEGAN)
    decided = line.feed(acts.CallerNeeds(language="en"))
    assert acts.SetLanguage(language="en", how="preference") in decided
    said = [act for act in decided if isinstance(act, acts.Say)]
    assert [say.language for say in said] == ["en"] * len(said)
    assert any(say.text == "How can I help you?" for say in said)


def test_when_the_caller_has_spoken_then_their_own_language_stays_and_the_rest_is_done() -> None:
    call = scripted.ScriptedCall("es")
    call.feed(acts.CallBegan(now_local=scripted.SUNDAY, caller=call.caller, open=True, agents_signed_in=0))
    call.hear("mi factura es muy alta")
    assert call.feed(acts.CallerNeeds(language="en", slower=True, keypad=True)) == []


def test_when_needs_come_twice_then_the_second_time_changes_nothing() -> None:
    once, twice = Line(), Line()
    needs = acts.CallerNeeds(slower=True, more_time=True)
    for line, times in ((once, 1), (twice, 2)):
        line.feed(BEGAN)
        for _ in range(times):
            line.feed(needs)
    turn = acts.KeysPressed(digits="*")
    assert once.feed(turn) == twice.feed(turn)


HISTORY = acts.HistoryKnown(matter="Your bill explained", when="today")


def test_when_the_caller_proved_who_they_are_then_an_earlier_contact_is_mentioned_once() -> None:
    line = Line("en")
    line.feed(BEGAN)
    (said,) = line.says(HISTORY)
    assert said.text.startswith("I see that you contacted us earlier today: Your bill explained.")
    assert not any("contacted us" in say.text for say in line.says(acts.KeysPressed(digits="5")))


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_a_form_is_being_filled_in_then_the_mention_waits_until_it_is_done(language: Language) -> None:
    line = Line(language)
    line.feed(BEGAN)
    line.feed(acts.KeysPressed(digits="4"))
    assert line.says(HISTORY) == []
    said = [say.text for _ in range(3) for say in line.says(acts.KeysPressed(digits="2"))]
    mentions = [text for text in said if "Your bill explained" in text]
    assert len(mentions) <= 1
