"""Secrets that only the words around them give away, and numbers that look like them and are none."""

from __future__ import annotations

import pytest

from records.redaction import MASK, redact_text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "on the reverse of my card the little number is four four one",
            "on the reverse of my card the little number is",
        ),
        ("the digits on the back say 731", "the digits on the back say"),
        ("en el dorso de la tarjeta pone 904", "en el dorso de la tarjeta pone"),
        ("the code that came by text is 118 204", "the code that came by text is"),
        ("they sent a code, five five zero nine one two", "they sent a code"),
        ("my OTP is 5501", "my OTP is"),
        ("he recibido un código por SMS, el 771204", "he recibido un código por SMS el"),
        ("el código de confirmación es uno uno ocho dos cero cuatro", "el código de confirmación es"),
        ("my card expires zero four twenty nine", "my card expires"),
        ("la tarjeta vence 04/29", "la tarjeta vence"),
    ],
)
def test_when_a_code_is_told_then_only_its_digits_are_masked(text: str, kept: str) -> None:
    masked = redact_text(text)
    assert masked.endswith(MASK)
    assert masked.replace(MASK, "").replace(",", "").split() == kept.replace(",", "").split()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("5500 0000 0000 and lastly 0004", "*** *** *** and lastly ***"),
        ("cuatro uno uno uno uno uno uno uno uno uno uno uno, y para acabar uno uno uno uno", None),
        ("my IBAN is ES91 2100 0418 4502 0005 1332", "my IBAN is ES91 *** *** *** *** 1332"),
    ],
)
def test_when_a_long_secret_goes_on_then_it_is_masked_to_its_end(text: str, masked: str | None) -> None:
    assert redact_text(text) == masked or (masked is None and "uno" not in redact_text(text))


@pytest.mark.parametrize(
    "text",
    [
        "the error code on the box is 6514",
        "my zip code is 90210",
        "el código postal al que mandaron la carta es 28013",
        "the discount code I got is 4455",
        "my contract expires on 12 04 2027",
        "el plan caduca el 31 de diciembre",
        "I live at number 123 behind the church",
        "I got the code, and my account is 40718236",
        "your message says I owe 120 euros",
    ],
)
def test_when_a_number_is_no_secret_then_it_stays(text: str) -> None:
    assert redact_text(text) == text
