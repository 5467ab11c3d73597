"""What words say about the end of a turn, in both languages."""

from __future__ import annotations

import pytest

from voice.turn.words import (
    Completeness,
    code_signs_in,
    completeness,
    digits_in,
    is_backchannel,
    is_short_answer,
    is_spelling,
    mail_state,
    repeats,
    trailing_digits,
)


@pytest.mark.parametrize(
    "text",
    [
        "mm",
        "Mm-hmm.",
        "uh-huh",
        "Yes.",
        "okay",
        "Sí, vale.",
        "ajá",
        "claro",
        "Ok, ok.",
        "I see.",
        "Thank you.",
        "okay, yes, I see",
        "of course",
        "De acuerdo.",
        "muy bien",
        "sí, muy bien",
        "eso es",
        "muchas gracias",
    ],
)
def test_when_words_only_say_that_one_listens_then_they_are_a_backchannel(text: str) -> None:
    assert is_backchannel(text.split(), answers_count=False)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "stop",
        "yes but",
        "sí pero no",
        "una persona",
        "ok I want a person",
        "",
        "I",
        "see",
        "you",
        "thank",
        "muy",
        "de",
        "acuerdo de",
        "I see you",
        "all I",
        "eso",
    ],
)
def test_when_words_want_the_floor_then_they_are_no_backchannel(text: str) -> None:
    assert not is_backchannel(text.split(), answers_count=False)


@pytest.mark.parametrize("text", ["thank", "okay, I", "muy", "vale, de"])
def test_when_a_phrase_is_only_begun_then_it_is_a_backchannel_while_more_may_come(text: str) -> None:
    assert is_backchannel(text.split(), answers_count=False, more_may_come=True)
    assert not is_backchannel(text.split(), answers_count=False)


@pytest.mark.parametrize("text", ["I want", "de la", "muy mal"])
def test_when_it_cannot_become_a_phrase_any_more_then_it_is_none(text: str) -> None:
    assert not is_backchannel(text.split(), answers_count=False, more_may_come=True)


@pytest.mark.parametrize("text", ["yes", "sí", "vale", "okay", "de acuerdo", "okay, of course"])
def test_when_an_answer_was_asked_for_then_yes_is_no_backchannel(text: str) -> None:
    assert not is_backchannel(text.split(), answers_count=True)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I want to pay the", "en", "hanging"),
        ("is it about my?", "en", "hanging"),
        ("well I...", "en", "hanging"),
        ("what is this charge for?", "en", "finished"),
        ("I am talking to", "en", "weak_hanging"),
        ("my internet is slow", "en", "plain"),
        ("quiero pagar la", "es", "hanging"),
        ("¿quisiera preguntar por la?", "es", "hanging"),
        ("¿por qué?", "es", "finished"),
        ("no tengo", "es", "weak_hanging"),
        ("no tengo luz", "es", "plain"),
        ("", "en", "plain"),
    ],
)
def test_when_a_sentence_ends_then_its_last_word_tells_whether_it_is_over(
    text: str, language: str, expected: Completeness
) -> None:
    assert completeness(text.split(), language) == expected


@pytest.mark.parametrize(
    ("text", "language", "digits", "trailing"),
    [
        ("six one two", "en", 3, 3),
        ("my number is 612 34", "en", 5, 5),
        ("612-345-6A", "en", 7, 7),
        ("seiscientos doce treinta y cuatro", "es", 5, 5),
        ("ciento cuatro", "es", 3, 3),
        ("treinta cuatro", "es", 3, 3),
        ("veintiuno cuarenta y", "es", 4, 0),
        ("forty seventy-one eighty two thirty six", "en", 8, 8),
        ("four hundred and twelve", "en", 3, 3),
        ("four hundred oh two", "en", 5, 5),
        ("twelve three", "en", 3, 3),
        ("double four one", "en", 3, 3),
        ("three people came", "en", 1, 0),
        ("no lo sé", "es", 0, 0),
    ],
)
def test_when_numbers_are_said_then_their_digits_are_counted(
    text: str, language: str, digits: int, trailing: int
) -> None:
    assert digits_in(text.split(), language) == digits
    assert trailing_digits(text.split(), language) == trailing


@pytest.mark.parametrize(
    ("text", "language", "signs"),
    [
        ("A B 1 2", "en", 4),
        ("B-7-C nine", "en", 4),
        ("eme uno dos", "es", 2),
        ("SW1A 1AA", "en", 7),
        ("a ver, no lo sé", "es", 0),
        ("I think it is", "en", 0),
    ],
)
def test_when_a_code_is_spelled_then_its_signs_are_counted(text: str, language: str, signs: int) -> None:
    assert code_signs_in(text.split(), language) == signs


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("anna arroba correo", "begun"),
        ("anna arroba correo punto es", "complete"),
        ("anna@mail.com.", "complete"),
        ("john at", "begun"),
        ("john at mail dot co dot uk", "complete"),
        ("I do not have one", "none"),
    ],
)
def test_when_an_e_mail_address_is_said_then_its_end_is_known(text: str, state: str) -> None:
    assert mail_state(text.split()) == state


def test_when_letters_are_said_one_by_one_then_it_is_spelling() -> None:
    assert is_spelling(["it's", "G", "A", "R"], "en")
    assert is_spelling(["G-A-R"], "es")
    assert not is_spelling(["so", "am", "I"], "en")


def test_when_words_are_said_again_then_it_is_stammering_but_digits_are_not() -> None:
    assert repeats(["I", "I", "want", "want", "to"]) == 2
    assert repeats(["six", "six", "six"]) == 0
    assert repeats(["7", "7", "7"]) == 0


@pytest.mark.parametrize(
    ("text", "language"),
    [("yes", "en"), ("No, thanks.", "en"), ("sí claro", "es"), ("no", "es"), ("por supuesto", "es"), ("eso es", "es")],
)
def test_when_somebody_says_yes_or_no_then_it_is_a_short_answer(text: str, language: str) -> None:
    assert is_short_answer(text.split(), language)


@pytest.mark.parametrize(("text", "language"), [("es la factura", "es"), ("de momento", "es"), ("by course", "en")])
def test_when_only_a_part_of_such_a_phrase_is_said_then_it_is_no_short_answer(text: str, language: str) -> None:
    assert not is_short_answer(text.split(), language)
