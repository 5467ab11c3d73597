"""The line breaks into the talk: hold by the caller's side, and somebody else coming to the phone."""

from __future__ import annotations

import pytest

from calls.ids import Language
from tests.voice.dialog import scripted
from voice.dialog import acts
from voice.dialog.settings import DialogSettings

HELD, BACK = acts.CallerHeld(held=True), acts.CallerHeld(held=False)
HOUR_MS = 3_600_000


def texts(call: scripted.ScriptedCall, codes: list[str]) -> list[str]:
    return [say.text for say in call.said[-len(codes) :]]


def cut_off(call: scripted.ScriptedCall) -> list[str]:
    """The speaker drops all that it was saying."""
    found = []
    while call.unplayed:
        found += call.feed(acts.SayDone(say_id=call.unplayed.pop(0), heard_text="", interrupted=True))
    return found


@pytest.mark.parametrize(
    ("language", "back", "question"),
    [
        ("en", "Let's go on where we were.", "How can I help you?"),
        ("es", "Seguimos donde estábamos.", "¿En qué puedo ayudarle?"),
    ],
)
def test_when_a_hold_is_over_then_the_question_in_hand_is_put_again(
    language: Language, back: str, question: str
) -> None:
    call = scripted.ScriptedCall(language)
    call.begin()
    assert call.feed(HELD) == []
    call.now_ms += HOUR_MS
    codes = call.feed(BACK)
    assert codes == ["say hold", "say open"]
    assert texts(call, codes) == [back, question]


def test_when_we_are_held_then_no_deadline_is_due_and_silence_noise_and_keys_mean_nothing() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    call.feed(HELD)
    assert call.policy.next_deadline_ms() is None
    call.now_ms += HOUR_MS
    for event in (acts.DeadlineReached(), acts.HeardNothing(), acts.KeysPressed(digits="0")):
        assert call.feed(event) == []
    call.feed(BACK)
    due_ms = call.policy.next_deadline_ms()
    assert due_ms is not None
    assert due_ms > call.now_ms


def test_when_a_hold_cuts_a_sentence_off_then_it_is_said_again_and_nothing_else() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    question = call.feed(acts.KeysPressed(digits="2"))
    call.feed(HELD)
    assert cut_off(call) == []
    codes = call.feed(BACK)
    assert codes == ["say hold", *(code for code in question if code.startswith("say"))]


def test_when_a_hold_cuts_the_notice_off_then_it_is_given_whole_before_anything_counts_as_agreed() -> None:
    call = scripted.ScriptedCall("en")
    call.feed(acts.CallBegan(now_local=scripted.SUNDAY, caller="", open=True, agents_signed_in=0))
    call.feed(HELD)
    cut_off(call)
    codes = call.feed(BACK)
    assert "say greeting.automatic" in codes
    assert "say greeting.record_and_feel" in codes
    assert "notice recording emotion" in call.play()


def test_when_the_answer_was_found_during_a_hold_then_it_follows_the_return() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    call.hear("why is my bill so high this month")
    call.feed(HELD)
    found = acts.PassagesFound(query_id=call.queries[-1], passages=call.passages("bill-explained 0.9"))
    assert call.feed(found) == []
    codes = call.feed(BACK)
    assert codes[0] == "say hold"
    assert "found bill-explained" in codes


def test_when_nobody_holds_us_then_coming_back_says_nothing() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    assert call.feed(BACK) == []


def test_when_a_person_has_the_caller_then_a_hold_is_no_matter_of_ours() -> None:
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    call.hear("I want to talk to a person")
    call.feed(acts.HandedOver())
    assert call.feed(HELD) == []
    assert call.feed(BACK) == []


def test_when_somebody_else_comes_to_the_phone_then_they_are_told_what_answers_and_what_is_kept() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    call.feed(HELD)
    codes = call.feed(acts.CallerReplaced(caller="+34600000001"))
    assert codes[:2] == ["consent recording no anew", "consent emotion no anew"]
    assert codes[2:] == ["say greeting", "say greeting.automatic", "say greeting.record_and_feel", "say open"]
    assert {"notice recording emotion", "consent recording yes stayed", "consent emotion yes stayed"} <= set(
        call.play()
    )


def test_when_consent_must_be_asked_then_somebody_else_is_asked_anew() -> None:
    call = scripted.ScriptedCall("en", settings=DialogSettings(recording="ask", emotion="off"))
    call.begin()
    assert "consent recording yes words" in call.hear("yes")
    call.play()
    codes = call.feed(acts.CallerReplaced(caller=""))
    assert "consent recording no anew" in codes
    assert "say greeting.ask_record" in codes
    call.play()
    assert "consent recording no words" in call.hear("no")


def test_when_somebody_else_comes_to_the_phone_in_a_flow_then_it_goes_on_with_its_question() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    call.line("# 2")
    call.play()
    assert call.feed(acts.CallerReplaced(caller=""))[-1].startswith("say slot:")
