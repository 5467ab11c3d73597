"""Signs of feelings in words: named where they are, and not where the same words mean nothing."""

from __future__ import annotations

import pytest

from calls.ids import Language
from voice.feelings.cues import FEELING_OF, find_cues, hesitations


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        ("Sorry, I don't understand, what does standing charge mean?", "en", "asks_meaning"),
        ("perdone no le entiendo", "es", "says_not_understood"),
        ("Is it the big one or the small one? Which one do I press?", "en", "asks_which"),
        ("¿Me lo puede repetir más despacio?", "es", "asks_to_repeat"),
        ("it's the third time this happens", "en", "says_again"),
        ("llevo cuarenta minutos esperando", "es", "waits_long"),
        ("I already told your colleague", "en", "has_tried"),
        ("son unos ladrones", "es", "insults"),
        ("I'm going to report you", "en", "threatens"),
        ("tengo mucho miedo", "es", "speaks_of_fear"),
        ("I can't cope with this", "en", "speaks_of_loss"),
        ("muchísimas gracias", "es", "gives_thanks"),
        ("that's wonderful", "en", "praises"),
        ("lo necesito cuanto antes", "es", "asks_for_haste"),
        ("my train leaves in ten minutes", "en", "names_deadline"),
        ("sale humo del contador", "es", "names_danger"),
    ],
)
def test_when_a_sign_is_in_the_words_it_is_named(text: str, language: Language, code: str) -> None:
    assert code in find_cues(text, language)
    assert code in FEELING_OF


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My account number is four four two one", "en"),
        ("quiero cambiar mi dirección", "es"),
        ("Tuesday at four is fine", "en"),
        ("sí, es correcto", "es"),
    ],
)
def test_when_somebody_says_a_plain_thing_no_sign_is_found(text: str, language: Language) -> None:
    assert find_cues(text, language) == ()


def test_when_somebody_hesitates_it_is_counted_but_not_in_words_that_only_look_like_it() -> None:
    assert hesitations("eh, este, um, no sé") == 3
    assert hesitations("este mes pagué, y este número es el mío") == 0
    assert hesitations("the umbrella is home") == 0
