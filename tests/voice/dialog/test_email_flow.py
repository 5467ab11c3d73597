"""The form for the electronic bill: its address is spelled back, corrected and confirmed, in both languages."""

from __future__ import annotations

from datetime import date

import pytest

from calls.ids import Language
from tests.voice.dialog import scripted
from voice.dialog.flow import FlowRun
from voice.dialog.flow_reply import Fill, FlowReply
from voice.dialog.flow_spec import flow_asked_for, load_flows
from voice.dialog.settings import DialogSettings
from voice.dialog.slots import KEYLESS, SLOT_TYPES, parse_keys, spell_value

FORM = "electronic_bill"
SUNDAY = date(2026, 11, 22)


def begun(language: Language, settings: DialogSettings | None = None) -> FlowRun:
    run = FlowRun(load_flows()[FORM], settings or DialogSettings(), SUNDAY, "")
    asked = run.begin(language, offer=False)
    assert (asked.lines[0].detail, asked.lines[0].expects) == ("slot:email", "email")
    return run


def read_back(reply: FlowReply, value: str, *spoken: str) -> None:
    """Make sure that the address is read back, and nothing of it is settled."""
    assert reply.fills == (Fill("email", value, confirmed=False, secret=False),)
    (line,) = reply.lines
    assert (line.detail, line.expects) == ("confirm:email", "yes_no")
    assert all(word in line.text for word in spoken), line.text


DIALOGUES: list[tuple[Language, str, str, str, str, str, str, str]] = [
    ("en", "hmm", "it's jon dot smith at gmail dot com", "J, O, N, dot, S", " at ", "no",
     "jay oh aitch en dot smith at gmail dot com", "yes, that's right"),
    ("es", "pues", "es juan punto peres arroba gmail punto com", "J, U, A, N, punto, P", " arroba ", "no",
     "juan punto pe e ere e zeta arroba gmail punto com", "sí, correcto"),
]  # fmt: skip
VALUES = {
    "en": ("jon.smith@gmail.com", "john.smith@gmail.com"),
    "es": ("juan.peres@gmail.com", "juan.perez@gmail.com"),
}


@pytest.mark.parametrize(("language", "noise", "wrong", "dot", "at", "no", "right", "yes"), DIALOGUES)
def test_when_an_address_was_misheard_then_it_is_asked_for_again_and_kept_once_it_is_confirmed(
    language: Language, noise: str, wrong: str, dot: str, at: str, no: str, right: str, yes: str
) -> None:
    first, second = VALUES[language]
    run = begun(language)
    assert run.hear(noise, language).status == "not_understood"
    read_back(run.hear(wrong, language), first, dot, at)
    asked = run.hear(no, language)
    assert asked.lines[0].text == run.spec.slots[0].texts[language]["again"]
    assert "email" not in run.values
    read_back(run.hear(right, language), second, dot[:1], at)
    kept = run.hear(yes, language)
    assert kept.fills == (Fill("email", second, confirmed=True, secret=False),)
    assert kept.lines[0].detail == "slot:account_number"


@pytest.mark.parametrize(
    ("language", "address", "correction", "account", "summary_no", "again"),
    [
        ("en", "jon at example dot org", "no, it's john at example dot org", "four zero two nine five five two seven",
         "no, the e-mail address is wrong", "john at example dot net"),
        ("en", "jon at example dot org", "no, it's john at example dot org", "four zero two nine five five two seven",
         "no, I'm sorry, but the email that you read out is wrong", "john at example dot net"),
        ("es", "ana arroba ejemplo punto es", "no, es anna arroba ejemplo punto es",
         "cuatro cero dos nueve cinco cinco dos siete", "no, el correo está mal", "anna arroba ejemplo punto org"),
        ("es", "ana arroba ejemplo punto es", "no, es anna arroba ejemplo punto es",
         "cuatro cero dos nueve cinco cinco dos siete", "no, la dirección no es esa", "anna arroba ejemplo punto org"),
    ],
)  # fmt: skip
def test_when_an_address_is_corrected_in_one_breath_or_in_the_summary_then_the_newest_counts(
    language: Language, address: str, correction: str, account: str, summary_no: str, again: str
) -> None:
    run = begun(language)
    run.hear(address, language)
    corrected = {"en": "john@example.org", "es": "anna@ejemplo.es"}[language]
    read_back(run.hear(correction, language), corrected)
    assert run.press("1", language).lines[0].detail == "slot:account_number"
    summary = run.hear(account, language)
    assert summary.lines[0].detail == f"flow:{FORM}:confirm"
    assert "4 0 2 9" in summary.lines[0].text
    assert run.hear(summary_no, language).lines[0].detail == "slot:email"
    newest = {"en": "john@example.net", "es": "anna@ejemplo.org"}[language]
    read_back(run.hear(again, language), newest)
    run.press("1", language)
    done = run.press("1", language)
    assert done.status == "done"
    assert Fill("email", newest, confirmed=True, secret=False) in done.fills


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "no, it's in my mail somewhere, I would have to look"),
        ("es", "no lo sé, está en un correo que me mandaron hace tiempo"),
    ],
)
def test_when_the_account_number_is_looked_for_in_a_mail_then_the_address_stays(language: Language, words: str) -> None:
    run = begun(language)
    run.hear("ana@example.com", language)
    run.press("1", language)
    run.hear(words, language)
    assert (run.slot.name, run.values["email"]) == ("account_number", "ana@example.com")


@pytest.mark.parametrize(
    ("value", "language", "letters"),
    [
        ("wayne_k7@gmail.com", "en", "W, A, Y, N, E, underscore, K, 7"),
        ("wayne_k7@gmail.com", "es", "uve doble, A, i griega, N, E, guion bajo, K, 7"),
        ("a@mail.b-c.org", "en", "A, at, M, A, I, L, dot, B, hyphen, C, dot org"),
    ],
)
def test_when_an_address_is_spelled_then_signs_and_letters_that_voices_misread_are_words(
    value: str, language: Language, letters: str
) -> None:
    assert spell_value("email", value, language) == letters
    assert [spell_value(kind, "1", language) for kind in SLOT_TYPES if kind != "email"] == [""] * (len(SLOT_TYPES) - 1)


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_the_form_is_filled_in_in_writing_then_nothing_is_spelled_and_no_voice_is_asked_for(
    language: Language,
) -> None:
    run = begun(language, DialogSettings(medium="text"))
    assert "?" in run.question(language).text
    assert not {"slowly", "spell", "despacio", "deletree"} & set(run.question(language).text.lower().split())
    text = run.hear("Ana.Perez@Example.com", language).lines[0].text
    assert "ana.perez@example.com" in text
    assert "A, N, A" not in text


@pytest.mark.parametrize(
    ("language", "words", "value"),
    [
        ("en", "it's mary dot o brien at gmail dot com", "mary.obrien@gmail.com"),
        ("en", "agent double o seven at example dot com", "agent007@example.com"),
        ("en", "mary seven o five at example dot com", "mary705@example.com"),
        ("en", "jane doe at gmail", "janedoe@gmail.com"),
        ("es", "jota pérez, todo junto, arroba gmail", "jperez@gmail.com"),
        ("en", "Mary underscore Jones@gmail.com.", "mary_jones@gmail.com"),
        ("en", "It's Mary_Jones at gmail.com", "mary_jones@gmail.com"),
        ("en", "J, O, H, N dot smith@gmail.com", "john.smith@gmail.com"),
        ("en", "send it to a john.smith@gmail.com", "john.smith@gmail.com"),
        ("es", "María punto Gómez@gmail.com", "maria.gomez@gmail.com"),
        ("es", "Es María.gomezarrovajemail.com", "maria.gomez@gmail.com"),
        ("es", "ana punto pe arroba empresa punto pe", "ana.p@empresa.pe"),
    ],
)
def test_when_an_address_is_said_as_people_say_it_then_it_is_understood(
    language: Language, words: str, value: str
) -> None:
    read_back(begun(language).hear(words, language), value)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "can't be given by keys"), ("es", "no se puede dar con las teclas")]
)
def test_when_keys_are_pressed_for_an_address_then_it_is_said_that_they_cannot_give_it_and_0_leads_to_a_person(
    language: Language, said: str
) -> None:
    call = scripted.ScriptedCall(language, flow=FORM)
    call.begin()
    call.line("# 33#")
    assert said in " ".join(say.text for say in call.said[-3:])
    assert "0" in call.said[-1].text
    assert call.line("# 0")[0] == "escalate caller_asked"


def test_when_a_type_has_no_keys_then_no_entry_is_ever_a_value_of_it() -> None:
    entries = ("1", "2", "0612", "1030", "28001", "40718236", "612345678", "60*50")
    taken = {kind for kind in SLOT_TYPES for keys in entries if parse_keys(kind, keys, "es", SUNDAY)}
    assert taken == set(SLOT_TYPES) - KEYLESS


@pytest.mark.parametrize(
    "words",
    [
        "I'd like to get my bill by e-mail, please",
        "switch me over to e-billing please",
        "send my bills to my email",
        "I want to go paperless",
        "Quiero la factura por correo electrónico y no en papel",
        "Cámbieme a factura sin papel, por favor",
        "me pueden mandar el recibo al correo",
        "quisiera pasarme a la factura electrónica",
    ],
)
def test_when_the_electronic_bill_is_asked_for_then_its_form_begins(words: str) -> None:
    found = flow_asked_for(words, DialogSettings().flows)
    assert found is not None
    assert found.name == FORM


@pytest.mark.parametrize(
    "words",
    [
        "How do I go paperless?",
        "can you send me last month's bill by email again",
        "I want a copy of the bill of March by email",
        "I asked for the electronic bill and nothing arrives",
        "I don't like the email bill, I want the letter back",
        "the email with my bill looks like fraud",
        "¿Cuánto ahorro con la factura digital?",
        "quítenme la factura por internet, prefiero el papel",
        "quiero la factura de marzo por correo electrónico",
        "Me registré para recibir la boleta por mail, pero me sigue llegando al buzón",
        "quiero la factura por correo postal",
    ],
)
def test_when_something_else_about_bills_and_mail_is_said_then_the_form_does_not_begin(words: str) -> None:
    found = flow_asked_for(words, DialogSettings().flows)
    assert found is None or found.name != FORM


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "no thanks"), ("en", "no, I don't want that"), ("es", "no, gracias"), ("es", "no quiero nada, gracias")],
)
def test_when_the_caller_wants_no_form_after_all_then_it_is_dropped_and_nothing_is_noted(
    language: Language, words: str
) -> None:
    call = scripted.ScriptedCall(language, flow=FORM)
    call.begin()
    assert call.line(f"> {words}") == ["say flow:cancelled", "say anything_else"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_the_paper_bill_is_wanted_back_then_the_form_is_not_offered(language: Language) -> None:
    call = scripted.ScriptedCall(language)
    call.begin()
    call.line("> about my bill")
    assert "say anything_else" in call.line("found paper-to-ebill 0.9")
