"""The honest notice: it is never lost, and nothing counts as consent before it was heard in the caller's language."""

from __future__ import annotations

import pytest

from calls.ids import Language
from tests.voice.dialog import scripted
from voice.dialog import acts
from voice.dialog.opening import usual_opening
from voice.dialog.prompts import phrase
from voice.dialog.settings import ConsentMode, DialogSettings

ASK = DialogSettings(recording="ask", emotion="off")


def begun(language: Language = "en", settings: DialogSettings | None = None) -> scripted.ScriptedCall:
    """Return a call of which nothing was heard yet."""
    call = scripted.ScriptedCall(language, settings=settings or DialogSettings())
    call.feed(acts.CallBegan(now_local=scripted.SUNDAY, caller=call.caller, open=True, agents_signed_in=0))
    return call


def done(call: scripted.ScriptedCall, detail: str, *, interrupted: bool = False) -> list[str]:
    """End the last saying of `detail`."""
    say = next(say for say in reversed(call.said) if say.detail == detail)
    call.unplayed.remove(say.say_id)
    brought: list[str] = call.feed(acts.SayDone(say_id=say.say_id, heard_text="", interrupted=interrupted))
    return brought


def test_when_the_notice_was_heard_to_its_end_then_it_is_noted_and_staying_counts() -> None:
    call = begun()
    assert done(call, "greeting") == []
    assert done(call, "greeting.automatic") == []
    assert done(call, "greeting.record_and_feel") == [
        "notice recording emotion",
        "consent recording yes stayed",
        "consent emotion yes stayed",
    ]


def test_when_the_caller_talks_over_the_greeting_then_nothing_is_agreed_before_the_notice_is_heard() -> None:
    call = begun()
    over = call.hear("my internet is slow")
    assert not any(code.startswith(("consent", "notice")) for code in over)
    assert done(call, "language.offer", interrupted=True) == []
    done(call, "greeting.automatic")
    assert "consent recording yes stayed" in done(call, "greeting.record_and_feel")


def test_when_the_notice_was_cut_off_then_it_is_said_again_until_it_is_heard() -> None:
    call = begun()
    done(call, "greeting.automatic")
    assert done(call, "greeting.record_and_feel", interrupted=True) == ["say greeting.record_and_feel"]
    assert "consent recording yes stayed" in done(call, "greeting.record_and_feel")


def test_when_the_notice_can_never_be_heard_then_nothing_is_agreed_and_it_is_not_said_for_ever() -> None:
    call = begun()
    brought: list[str] = []
    for _ in range(20):
        for say_id in list(call.unplayed):
            call.unplayed.remove(say_id)
            brought += call.feed(acts.SayDone(say_id=say_id, heard_text="", interrupted=True))
    assert 1 <= len([code for code in brought if code.startswith("say")]) < 8
    assert not any(code.startswith(("consent", "notice")) for code in brought)


@pytest.mark.parametrize("key", ["1", "2", "3", "0", "5", "9"])
def test_when_a_key_is_pressed_during_the_greeting_then_it_agrees_to_nothing(key: str) -> None:
    for settings in (DialogSettings(), ASK):
        call = begun("es", settings)
        brought = call.feed(acts.KeysPressed(digits=key))
        assert not any("yes" in code for code in brought if code.startswith("consent"))


def test_when_a_key_says_yes_before_the_question_was_heard_then_it_is_asked_again_and_may_be_answered() -> None:
    call = begun("en", ASK)
    assert call.feed(acts.KeysPressed(digits="1")) == ["say greeting.ask_again"]
    call.play()
    assert "consent recording yes key" in call.feed(acts.KeysPressed(digits="1"))


def test_when_a_no_comes_before_the_question_was_heard_then_it_counts() -> None:
    call = begun("en", ASK)
    assert "consent recording no key" in call.feed(acts.KeysPressed(digits="2"))


@pytest.mark.parametrize("how", ["# 9", ">en in English, please", ">en my internet is very slow"])
def test_when_another_language_is_chosen_right_after_the_notice_then_staying_waits_for_the_notice_in_it(
    how: str,
) -> None:
    call = scripted.ScriptedCall("es")
    call.begin()
    brought = call.line(how)
    assert brought.count("say greeting.record_and_feel") == 1
    off, on = brought.index("consent recording no stayed"), brought.index("consent recording yes stayed")
    assert off < brought.index("say greeting.record_and_feel") < brought.index("notice recording emotion") < on
    told = next(say for say in reversed(call.said) if say.detail == "greeting.record_and_feel")
    assert told.language == "en"
    assert "say greeting.record_and_feel" not in call.line("> how do I pay my bill")


def test_when_another_language_is_chosen_over_the_greeting_then_only_its_own_notice_counts() -> None:
    call = begun("es")
    first = list(call.unplayed)
    brought = call.feed(acts.KeysPressed(digits="9"))
    assert brought.count("say greeting.record_and_feel") == 1
    for say_id in first:
        call.unplayed.remove(say_id)
        assert call.feed(acts.SayDone(say_id=say_id, heard_text="", interrupted=False)) == []
    assert "consent recording yes stayed" in call.play()


def test_when_the_language_changes_later_in_the_call_then_the_notice_is_not_given_again() -> None:
    call = scripted.ScriptedCall("es")
    call.begin()
    call.line("> ¿cómo pago la factura?")
    call.line("found payment-methods 0.9")
    brought = call.line("# 9")
    assert not any(code.startswith(("consent", "say greeting.record")) for code in brought)


def test_when_consent_is_asked_for_and_the_language_changes_then_the_question_is_asked_in_it() -> None:
    call = scripted.ScriptedCall("es", settings=ASK)
    call.begin()
    brought = call.line("# 9")
    assert brought.count("say greeting.ask_record") == 1
    assert "consent recording yes words" in call.line("> yes, that's fine")


def test_when_recording_was_refused_in_words_then_a_new_notice_does_not_speak_of_it() -> None:
    call = begun("es")
    call.hear("don't record me", language="en")
    assert "consent recording yes stayed" not in call.play()
    assert call.said[-1].language == "en"


def test_when_recording_was_refused_before_the_notice_was_cut_off_then_only_what_still_holds_is_said_again() -> None:
    call = begun("en")
    call.feed(acts.KeysPressed(digits="7"))
    assert done(call, "greeting.record_and_feel", interrupted=True) == ["say greeting.feel"]


@pytest.mark.parametrize(
    ("settings", "before", "told"),
    [
        (DialogSettings(), [], ["recording_given", "emotion_given", "kept", "off", "feel_off"]),
        (DialogSettings(), ["> don't record me"], ["recording_refused", "emotion_given", "kept", "feel_off"]),
        (DialogSettings(), ["# 7", "# 8"], ["recording_refused"]),
        (DialogSettings(recording="off", emotion="off"), [], ["recording_never", "kept"]),
        (ASK, [], ["recording_unasked"]),
        (ASK, ["> no"], ["recording_refused"]),
    ],
)
def test_when_it_is_asked_what_is_kept_then_the_answer_is_what_holds_at_this_moment(
    settings: DialogSettings, before: list[str], told: list[str]
) -> None:
    call = scripted.ScriptedCall("en", settings=settings)
    call.begin()
    for line in before:
        call.line(line)
    spoken = len(call.said)
    call.line("> are you recording this call?")
    expected = [phrase(settings, "en", f"privacy.{name}") for name in told]
    assert [say.text for say in call.said[spoken:]][: len(told)] == expected
    assert not any("90" not in say.text for say in call.said[spoken:] if "days" in say.text)


@pytest.mark.parametrize("recording", ["stay", "ask", "off"])
@pytest.mark.parametrize("emotion", ["stay", "ask", "off"])
@pytest.mark.parametrize("other_language", [True, False])
def test_when_a_call_begins_then_what_is_said_is_the_usual_opening(
    recording: ConsentMode, emotion: ConsentMode, other_language: bool
) -> None:
    settings = DialogSettings(recording=recording, emotion=emotion, other_language=other_language)
    usual = usual_opening(settings, "es")
    said = [(say.text, say.language) for say in begun("es", settings).said]
    assert said == usual[: len(said)]
    assert len(usual) - len(said) == int("ask" in (recording, emotion)), "the open question comes after the answer"


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(
    ("recording", "emotion", "keys"),
    [("stay", "stay", "78"), ("stay", "off", "7"), ("off", "stay", "8"), ("ask", "ask", "12"), ("ask", "stay", "812")],
)
def test_when_the_notice_is_given_then_it_names_the_key_of_each_choice_and_the_key_does_it(
    language: Language, recording: ConsentMode, emotion: ConsentMode, keys: str
) -> None:
    call = begun(language, DialogSettings(recording=recording, emotion=emotion, other_language=False))
    told = " ".join(say.text for say in call.said)
    assert sorted(char for char in told if char.isdigit()) == sorted(keys)
    call.play()
    if "7" in keys:
        assert "consent recording no key" in call.line("# 7#")
    if keys == "78":
        assert "consent emotion no key" in call.line("# 8#")
