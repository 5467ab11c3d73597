"""Finds the secrets in what was said: card numbers, codes, passwords, the middle of an IBAN. Pure.

What counts as a secret:
- 13 to 19 digits that pass the Luhn test, wherever they stand; 12 digits and more even if they fail it (one misheard
  digit breaks the test), unless they were announced as something else or have the shape of phones or dates; the same
  with a misheard word or two between the digits, if they begin like a card;
- after "card", "tarjeta" …: 12 digits or more, and fewer if they begin like a card, but not eight: an account number;
- after "card number", "número de tarjeta", also as it is misheard: all digits, and in the next turns until it is whole;
- three to eight digits, a mix of letters and digits or spelled letters after "PIN", "CVV", "contraseña", "clave" …;
- codes sent to a phone, digits on the back of a card, its expiry date, and the middle of an IBAN (`records.announced`).
What does not: account numbers (eight digits), phones, dates, amounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from records.announced import announced_secrets
from records.card_numbers import (
    LEAST_DIGITS,
    WHOLE_CARD,
    card_prefix,
    is_ordinary,
    is_phone,
    joined_runs,
    looks_like_card,
    luhn,
    may_be_misheard_card,
)
from records.spoken_digits import DigitRun, digit_runs, plain, word_set

LABEL_WORDS = 14
"""How many words after a label its number may start."""
LEAST_CARD_PART = 3
"""Digits after "card number" that are masked: a recogniser may have lost the rest."""
ACCOUNT_DIGITS = 8
"""Length of an account number; people read it from a customer card."""
SilenceReason = Literal["card_number", "secret_digits"]
_Label = Literal["card", "secret", "other"]

_CARD = word_set("tarjeta tarjetas visa mastercard amex card cards maestro")
_CARD_NUMBER = word_set("number numbers numero numeros")
_CUSTOMER_CARD = word_set("cliente customer account cuenta socio")
_LIKE_CARD = word_set(
    "car cars cart carts cardy guard hard cord carr carta tarea tarjetas tarjetita target tajeta targeta"
)
"""What recognisers make of "card" and "tarjeta" before "number"."""
_LIKE_DIGITS = word_set(
    "for fore or won wan to too tu tree free fife sex sics hate ate nein nun nero near seen size sick "
    "dose tras cuarto cinto seys seas sais siente oche nuevo nueves uña una unos cera"
)
"""What recognisers make of digits; beside the digits of a card they are part of it."""
_SECRET = word_set(
    "pin pins nip nips puk cvv cvc cvv2 cvc2 contrasena contrasenas clave claves password passwords passcode "
    "passphrase passkey"
)
_SECRET_PAIRS = frozenset(
    [
        ("codigo", "seguridad"),
        ("codigo", "secreto"),
        ("codigo", "verificacion"),
        ("security", "code"),
        ("secret", "code"),
        ("verification", "code"),
        ("verification", "number"),
        ("numero", "verificacion"),
        ("secret", "number"),
        ("numero", "secreto"),
        ("secret", "digits"),
    ]
)
"""Two words, with at most one word between them, that announce a secret."""
_OTHER = word_set(
    "cuenta contrato cliente telefono movil factura referencia importe contador calle portal postal fecha dni cita "
    "account contract customer phone mobile telephone bill invoice reference amount meter street zip postcode date "
    "appointment order pedido averia cups iban lectura lecturas reading readings serie serial imei expediente tracking"
)
_APART = word_set("o u or was were is are es era son al hasta until from del de en in on at por per el la the mi my")
"""Words that stand between two numbers, and are no misheard digit."""
_PLUS = word_set("plus mas prefijo prefix")
_MONEY = word_set("euros euro dollars dollar pounds pound centimos cents kilovatios kilowatts")


def find_secrets(
    words: Sequence[str], *, secret_expected: bool, said_before: int = 0, card_begun: int = 0
) -> dict[int, SilenceReason]:
    """Return the indices of the words to mask.

    Args:
        words: What was said.
        secret_expected: The bot asked for a secret.
        said_before: So many words, the first ones, belong to earlier turns.
        card_begun: So many digits of a card number were masked in the turn before, and it was not whole.
    """
    flat = [plain(word).replace("\u2019", "'").removesuffix("'s") for word in words]
    masks: dict[int, SilenceReason] = {}
    for run in _runs(words, said_before):
        reason = _reason(words, flat, run, secret_expected=secret_expected, card_begun=card_begun)
        if reason is not None:
            masks.update(_run_words(run, reason))
    for index, word in enumerate(flat):
        if index not in masks and _is_code(word) and label_before(flat, index) == "secret":
            masks[index] = "secret_digits"
    masks.update(_spelled(flat, masks))
    masks.update(_broken(words, flat, said_before))
    masks.update(_after_card_number(words, flat, masks))
    cards = [index for index, reason in masks.items() if reason == "card_number"]
    for index in announced_secrets(words, cards):
        masks.setdefault(index, "secret_digits")
    return masks


def _part_of_card(digits: str) -> bool:
    """Tell whether digits that were announced as a card may be a piece of one; the last four may be kept (PCI DSS)."""
    return len(digits) >= 12 or (len(digits) >= 4 and len(digits) != ACCOUNT_DIGITS and card_prefix(digits))


def _reason(
    words: Sequence[str], flat: Sequence[str], run: DigitRun, *, secret_expected: bool, card_begun: int
) -> SilenceReason | None:
    """Judge one run of digits."""
    label = label_before(flat, run.first)
    money = run.last + 1 < len(flat) and flat[run.last + 1] in _MONEY
    phone_sign = _phone_sign(words, flat, run)
    phones = len(run.digits) > WHOLE_CARD + 1 and bool(run.breaks) and is_ordinary(run)
    if looks_like_card(run.digits, run.groups) and not phone_sign and not phones:
        return "card_number"
    if label == "card" and not money and _part_of_card(run.digits):
        return "card_number"
    if may_be_misheard_card(run, other_label=label == "other", phone_sign=phone_sign):
        return "card_number"
    if card_begun and label != "other" and not money and len(run.digits) > 1:
        another = is_phone(run.digits) and card_begun + len(run.digits) > WHOLE_CARD + 2
        return None if another else "card_number"
    if (label == "secret" or (secret_expected and label is None)) and 3 <= len(run.digits) <= 8 and not money:
        return "secret_digits"
    return None


def _phone_sign(words: Sequence[str], flat: Sequence[str], run: DigitRun) -> bool:
    """Tell whether a number of a phone's length begins with "+" or "plus"."""
    signed = words[run.first].lstrip("(").startswith("+") or (run.first > 0 and flat[run.first - 1] in _PLUS)
    return signed and len(run.digits) < LEAST_DIGITS + 2


def _broken(words: Sequence[str], flat: Sequence[str], said_before: int) -> dict[int, SilenceReason]:
    """Mask a card number in which single words were misheard: "4676 97 tree 9 3161 7818"."""
    runs = [run for run in digit_runs(words) if run.first >= said_before]
    found: dict[int, SilenceReason] = {}
    for run in joined_runs(runs, flat, _APART | _MONEY | _OTHER):
        other = label_before(flat, run.first) == "other"
        if may_be_misheard_card(run, other_label=other, phone_sign=_phone_sign(words, flat, run)):
            found.update(_run_words(run, "card_number"))
    return found


def _after_card_number(
    words: Sequence[str], flat: Sequence[str], masks: dict[int, SilenceReason]
) -> dict[int, SilenceReason]:
    """Mask all that follows "card number" from its first to its last digit, whatever the recogniser made of it.

    Only an eight-digit number alone is left: people call the account number on their customer card so.
    """
    start = next((i + 1 for i in range(1, len(flat)) if _says_card_number(flat, i)), None)
    if start is None:
        return {}
    end = next((i for i in range(start, len(flat)) if flat[i] in _OTHER), len(flat))
    runs = list(digit_runs(words[start:end]))
    bearing = {start + at for run in runs for at in range(run.first, run.last + 1)}
    mixed = {i for i in range(start, end) if i not in bearing and any(char.isdigit() for char in words[i])}
    hidden = {index for index in masks if start <= index < end}
    read = "".join(run.digits for run in runs)
    digits = len(read) + sum(char.isdigit() for i in mixed for char in words[i])
    customers = any(word in _CUSTOMER_CARD for word in flat[max(0, start - 4) : start])
    account = digits == ACCOUNT_DIGITS and not hidden and not mixed and (customers or not card_prefix(read))
    if digits < LEAST_CARD_PART or account:
        return {}
    whole = bearing | mixed | hidden
    first, last = min(whole), max(whole)
    while first > start and flat[first - 1] in _LIKE_DIGITS:
        first -= 1
    while last + 1 < end and flat[last + 1] in _LIKE_DIGITS:
        last += 1
    return dict.fromkeys(range(first, last + 1), "card_number")


def _says_card_number(flat: Sequence[str], index: int) -> bool:
    """Tell whether the words up to `index` end in "card number" or "número de (mi, la) tarjeta"."""
    cards = _CARD | _LIKE_CARD
    if flat[index] in _CARD_NUMBER and flat[index - 1] in cards:
        return True
    return flat[index] in cards and any(word in _CARD_NUMBER for word in flat[max(0, index - 3) : index])


def _runs(words: Sequence[str], said_before: int) -> Iterator[DigitRun]:
    """Yield the runs of digits to judge; one that goes on from an earlier turn only if it is surely a card.

    An account number in one turn and a phone number in the next would otherwise pass the Luhn test one time in ten.
    """
    for run in digit_runs(words) if said_before else ():
        half = len(run.digits) // 2
        crosses = run.first < said_before <= run.last
        repeated = run.digits[:half] == run.digits[half:]
        if crosses and len(run.digits) in (15, 16) and card_prefix(run.digits) and luhn(run.digits) and not repeated:
            yield run
    for run in digit_runs(words[said_before:]):
        yield replace(run, first=run.first + said_before, last=run.last + said_before)


def _run_words(run: DigitRun, reason: SilenceReason) -> dict[int, SilenceReason]:
    return dict.fromkeys(range(run.first, run.last + 1), reason)


def label_before(flat: Sequence[str], before: int) -> _Label | None:
    """Return the nearest label among the plain words before a number; "other" is an account, a phone, a date."""
    for index in range(before - 1, max(-1, before - 1 - LABEL_WORDS), -1):
        word = flat[index]
        if word in _SECRET:
            return "secret"
        for back in (1, 2):
            if index - back >= 0 and (flat[index - back], word) in _SECRET_PAIRS:
                return "secret"
        if word in _CARD:
            return "card"
        if word in _OTHER:
            return "other"
    return None


def _is_code(word: str) -> bool:
    """A mix of letters and digits, as in a spelled password: `hunter2`."""
    return any(char.isdigit() for char in word) and any(char.isalpha() for char in word)


def _spelled(flat: Sequence[str], masks: dict[int, SilenceReason]) -> dict[int, SilenceReason]:
    """Mask three or more single letters or masked words in a row after a secret label: a password that is spelled."""
    found: dict[int, SilenceReason] = {}
    start = 0
    while start < len(flat):
        end = start
        while end < len(flat) and (len(flat[end]) == 1 or end in masks):
            end += 1
        if end - start >= 3 and label_before(flat, start) == "secret":
            found.update(dict.fromkeys(range(start, end), "secret_digits"))
        start = max(end, start + 1)
    return found
