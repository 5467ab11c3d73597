"""What a turn brings, whole: off-switches before people, callbacks, going back, the dial plan's own beginnings."""

from __future__ import annotations

import pytest

from calls.ids import Language
from tests.voice.dialog import scripted
from voice.dialog import acts
from voice.dialog.settings import DialogSettings


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "halt the recording, would you"),
        ("en", "you do not have my permission to tape this"),
        ("es", "apáguenme la grabadora"),
        ("es", "detenga la grabación"),
    ],
)
def test_when_recording_is_to_stop_then_it_stops_and_nobody_is_looked_for(language: Language, said: str) -> None:
    call = scripted.ScriptedCall(language, agents=1)
    call.begin()
    brought = call.line(f"> {said}")
    assert brought[:2] == ["consent recording no words", "say consent.recording_off"]
    assert not any(code.startswith(("escalate", "look up")) for code in brought)


@pytest.mark.parametrize("said", ["don't record this and get me an agent", "no me grabe y páseme con una persona"])
def test_when_recording_is_to_stop_and_a_person_is_wanted_then_both_are_done(said: str) -> None:
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    brought = call.line(f"> {said}")
    assert "consent recording no words" in brought
    assert brought[-2:] == ["escalate caller_asked", "say escalate:caller_asked"]


@pytest.mark.parametrize(("language", "said"), [("es", "quiero darme de baja"), ("en", "please check my meter")])
def test_when_a_person_is_offered_and_a_new_matter_comes_up_then_it_is_looked_up(language: Language, said: str) -> None:
    call = scripted.ScriptedCall(language, agents=1)
    call.begin()
    call.line("> who won the match last night")
    call.line("found x 0.1")
    assert call.policy.state == "talking:offer_human"
    assert call.line(f"> {said}") == [f"look up {said}"]


@pytest.mark.parametrize(
    "said",
    [
        "could one of you ring me when you've got a minute",
        "give me a bell once you're less busy",
        "just phone me when there's a free moment",
        "¿me pueden dar un toque cuando tengan un minuto?",
        "llámenme cuando puedan",
    ],
)
def test_when_the_caller_wants_to_be_rung_later_then_a_callback_is_noted_and_nobody_waits(said: str) -> None:
    call = scripted.ScriptedCall("es" if "puedan" in said or "¿" in said else "en")
    call.begin()
    assert call.line(f"> {said}")[-2:] == ["say flow:callback", "say confirm:phone"]


@pytest.mark.parametrize("said", ["they said they would call me when they can", "no me llamen más tarde", "wait a sec"])
def test_when_a_call_is_only_spoken_of_then_no_callback_is_noted(said: str) -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    assert "say confirm:phone" not in call.line(f"> {said}")


@pytest.mark.parametrize("agents", [0, 1])
@pytest.mark.parametrize(
    ("language", "danger", "said"),
    [
        ("en", "my kitchen is on fire", "what number was that"),
        ("en", "my kitchen is on fire", "say that again"),
        ("en", "I smell gas", "which number do I call"),
        ("es", "hay un incendio en mi cocina", "¿qué número ha dicho?"),
        ("es", "huele a gas", "¿a qué número tengo que llamar?"),
    ],
)
def test_when_the_advice_was_not_got_then_it_is_given_again_also_while_a_person_is_looked_for(
    language: Language, danger: str, said: str, agents: int
) -> None:
    call = scripted.ScriptedCall(language, agents=agents)
    call.begin()
    call.line(f"> {danger}")
    if agents:
        call.line("silence")
    advice = next(say.text for say in call.said if say.kind == "safety")
    spoken = len(call.said)
    call.line(f"> {said}")
    assert [say.text for say in call.said[spoken:]] == [advice]


def test_when_the_talk_went_on_after_the_advice_then_a_repetition_is_of_what_was_said_last() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    call.line("> I smell gas")
    call.line("> how do I pay my bill")
    call.line("found payment-methods 0.9")
    assert "say topic:payment-methods" in call.line("> can you repeat that")


@pytest.mark.parametrize("language", ["es", "en"])
def test_when_the_dial_plan_starts_the_bill_then_it_is_explained_before_anything_is_asked(language: Language) -> None:
    call = scripted.ScriptedCall(language, flow="bill_explained")
    begun = call.begin()
    assert "say flow:bill_explained" in begun
    assert any(code.startswith("look up") for code in begun)
    assert "say slot:account_number" not in begun
    assert call.line("found bill-explained 0.9")[1:] == ["say topic:bill-explained", "say flow:bill_explained:offer"]


@pytest.mark.parametrize("language", ["es", "en"])
def test_when_the_number_leads_to_a_queue_then_a_person_is_looked_for_once_the_notice_was_heard(
    language: Language,
) -> None:
    call = scripted.ScriptedCall(language, agents=1, queue="complaints")
    begun = call.begin()
    assert begun[-2:] == ["escalate dial_plan", "say escalate:dial_plan"]
    assert begun.index("consent recording yes stayed") < begun.index("escalate dial_plan")
    assert "say greeting.how_can_i_help" not in begun


def test_when_the_number_leads_to_a_queue_and_nobody_is_there_then_a_callback_is_offered() -> None:
    call = scripted.ScriptedCall("en", queue="complaints")
    assert call.begin()[-4:] == ["escalate dial_plan", "say nobody_free", "offer callback", "say offer_callback"]


def test_when_the_caller_speaks_before_the_queue_then_the_words_are_the_matter() -> None:
    call = scripted.ScriptedCall("en", queue="complaints")
    call.feed(
        acts.CallBegan(
            now_local=scripted.SUNDAY, caller=scripted.CALLER, open=True, agents_signed_in=0, queue="complaints"
        )
    )
    assert call.hear("my bill is wrong for the third time") == []
    call.play()
    call.line("> yes please")
    call.line("> yes")
    assert [act.matter for act in call.booked] == ["my bill is wrong for the third time"]


def test_when_consent_is_asked_for_on_a_number_with_a_queue_then_the_answer_comes_first() -> None:
    call = scripted.ScriptedCall("en", agents=1, queue="complaints", settings=DialogSettings(recording="ask"))
    assert "escalate dial_plan" not in call.begin()
    assert call.line("> yes, that's fine")[-2:] == ["escalate dial_plan", "say escalate:dial_plan"]


IN_A_FLOW = [
    "> book a technician",
    "found technician-appointment 0.9",
    "> four zero two nine, five five one seven",
    "> can I talk to a person",
]


def in_flow_without_people(*lines: str, agents: int = 0) -> scripted.ScriptedCall:
    call = scripted.ScriptedCall("en", agents=agents)
    call.begin()
    for line in (*IN_A_FLOW, *lines):
        call.line(line)
    return call


def test_when_no_person_is_there_and_no_callback_is_wanted_then_the_flow_goes_on_with_its_values() -> None:
    call = in_flow_without_people("> no thanks")
    assert call.said[-1].text == "Shall we go on with the visit of the technician?"
    assert call.line("> tomorrow") == ["fill date=2026-11-23", "say slot:time"]
    call.line("> ten in the morning")
    assert "finish appointment 48213" in call.line("> yes")


@pytest.mark.parametrize(
    ("said", "brought"),
    [
        ("> yes please", ["say slot:date"]),
        ("> sure", ["say slot:date"]),
        ("> no", ["say flow:cancelled", "say anything_else"]),
        ("> no thank you", ["say flow:cancelled", "say anything_else"]),
    ],
)
def test_when_it_is_asked_whether_to_go_on_then_yes_asks_the_question_and_no_leaves_it(
    said: str, brought: list[str]
) -> None:
    assert in_flow_without_people("> no thanks").line(said) == brought


def test_when_a_summary_was_left_for_a_person_then_a_yes_to_going_on_does_not_confirm_it() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    for line in (*IN_A_FLOW[:3], "> tomorrow", "> ten in the morning", "# 0", "# 2"):
        call.line(line)
    assert call.line("# 1") == ["say flow:appointment:confirm"]
    assert "finish appointment 48213" in call.line("> yes")


def test_when_the_caller_no_longer_waits_for_a_person_then_the_flow_goes_on() -> None:
    call = in_flow_without_people("> never mind", agents=1)
    assert call.line("> tomorrow") == ["fill date=2026-11-23", "say slot:time"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "No, a different one"),
        ("en", "yes but on a different number"),
        ("en", "no, on my landline"),
        ("es", "sí, pero a otro número"),
        ("es", "no, al fijo"),
    ],
)
def test_when_another_number_is_wanted_then_it_is_asked_for(language: Language, said: str) -> None:
    for lines in (["> agent"], ["> agent", "> yes"]):
        call = scripted.ScriptedCall(language)
        call.begin()
        for line in lines:
            call.line(line)
        assert call.line(f"> {said}")[-1] == "say slot:phone"


@pytest.mark.parametrize("said", ["no me funciona el router", "I can't get online", "no tengo luz en casa"])
def test_when_a_no_belongs_to_new_trouble_then_it_is_looked_up_after_the_callback_is_declined(said: str) -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    call.line("> agent")
    brought = call.line(f"> {said}")
    assert "decline callback" in brought
    assert f"look up {said}" in brought


@pytest.mark.parametrize("said", ["no me interesa", "no tengo tiempo", "I don't have time for that", "no, thanks"])
def test_when_a_callback_is_not_wanted_then_it_is_declined_and_nothing_is_looked_up(said: str) -> None:
    call = scripted.ScriptedCall("es" if said.startswith("no ") else "en")
    call.begin()
    call.line("> agent")
    brought = call.line(f"> {said}")
    assert "say callback_declined" in brought
    assert not any(code.startswith("look up") for code in brought)
