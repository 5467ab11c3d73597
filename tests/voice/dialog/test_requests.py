"""Requests of callers against our own lists, in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from calls.ids import Language
from calls.speech import SafetyKind
from tests.voice.dialog import scripted
from voice.dialog.humans import wants_human
from voice.dialog.requests import asks_language, find_meta
from voice.dialog.safety import find_danger
from voice.dialog.switches import find_switches


def rows(name: str) -> list[tuple[str, str]]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    parts = [line.split("|", 1) for line in lines if line.strip() and not line.startswith("#")]
    return [(first.strip(), text.strip()) for first, text in parts]


def test_when_a_human_is_asked_for_or_only_mentioned_then_the_two_are_told_apart() -> None:
    asked = rows("humans.txt")
    assert {wanted for wanted, _ in asked} == {"y", "n"}
    assert [(wanted, text) for wanted, text in asked if wants_human(text) is not (wanted == "y")] == []


def test_when_danger_is_spoken_of_then_its_kind_is_found_and_figures_of_speech_are_not() -> None:
    spoken = rows("dangers.txt")
    assert {kind for kind, _ in spoken} == {"none", *get_args(SafetyKind)}
    found = [(kind, find_danger(text) or "none", text) for kind, text in spoken]
    assert [row for row in found if row[0] != row[1]] == []


@pytest.mark.parametrize(
    ("text", "meta"),
    [
        ("Sorry, could you repeat that?", "repeat"),
        ("What did you say?", "repeat"),
        ("say again please", "repeat"),
        ("I didn't catch that", "repeat"),
        ("¿Me lo puede repetir?", "repeat"),
        ("¿Cómo dice?", "repeat"),
        ("otra vez, por favor", "repeat"),
        ("no le he entendido", "repeat"),
        ("Can you speak more slowly?", "slower"),
        ("slow down please", "slower"),
        ("más despacio, por favor", "slower"),
        ("habla muy rápido", "slower"),
        ("not that fast, I'm writing it down", "slower"),
        ("no tan aprisa, que lo apunto", "slower"),
        ("va usted muy deprisa", "slower"),
        ("déjeme que lo compruebe", "wait"),
        ("déjame que lo busque", "wait"),
        ("let me grab my glasses", "wait"),
        ("I have to look it up", "wait"),
        ("let me get a technician", None),
        ("no es muy rápido mi internet", None),
        ("hold on a second", "wait"),
        ("give me a minute", "wait"),
        ("I need more time", "wait"),
        ("un momento, por favor", "wait"),
        ("espere un segundito", "wait"),
        ("déjeme buscar la factura", "wait"),
        ("espere, que busco el papel", "wait"),
        ("wait, I have to get my glasses", "wait"),
        ("no, eso es todo, muy amable", "goodbye"),
        ("what can you do?", "capabilities"),
        ("¿qué puede hacer?", "capabilities"),
        ("are you a robot?", "identity"),
        ("¿eres una máquina?", "identity"),
        ("what are you?", "identity"),
        ("¿qué es usted exactamente?", "identity"),
        ("Is this being recorded?", "privacy"),
        ("who will listen to the recording", "privacy"),
        ("where does the recording go", "privacy"),
        ("¿graban esto?", "privacy"),
        ("¿está analizando mi voz?", "privacy"),
        ("¿eres una persona o una máquina?", "identity"),
        ("how long do you keep the recording", "privacy"),
        ("what happens to my voice", "privacy"),
        ("me están grabando", "privacy"),
        ("¿qué hacen con mi voz?", "privacy"),
        ("¿quién oye la grabación?", "privacy"),
        ("¿cuánto tiempo guardan esta llamada?", "privacy"),
        ("how long do you keep the deposit", None),
        ("is my payment recorded", None),
        ("how long is this cut going to last", None),
        ("what happens to me if I don't pay", None),
        ("are you keeping me waiting on purpose", None),
        ("¿cuánto tiempo guardan mi número?", None),
        ("bye bye", "goodbye"),
        ("That's all, thank you.", "goodbye"),
        ("adiós, que tenga buen día", "goodbye"),
        ("eso es todo, gracias", "goodbye"),
        ("thanks a lot", "thanks"),
        ("muchas gracias por la ayuda", "thanks"),
        ("never mind", "never_mind"),
        ("déjelo, da igual", "never_mind"),
        ("good morning", "greeting"),
        ("hola, buenas tardes", "greeting"),
        ("uh-huh", "ok"),
        ("vale, entiendo", "ok"),
        ("Could you walk me through that again?", "repeat"),
        ("You were breaking up, what was the last bit?", "repeat"),
        ("I wasn't listening, sorry", "repeat"),
        ("Se cortó, ¿me lo dice otra vez?", "repeat"),
        ("¿Qué era lo último?", "repeat"),
        ("Vuelva a decírmelo", "repeat"),
        ("Can you lower the pace, please?", "slower"),
        ("I can't keep up with you", "slower"),
        ("Hábleme más pausado", "slower"),
        ("no le sigo, vaya más despacio", "slower"),
        ("Baje un poco el ritmo, por favor", "slower"),
        ("Could you hold on while I get it?", "wait"),
        ("I stutter, so please let me finish", "wait"),
        ("Please don't rush me", "wait"),
        ("¿Me da un minutito para mirarlo?", "wait"),
        ("No me apure, que lo estoy buscando", "wait"),
        ("No cuelgue, que voy a por las gafas", "wait"),
        ("I need more time to pay the bill", None),
        ("Hold on, why is there a charge for the router?", None),
        ("I'm looking for a cheaper plan", None),
        ("I can't get it to connect", None),
        ("I missed the last payment", None),
        ("The power went out again", None),
        ("Necesito más tiempo para pagar", None),
        ("Espere, que la factura está mal", None),
        ("Un momento, ¿por qué me cobran dos veces?", None),
        ("Se fue la luz otra vez", None),
        ("Me bajaron la velocidad de la fibra", None),
        ("my bill is too high", None),
        ("why is my internet so slow", None),
        ("el internet va muy lento", None),
        ("quiero cambiar la hora de la cita", None),
    ],
)
def test_when_the_talk_itself_is_meant_then_the_request_is_found(text: str, meta: str | None) -> None:
    assert find_meta(text) == meta


@pytest.mark.parametrize(
    ("text", "switches"),
    [
        ("Don't record me.", ("recording_off",)),
        ("please stop recording", ("recording_off",)),
        ("I don't want to be recorded", ("recording_off",)),
        ("No me grabe, por favor.", ("recording_off",)),
        ("no quiero que me graben", ("recording_off",)),
        ("sin grabación", ("recording_off",)),
        ("don't judge my mood", ("emotion_off",)),
        ("no analice mi ánimo", ("emotion_off",)),
        ("no me grabe ni analice mis emociones", ("recording_off", "emotion_off")),
        ("you can record me", ("recording_on",)),
        ("puede grabarme", ("recording_on",)),
        ("I never gave you permission to record", ("recording_off",)),
        ("switch off the grabación, please", ("recording_off",)),
        ("Do not store my voice", ("recording_off",)),
        ("No conserven mi voz", ("recording_off",)),
        ("No sentiment analysis, please", ("emotion_off",)),
        ("I'm not happy with you reading my mood", ("emotion_off",)),
        ("Lo de las emociones, quítelo", ("emotion_off",)),
        ("Me incomoda que lean mis emociones", ("emotion_off",)),
        ("can I record a show on your box?", ()),
        ("what is on my bill", ()),
        ("stop the recording", ("recording_off",)),
        ("please stop recording, it's about my payment", ("recording_off",)),
        ("I'd rather this call not be recorded", ("recording_off",)),
        ("I withdraw my consent for recording", ("recording_off",)),
        ("would you mind not taping me", ("recording_off",)),
        ("take the recorder off", ("recording_off",)),
        ("I don't want a recording", ("recording_off",)),
        ("no quiero grabación", ("recording_off",)),
        ("hey, I haven't agreed to being recorded", ("recording_off",)),
        ("yo no he autorizado que me graben", ("recording_off",)),
        ("no me vaya a grabar", ("recording_off",)),
        ("there's no need to record me", ("recording_off",)),
        ("I don't fancy being recorded", ("recording_off",)),
        ("make sure this isn't recorded", ("recording_off",)),
        ("no me parece bien que me graben", ("recording_off",)),
        ("I don't mind being recorded", ()),
        ("no me importa que me graben", ()),
        ("I don't know if you are recording me", ()),
        ("no sé si me están grabando", ()),
        ("no hay problema en que se grabe", ()),
        ("don't try to work out my mood", ("emotion_off",)),
        ("I never record anything on the box", ()),
        ("no tengo la grabación de la oferta", ()),
        ("me niego a que me graben", ("recording_off",)),
        ("corte ya la grabación", ("recording_off",)),
        ("¿pueden parar de grabar?", ("recording_off",)),
        ("no estoy de acuerdo con que me graben", ("recording_off",)),
        ("don't estimate how my voice sounds", ("emotion_off",)),
        ("no estime cómo suena mi voz", ("emotion_off",)),
        ("don't guess how I feel", ("emotion_off",)),
        ("deje de analizar cómo me siento", ("emotion_off",)),
        ("turn off the voice analysis", ("emotion_off",)),
        ("I have no record of that payment", ()),
        ("there's no record of my complaint on file", ()),
        ("the meter isn't recording anything", ()),
        ("no internet since the recorder was installed", ()),
        ("how do I stop the recording on my tv box", ()),
        ("I don't want to speak to a recording", ()),
        ("no me ha grabado la serie el deco", ()),
        ("no tengo grabado el número", ()),
        ("no sé cómo parar una grabación del decodificador", ()),
        ("no emotional support", ()),
        ("I'm not in the mood for this", ()),
        ("no tengo ánimo para esto", ()),
        ("no estimen la lectura", ()),
    ],
)
def test_when_keeping_is_to_be_switched_then_the_switches_are_found(text: str, switches: tuple[str, ...]) -> None:
    assert find_switches(text) == switches


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("In English, please.", "en"),
        ("do you speak English?", "en"),
        ("English", "en"),
        ("I don't speak Spanish", "en"),
        ("en español, por favor", "es"),
        ("¿habla español?", "es"),
        ("can we speak Spanish", "es"),
        ("no hablo inglés", "es"),
        ("my plug is an English plug", None),
        ("I want to see my bill", None),
    ],
)
def test_when_a_language_is_asked_for_then_it_is_found(text: str, language: Language | None) -> None:
    assert asks_language(text) == language


@pytest.mark.parametrize(("matter_score", "asked"), [(0.89, True), (0.9, False)])
def test_when_an_article_answers_a_turn_very_well_then_a_likely_danger_is_not_asked_about(
    matter_score: float, asked: bool
) -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    meaning = replace(scripted.meant("fraud", 0.6), matter_score=matter_score)
    brought = call.hear("it locked me out after five tries", meaning=meaning)
    assert brought == (["say doubt:fraud"] if asked else ["look up it locked me out after five tries"])


def test_when_a_danger_is_sure_then_no_article_stands_in_its_way() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    meaning = replace(scripted.meant("danger_to_life", 0.9), matter_score=1.0)
    assert "danger danger_to_life" in call.hear("a cable dances about at my gate", meaning=meaning)
