"""What is masked and silenced, and what is not, in Spanish and English, within and across utterances."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.card_numbers import looks_like_card, luhn
from records.redaction import (
    MASK,
    PAD_MS,
    Redactor,
    redact_text,
    redact_words,
)
from records.spoken_digits import digit_runs
from tests.records.utterances import WORD_MS, utterance, words


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("My card is 4111 1111 1111 1111, thanks", "My card is *** *** *** *** thanks"),
        ("4111-1111-1111-1111", "***"),
        ("4111111111111111.", "***"),
        (
            "it's four one one one one one one one one one one one one one one one okay",
            "it's " + "*** " * 16 + "okay",
        ),
        ("five four five four double five four triple six 1234 99 7", None),
        ("la numeración es cuatro mil ciento once mil ciento once mil ciento once mil ciento once", None),
        ("cuarenta y uno once once once eh once once once once", None),
        ("amex three seven eight two eight two two four six three one zero zero zero five", None),
        ("4111 1111 1111 1111 caduca 12 26", "*** *** *** *** caduca *** ***"),
        ("4111 1111 1111 1111 12 26 123", "*** *** *** *** *** *** ***"),
        ("4111 1111 1111 1112", "*** *** *** ***"),  # one digit misheard: it still begins like a card
        ("mi tarjeta empieza por 4567 12", "mi tarjeta empieza por *** ***"),
        ("the visa is 4111 1111 1111", "the visa is *** *** ***"),
        ("el pin es cuatro cinco seis siete", "el pin es *** *** *** ***"),
        ("mi clave es 4567", "mi clave es ***"),
        ("el código de seguridad es el 123", "el código de seguridad es el ***"),
        ("código secreto uno dos tres cuatro", "código secreto *** *** *** ***"),
        ("the security code is one two three", "the security code is *** *** ***"),
        ("CVV ciento veintitrés", "CVV *** ***"),
        ("my PIN is 1 2 3 4", "my PIN is *** *** *** ***"),
        ("mi contraseña es hunter2", "mi contraseña es ***"),
        ("the password is l u m i n a", "the password is *** *** *** *** *** ***"),
        ("pass code no, the passcode is 998877", "pass code no, the passcode is ***"),
        ("mi nip es 4 4 1 9", "mi nip es *** *** *** ***"),
        ("my pin's nine nine one three", "my pin's *** *** *** ***"),
        ("the verification number is 881302", "the verification number is ***"),
        ("el código de un solo uso es 55 12 09", "el código de un solo uso es *** *** ***"),
        ("the password for the app is blue horse 77", "the password for the app is *** *** ***"),
    ],
)
def test_when_a_secret_is_said_then_its_words_are_masked(text: str, masked: str | None) -> None:
    found = redact_text(text)
    if masked is not None:
        assert found == masked
    assert MASK in found
    assert not any(len(run.digits) > 4 for run in digit_runs(found.split()))


@pytest.mark.parametrize(
    "text",
    [
        "mi número de cuenta es 48210930",
        "mi cuenta es cuatro ocho dos uno cero nueve tres cero",
        "cuenta cuarenta y ocho veintiuno cero nueve treinta",
        "my account number is 4 8 2 1 0 9 3 0",
        "mi teléfono es el 600 123 456",
        "mi móvil es seis cientos doce treinta y cuatro cincuenta y seis",
        "call me on plus three four six hundred twelve thirty four fifty six",
        "it's +1 415 555 0123",
        "mi cuenta es 12345678 y mi teléfono 600 123 456",
        "my PIN is fine but my account number is 12345678",
        "no recuerdo la contraseña del wifi",
        "the password is not working since 3 days",
        "la contraseña es la misma desde hace 2 años",
        "I forgot my password and I want to change it",
        "quiero pagar 120 euros con tarjeta",
        "quiero pagar con la tarjeta 120 euros",
        "llevo dos o tres meses con la clave mal",
        "la cita es el 24 de noviembre de 2026 a las 18 30",
        "my bill says 84 dollars and 20 cents",
        "el código postal es 28013",
        "AV 3141",
        "0000 0000 0000 0000",
        "the card ends in 9921",
        "the card says 77200456",
        "la tarjeta de cliente dice 48210930",
    ],
)
def test_when_it_is_no_secret_then_nothing_is_masked(text: str) -> None:
    assert redact_text(text) == " ".join(text.split())


def test_when_words_are_masked_then_their_time_is_silenced_with_a_margin() -> None:
    masked, silences = redact_words(words("my card is 4111 1111 1111 1111 ok", 1000))
    assert [word.text for word in masked] == ["my", "card", "is", MASK, MASK, MASK, MASK, "ok"]
    assert [(word.start_ms, word.end_ms) for word in masked] == [
        (word.start_ms, word.end_ms) for word in words("x x x x x x x x", 1000)
    ]
    assert [(s.start_ms, s.end_ms, s.reason) for s in silences] == [
        (1000 + 3 * WORD_MS - PAD_MS, 1000 + 6 * WORD_MS + 250 + PAD_MS, "card_number")
    ]


def test_when_a_card_is_spread_over_utterances_then_nothing_is_released_before_it_is_masked() -> None:
    redactor = Redactor()
    assert redactor.hear(utterance("u1", "el número es 4111 1111", 0)).utterances == ()
    assert redactor.hear(utterance("u2", "eh 1111", 3000)).utterances == ()
    done = redactor.hear(utterance("u3", "1111 y ya está", 6000))
    assert [u.text for u in done.utterances] == ["el número es *** ***", "*** ***", "*** y ya está"]
    assert done.silences[0].start_ms == 3 * WORD_MS - PAD_MS
    assert all(silence.reason == "card_number" for silence in done.silences)
    assert redactor.text(["u1", "u2", "u3"], "unused") == "el número es *** *** *** *** *** y ya está"


def test_when_a_turn_ends_in_an_account_number_then_flush_releases_it_readable() -> None:
    redactor = Redactor()
    assert redactor.hear(utterance("u1", "mi cuenta es 4821 0930")).utterances == ()
    done = redactor.flush()
    assert [u.text for u in done.utterances] == ["mi cuenta es 4821 0930"]
    assert done.silences == ()
    assert redactor.flush().utterances == ()


def test_when_the_label_comes_in_one_utterance_and_the_digits_in_the_next_then_they_are_masked() -> None:
    redactor = Redactor()
    assert [u.text for u in redactor.hear(utterance("u1", "pues mi pin es")).utterances] == ["pues mi pin es"]
    redactor.flush()
    redactor.hear(utterance("u2", "4 5 6 7", 3000))
    done = redactor.flush()
    assert [u.text for u in done.utterances] == ["*** *** *** ***"]
    assert done.silences[0].reason == "secret_digits"


def test_when_the_label_is_long_ago_then_digits_are_readable() -> None:
    redactor = Redactor()
    redactor.hear(utterance("u1", "mi pin es"))
    redactor.flush()
    redactor.hear(utterance("u2", "4567", 60_000))
    assert [u.text for u in redactor.flush().utterances] == ["4567"]


def test_when_a_card_goes_on_in_the_next_turn_then_the_earlier_sound_is_silenced_too() -> None:
    redactor = Redactor()
    redactor.hear(utterance("u1", "4111 1111", 0))
    first = redactor.flush()
    redactor.hear(utterance("u2", "1111 1111", 5000))
    second = redactor.flush()
    assert [u.text for u in first.utterances] == ["4111 1111"]
    assert [u.text for u in second.utterances] == ["*** ***"]
    assert min(silence.start_ms for silence in second.silences) == 0


def test_when_account_and_phone_come_in_two_turns_then_they_are_not_taken_for_a_card() -> None:
    for phone in ("600 123 456", "612 34 56 78", "600000001", "699 99 99 93"):
        redactor = Redactor()
        redactor.hear(utterance("u1", "48210930", 0))
        redactor.flush()
        redactor.hear(utterance("u2", phone, 5000))
        assert [u.text for u in redactor.flush().utterances] == [phone]


def test_when_the_same_account_number_is_said_twice_then_it_is_not_taken_for_a_card() -> None:
    for account in ("48210930", "40000002", "55555555"):
        redactor = Redactor()
        redactor.hear(utterance("u1", account, 0))
        redactor.flush()
        redactor.hear(utterance("u2", account, 5000))
        assert [u.text for u in redactor.flush().utterances] == [account]


def test_when_the_bot_asked_for_a_secret_then_bare_digits_are_masked() -> None:
    redactor = Redactor()
    redactor.expect_secret(until_ms=10_000)
    redactor.hear(utterance("u1", "4 5 6 7", 2000))
    assert redactor.flush().utterances[0].text == "*** *** *** ***"
    redactor.hear(utterance("u2", "4 5 6 7", 20_000))
    assert redactor.flush().utterances[0].text == "4 5 6 7"


def test_when_a_turn_is_unknown_then_its_text_is_masked_by_itself() -> None:
    assert Redactor().text(["nobody"], "my card is 4111111111111111") == "my card is ***"


@given(st.from_regex(r"[3-6][0-9]{14}", fullmatch=True), st.lists(st.integers(1, 6), min_size=3, max_size=8))
def test_when_any_valid_card_is_read_in_any_grouping_then_no_digit_of_it_stays(stem: str, sizes: list[int]) -> None:
    number = next(stem + str(d) for d in range(10) if luhn(stem + str(d)))
    groups, at = [], 0
    for size in [*sizes, 16]:
        if number[at : at + size]:
            groups.append(number[at : at + size])
        at += size
    assert not any(char.isdigit() for char in redact_text("number " + " ".join(groups) + " please"))
    assert looks_like_card(number)


@given(st.text(alphabet="0123456789 abcdeñ.,-", max_size=80))
def test_when_any_text_comes_then_only_whole_words_change_and_masking_again_changes_nothing(text: str) -> None:
    once = redact_text(text)
    assert len(once.split()) == len(text.split())
    assert all(new in (old, MASK) for new, old in zip(once.split(), text.split(), strict=True))


@pytest.mark.recorded
def test_when_callers_say_accounts_phones_dates_and_amounts_then_nothing_is_masked() -> None:
    shared = Path(os.environ.get("WARMLINE_SHARED", Path(__file__).parents[3] / "shared"))
    path = shared / "data" / "dialog" / "slots.csv"
    if not path.exists():
        pytest.skip(f"needs {path}")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    masked = [row["text"] for row in rows if MASK in redact_text(row["text"])]
    assert masked == []
    assert len(rows) > 100


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("cero uno dos", "012"),
        ("veintiuno veintidós", "2122"),
        ("cuarenta y cinco", "45"),
        ("cien ciento dos quinientos tres", "100102503"),
        ("dos mil veintiséis mil novecientos", "20261900"),
        ("oh one two o three", "01203"),
        ("twenty-one forty five", "2145"),
        ("three hundred and twelve", "312"),
        ("four thousand eight hundred", "4800"),
        ("double four triple one", "44111"),
        ("W 5 w0-W0.5", "5500005"),
        ("1.234,56", "123456"),
    ],
)
def test_when_numbers_are_spoken_then_their_digits_are_read(text: str, digits: str) -> None:
    assert "".join(run.digits for run in digit_runs(text.split())) == digits


def test_when_a_spanish_or_stands_between_numbers_then_it_is_no_zero() -> None:
    assert [run.digits for run in digit_runs(["dos", "o", "tres"])] == ["2", "3"]


@pytest.mark.parametrize(
    "text",
    [
        "My card number is 411.",
        "my card number is 45391488 Nero three four three six four six seven",
        "el número de mi tarjeta es 4111 1111 uno uno uno once",
        "my card number is 4-tick-1-8 2 4 mm 3",
    ],
)
def test_when_a_card_number_is_announced_then_no_digit_is_left_however_it_was_misheard(text: str) -> None:
    clean = redact_text(text)
    assert not any(char.isdigit() for char in clean)
    assert "seven" not in clean
    assert "once" not in clean


@pytest.mark.parametrize(
    "text",
    ["my card number is 81169902", "the number on my card is 81169902", "I lost my card number one son took it"],
)
def test_when_a_customer_card_is_meant_then_nothing_is_masked(text: str) -> None:
    assert redact_text(text) == text
