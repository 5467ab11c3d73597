"""Yes, no and consent: an explicit yes agrees, small talk before a matter does not."""

from __future__ import annotations

import pytest

from voice.dialog.slots.yes_no import clear_no, clear_yes, parse_yes_no


def answer(text: str) -> str | None:
    parsed = parse_yes_no(text, "en")
    return parsed.value if parsed is not None else None


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "yes you may record",
        "I agree",
        "sure, go ahead",
        "that's fine by me",
        "yes, and I'd like to know my balance",
        "okay",
        "sí, puede grabar",
        "sí, claro",
        "de acuerdo, no hay problema",
        "le doy permiso",
        "no me importa",
        "sí, quería cambiar de tarifa",
        "vale",
    ],
)
def test_when_the_caller_agrees_beyond_doubt_then_it_is_consent(text: str) -> None:
    assert clear_yes(text)


@pytest.mark.parametrize(
    "text",
    [
        "okay so I have a problem with my router",
        "right, so my internet is slow",
        "ok hi",
        "yes hello",
        "yeah hi it's about roaming",
        "sure hope you can help",
        "please I need help",
        "yes but not my voice",
        "no",
        "bueno",
        "sí dígame",
        "vale mire, tengo un problema con la fibra",
        "quiero pagar la factura",
        "por favor tengo una duda",
        "claro, es que no me llega la luz",
        "no estoy de acuerdo",
    ],
)
def test_when_the_caller_only_begins_to_speak_then_it_is_no_consent(text: str) -> None:
    assert not clear_yes(text)


def test_when_a_no_belongs_to_the_matter_then_it_is_no_refusal() -> None:
    assert clear_no("no, thank you")
    assert clear_no("no, prefiero que no")
    assert clear_no("I'd rather you didn't")
    assert not clear_no("no tengo internet")
    assert not clear_no("my phone does not work")


@pytest.mark.parametrize(
    "text",
    ["go on then", "venga", "hágalo", "claro que sí", "yes please", "please", "por favor", "ok then", "right, yes"],
)
def test_when_an_offer_is_taken_then_it_is_a_yes(text: str) -> None:
    assert answer(text) == "true"


@pytest.mark.parametrize(
    "text",
    [
        "quiero darme de baja",
        "please check my meter",
        "right so about the direct debit",
        "okay got it, and now the second bill",
        "por favor mire mi contrato",
        "claro, pero mi contrato es otro",
        "i would like to change my tariff",
        "muy bien y el wifi",
        "el internet va muy lento en casa",
    ],
)
def test_when_a_new_matter_is_brought_up_then_it_is_no_yes(text: str) -> None:
    assert answer(text) != "true"
