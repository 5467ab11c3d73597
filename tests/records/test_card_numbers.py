"""Cards that were misheard are found, and what only resembles them is not: any digits, any grouping, both languages."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from records.card_numbers import is_ordinary, looks_like_card, luhn
from records.redaction import MASK, Redactor, redact_text
from records.spoken_digits import digit_runs
from tests.records.utterances import utterance

NAMES = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
}
REPEATS = {"en": {2: "double", 3: "triple"}, "es": {2: "doble", 3: "triple"}}
ANNOUNCED = [
    "my card number is", "the number of my card is", "my car number is", "card number", "mi número de tarjeta es",
    "el número de la tarjeta es el", "número de mi tarjeta", "the card numbers are",
]  # fmt: skip
languages = st.sampled_from(["en", "es"])
valid_cards = st.from_regex(r"(4[0-9]|5[1-5])[0-9]{13}", fullmatch=True).map(
    lambda stem: next(stem + str(last) for last in range(10) if luhn(stem + str(last)))
)


@st.composite
def misheard(draw: st.DrawFn) -> str:
    """A card number with one digit wrong, lost or said twice."""
    card: str = draw(valid_cards)
    at: int = draw(st.integers(0, 15))
    instead: str = draw(st.sampled_from(["", card[at] * 2, *"0123456789"]))
    return card[:at] + instead + card[at + 1 :]


def spoken(digits: str, language: str, *, repeats: bool) -> str:
    """Say digits one by one, with "double" and "triple" where they fit."""
    out, at = [], 0
    while at < len(digits):
        times = next((n for n in (3, 2) if repeats and digits[at : at + n] == digits[at] * n), 1)
        out += [REPEATS[language][times]] if times > 1 else []
        out.append(NAMES[language][int(digits[at])])
        at += times
    return " ".join(out)


def written(digits: str, sizes: list[int]) -> str:
    groups = []
    for size in [*sizes, len(digits)]:
        groups.append(digits[:size])
        digits = digits[size:]
    return " ".join(group for group in groups if group)


def bears_digits(text: str) -> bool:
    return bool(digit_runs(text.split())) or any(char.isdigit() for char in text)


@given(misheard(), languages, st.booleans())
def test_when_one_digit_of_a_dictated_card_is_misheard_then_no_digit_is_left(
    digits: str, language: str, repeats: bool
) -> None:
    runs = digit_runs(spoken(digits, language, repeats=repeats).split())
    assume(not is_ordinary(runs[0]))
    assert not bears_digits(redact_text("it is " + spoken(digits, language, repeats=repeats) + " thanks"))


@given(misheard(), st.sampled_from([[4, 4, 4, 4], [4, 4, 4], [16]]))
def test_when_a_misheard_card_is_written_in_its_groups_then_no_digit_is_left(digits: str, sizes: list[int]) -> None:
    assume(digits[0] != "0")
    assert not bears_digits(redact_text("then " + written(digits, sizes)))


@given(st.sampled_from(ANNOUNCED), st.from_regex(r"[0-9]{3,19}", fullmatch=True), languages, st.booleans())
def test_when_a_card_number_is_announced_then_any_digits_are_masked_but_an_account_number(
    announced: str, digits: str, language: str, in_words: bool
) -> None:
    assume(len(digits) != 8)
    said = spoken(digits, language, repeats=True) if in_words else written(digits, [4, 4, 4])
    assert not bears_digits(redact_text(f"{announced} {said}"))


@given(valid_cards, st.integers(3, 12), st.sampled_from(["tree", "Ate", "nyne", "for", "dose", "sais", "4x"]))
def test_when_a_word_of_a_dictated_card_is_no_digit_then_the_rest_is_masked_all_the_same(
    card: str, at: int, misheard_word: str
) -> None:
    said = f"{spoken(card[:at], 'en', repeats=False)} {misheard_word} {spoken(card[at + 1 :], 'en', repeats=False)}"
    assert not digit_runs(redact_text(said).split())


@given(valid_cards, st.lists(st.integers(2, 15), min_size=1, max_size=3, unique=True).map(sorted), languages)
def test_when_an_announced_card_comes_in_several_turns_then_no_digit_of_any_is_left(
    card: str, cuts: list[int], language: str
) -> None:
    pieces = [card[begin:end] for begin, end in zip([0, *cuts], [*cuts, 16], strict=True)]
    assume(all(len(piece) > 1 for piece in pieces))
    assume(len(pieces[0]) != 2)
    redactor = Redactor()
    for number, piece in enumerate(pieces):
        text = ("my card number is " if not number else "") + spoken(piece, language, repeats=False)
        redactor.hear(utterance(f"u{number}", text, 8_000 * number))
        (clean,) = redactor.flush().utterances
        assert not bears_digits(clean.text), pieces


def test_when_the_card_is_whole_then_the_next_numbers_are_readable_again() -> None:
    redactor = Redactor()
    for number, text in enumerate(["my card number is 4676 9739 3161 7818", "48210930", "612 345 678"]):
        redactor.hear(utterance(f"u{number}", text, 9_000 * number))
        (clean,) = redactor.flush().utterances
        assert clean.text == (text if number else "my card number is *** *** *** ***")


def test_when_a_card_is_not_whole_then_an_announced_account_or_a_phone_after_it_stays_readable() -> None:
    for other in ("my account number is 48210930", "612 345 678", "mi teléfono es 612 345 678"):
        redactor = Redactor()
        redactor.hear(utterance("u1", "my card number is 4676 9739 31", 0))
        redactor.flush()
        redactor.hear(utterance("u2", other, 8_000))
        assert [u.text for u in redactor.flush().utterances] == [other]


spanish_phones = st.from_regex(r"(\+34 |34 |0034 )?[6-9][0-9]{2} ?[0-9]{3} ?[0-9]{3}", fullmatch=True)
american_phones = st.from_regex(r"(\+1 |1 )?[2-9][0-9]{2} [2-9][0-9]{2} [0-9]{4}", fullmatch=True)
british_phones = st.from_regex(r"(\+44 7|0044 7|07)[0-9]{3} [0-9]{6}", fullmatch=True)
phones = st.one_of(spanish_phones, american_phones, british_phones)
accounts = st.from_regex(r"[1-9][0-9]{3} ?[0-9]{4}", fullmatch=True)
dates = st.builds(
    lambda day, month, year, hour, minute: f"{day:02} {month:02} {year} {hour:02} {minute:02}",
    *(st.integers(1, 28), st.integers(1, 12), st.integers(1930, 2035), st.integers(0, 23), st.integers(0, 59)),
)


@given(phones, st.sampled_from(["", "my phone is ", "mi teléfono es el ", "it's ", "call me on "]))
def test_when_a_phone_is_dictated_then_it_is_readable(phone: str, before: str) -> None:
    assert redact_text(before + phone) == " ".join((before + phone).split())


@given(phones, phones, st.sampled_from([" and ", " y ", " or ", " eh "]))
def test_when_two_phones_are_dictated_then_both_are_readable(first: str, second: str, between: str) -> None:
    said = first + between + second
    assume(not any(looks_like_card(run.digits, run.groups) for run in digit_runs(said.split())))
    assert MASK not in redact_text(said)


@given(accounts, phones, languages)
def test_when_an_account_and_a_phone_come_in_one_breath_then_both_are_readable(
    account: str, phone: str, language: str
) -> None:
    said = account + (" and " if language == "en" else " y ") + phone
    assume(not any(looks_like_card(run.digits, run.groups) for run in digit_runs(said.split())))
    assert MASK not in redact_text(said)


@given(dates, st.sampled_from(["", "on ", "el ", "era el "]))
def test_when_a_date_with_its_time_is_said_then_it_is_readable(date: str, before: str) -> None:
    assert MASK not in redact_text(before + date)


@given(st.from_regex(r"[0-9]{4,11}", fullmatch=True), languages)
def test_when_bare_digits_are_fewer_than_any_card_has_then_they_are_readable(digits: str, language: str) -> None:
    assert MASK not in redact_text(spoken(digits, language, repeats=False))


@pytest.mark.parametrize(
    "text",
    [
        "one two three four five six seven eight nine ten eleven twelve",
        "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "my reference is 123456789012",
        "the meter reading was 12345 then 12389 then 12400",
        "de 612 345 678 a 698 765 433",
        "it was 120 euros 130 euros 125 euros and 140 euros",
        "from 12 January 2025 to 15 February 2026",
        "0000 0000 0000 0000",
        "llámame al 612345678 o al 698765432",
        "the number's Mexican: fifty-two, then fifty-five, one two three four, eight seven six five.",
    ],
)
def test_when_long_numbers_are_something_else_then_they_are_readable(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "it's 4676 9739 3161",  # a group was lost
        "cuatro seis siete seis nueve siete tres nueve tres uno seis uno siete ocho uno",
        "mi cuenta no, la tarjeta es 1676 9739 3161 7818",
        "my account is, well, 1676 9739 3161 7818",
        "8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8",  # a recogniser's loop, over who knows what
        "4676 97 tree 9739 3161 78",
        "my card number is for six seven six ate",
        "número de tarjeta 48210930",
        "3782 822463 10006",
    ],
)
def test_when_a_card_is_misheard_in_other_ways_then_no_digit_is_left(text: str) -> None:
    clean = redact_text(text)
    assert not bears_digits(clean)
    assert MASK in clean
