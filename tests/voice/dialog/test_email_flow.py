"""A flow that asks for an e-mail address: read back at once, corrected, confirmed, in both languages."""

from __future__ import annotations

from datetime import date

import pytest

from calls.ids import Language
from voice.dialog.flow import FlowRun
from voice.dialog.flow_reply import Fill, FlowReply
from voice.dialog.flow_spec import FlowSpec, read_flow
from voice.dialog.settings import DialogSettings

FLOW = """
name = "paperless"
topic = ""
key = ""
action = "note"
[triggers]
[en]
intro = "I'll note your e-mail address."
closing = "Thank you. Your reference number is {reference}."
confirm = "So, bills for account {account_number} to {email}. Is that right?"
[es]
intro = "Voy a anotar su correo."
closing = "Gracias. Su número de referencia es {reference}."
confirm = "Entonces, las facturas de la cuenta {account_number} a {email}. ¿Es correcto?"
[[slots]]
name = "email"
type = "email"
expects = "email"
confirm = "always"
[slots.en]
ask = "What is your e-mail address?"
again = "Please spell your e-mail address."
[slots.es]
ask = "¿Cuál es su correo?"
again = "Deletree su correo, por favor."
"""

ACCOUNT = """
[[slots]]
name = "account_number"
type = "account_number"
expects = "digits"
[slots.en]
ask = "What is your account number?"
again = "Please tell me the 8 digits one by one."
[slots.es]
ask = "¿Cuál es su número de cuenta?"
again = "Dígame las 8 cifras una por una."
"""


def begun(spec: FlowSpec, language: Language) -> FlowRun:
    run = FlowRun(spec, DialogSettings(), date(2026, 11, 22), "")
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
    ("en", "hmm", "it's jon dot smith at gmail dot com", " dot ", " at ", "no",
     "john dot smith at gmail dot com", "yes, that's right"),
    ("es", "pues", "es juan punto peres arroba gmail punto com", " punto ", " arroba ", "no",
     "juan punto perez arroba gmail punto com", "sí, correcto"),
]  # fmt: skip
VALUES = {
    "en": ("jon.smith@gmail.com", "john.smith@gmail.com"),
    "es": ("juan.peres@gmail.com", "juan.perez@gmail.com"),
}


@pytest.mark.parametrize(("language", "noise", "wrong", "dot", "at", "no", "right", "yes"), DIALOGUES)
def test_when_an_address_was_misheard_then_it_is_asked_for_again_and_noted_once_it_is_confirmed(
    language: Language, noise: str, wrong: str, dot: str, at: str, no: str, right: str, yes: str
) -> None:
    first, second = VALUES[language]
    run = begun(read_flow(FLOW), language)
    assert run.hear(noise, language).status == "not_understood"
    read_back(run.hear(wrong, language), first, dot, at)
    asked = run.hear(no, language)
    assert asked.lines[0].text == run.spec.slots[0].texts[language]["again"]
    assert "email" not in run.values
    read_back(run.hear(right, language), second, dot, at)
    done = run.hear(yes, language)
    assert done.status == "done"
    assert done.fills == (Fill("email", second, confirmed=True, secret=False),)


@pytest.mark.parametrize(
    ("language", "address", "correction", "account", "summary_no", "again"),
    [
        ("en", "jon at example dot org", "no, it's john at example dot org", "four zero two nine five five two seven",
         "no, the e-mail address is wrong", "john at example dot net"),
        ("es", "ana arroba ejemplo punto es", "no, es anna arroba ejemplo punto es",
         "cuatro cero dos nueve cinco cinco dos siete", "no, el correo está mal", "anna arroba ejemplo punto org"),
    ],
)  # fmt: skip
def test_when_an_address_is_corrected_in_one_breath_or_in_the_summary_then_the_newest_counts(
    language: Language, address: str, correction: str, account: str, summary_no: str, again: str
) -> None:
    run = begun(read_flow(FLOW + ACCOUNT), language)
    run.hear(address, language)
    corrected = {"en": "john@example.org", "es": "anna@ejemplo.es"}[language]
    read_back(run.hear(correction, language), corrected)
    assert run.press("1", language).lines[0].detail == "slot:account_number"
    summary = run.hear(account, language)
    assert summary.lines[0].detail == "flow:paperless:confirm"
    assert "4 0 2 9" in summary.lines[0].text
    assert run.hear(summary_no, language).lines[0].detail == "slot:email"
    newest = {"en": "john@example.net", "es": "anna@ejemplo.org"}[language]
    read_back(run.hear(again, language), newest)
    run.press("1", language)
    done = run.press("1", language)
    assert done.status == "done"
    assert Fill("email", newest, confirmed=True, secret=False) in done.fills
