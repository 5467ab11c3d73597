"""Secrets known by the words around them: codes sent to a phone, the back of a card, expiry dates, IBANs. Pure.

What is kept of an IBAN: its country and its last four digits, by which people tell accounts apart;
the digits between them are masked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from records.card_numbers import WHOLE_CARD
from records.spoken_digits import DigitRun, digit_runs, plain, word_set

_NEAR = 12
"""How many words after its announcement a code may come."""
_CODE = word_set("code codes codigo codigos otp token tokens passcodes cifras digits clavecita numerito numeritos")
_SENT = word_set(
    "text texts texted sms message messages mensaje mensajes whatsapp sent got received mandado mandaron mandaste "
    "enviado enviaron "
    "llegado llego llega recibido recibi time once one-time login verify verification verificacion confirmacion "
    "confirmation phone movil "
    "app screen pantalla bank banco uso single-use"
)
"""One of these beside "code" tells that it was sent to somebody."""
_OTHER_CODE = word_set(
    "postal post zip error fault area country dial dialling dialing reference referencia discount descuento promo "
    "promocion promotional "
    "barras bar cliente customer product producto store tienda fallo averia pais provincia qr building portal door "
    "puerta tarifa tariff "
    "cups offer oferta contrato contract router modem supply"
)
_MESSAGE = word_set("text sms message mensaje whatsapp")
_ONE_TIME = 6
"""Digits of most one-time codes. Source: RFC 6238 implementations show 6."""

_BACK = word_set("back reverse reverso atras detras dorso trasera behind")
_BACK_OF = word_set(
    "card tarjeta digits digit number numbers cifras cifra numero numeros numeritos code codigo says pone dice "
    "three tres little visa"
)
_EXPIRY = word_set(
    "expires expire expiry expiration expiring valid thru caduca caducidad vence vencimiento expira expiracion "
    "validez validity"
)
_CARD = word_set("card cards tarjeta tarjetas visa mastercard amex")
_NOT_A_CARD = word_set(
    "contract contrato plan offer oferta permanencia discount descuento tarifa tariff promo promocion bono bill "
    "factura plazo account cuenta"
)
_MONTHS = word_set(
    "january february march april may june july august september october november december enero febrero marzo "
    "abril mayo junio julio "
    "agosto septiembre octubre noviembre diciembre"
)
_MONEY = word_set("euros euro dollars dollar pounds pound centimos cents percent per ciento gigas megas")
_ENDS_CARD = word_set(
    "account cuenta phone telefono movil mobile contract contrato date fecha bill factura call llame llamen"
)

_PASSWORD = word_set("password passphrase passkey contrasena clave")
_IS = word_set("is es :")
_TELLS = word_set(
    "not no wrong right fine since desde hace for expired old new nueva vieja lost muy mal incorrecta working funciona "
    "the la el los las that que so but pero and y because porque too to de del a i it my mi se me in on on longer "
    "asking about sobre required necesaria different distinta same misma blocked bloqueada days dias"
)
"""Words after "the password is …" that tell about it and are no part of it."""
_PASSWORD_WORDS = 5

_IBAN_START = re.compile(r"^[a-z]{2}\d{2}")
_LEAST_IBAN = 10
"""Digits from which a number after "IBAN" is masked; shorter ones are told as a hint."""
_LAST_OF_IBAN = 4


def announced_secrets(words: Sequence[str], masked_cards: Sequence[int]) -> set[int]:
    """Return the indices of the words that an announcement makes secret.

    Args:
        words: What was said.
        masked_cards: Indices of words that are known to belong to a card number.
    """
    flat = [plain(word) for word in words]
    runs = digit_runs(words)
    found: set[int] = set()
    for run in runs:
        if _is_money(flat, run):
            continue
        if _is_sent_code(flat, run) or _is_back_of_card(flat, run) or _is_expiry(flat, run, masked_cards):
            found.update(range(run.first, run.last + 1))
            found.update(at for at in range(max(0, run.first - 2), run.first) if flat[at] in _MONTHS)
    found.update(_rest_of_card(flat, runs, masked_cards))
    found.update(_iban(words, flat, runs))
    found.update(_password_of_words(words, flat, runs))
    return found


def _is_money(flat: Sequence[str], run: DigitRun) -> bool:
    return run.last + 1 < len(flat) and flat[run.last + 1] in _MONEY


def _is_sent_code(flat: Sequence[str], run: DigitRun) -> bool:
    """Tell whether four to eight digits are a code that was sent to somebody's phone."""
    if not 4 <= len(run.digits) <= 8:
        return False
    before = flat[max(0, run.first - _NEAR) : run.first]
    last = max((at for at, word in enumerate(before) if word in _CODE), default=None)
    if last is None:
        near = before[-4:]
        return len(run.digits) == _ONE_TIME and bool(_MESSAGE.intersection(near)) and not _OTHER_CODE.intersection(near)
    around = before[max(0, last - 2) :]
    if _OTHER_CODE.intersection(around[:5]) or _ENDS_CARD.intersection(before[last:]) - {"phone", "movil", "telefono"}:
        return False
    sent = _SENT.intersection(before) or before[last] in ("otp", "token")
    return bool(sent)


def _is_back_of_card(flat: Sequence[str], run: DigitRun) -> bool:
    """Tell whether three or four digits are those on the back of a card."""
    before = flat[max(0, run.first - _NEAR) : run.first]
    return len(run.digits) in (3, 4) and bool(_BACK.intersection(before)) and bool(_BACK_OF.intersection(before))


def _is_expiry(flat: Sequence[str], run: DigitRun, masked_cards: Sequence[int]) -> bool:
    """Tell whether digits are the expiry date of a card: after its number, after "card", or in the form of one."""
    before = flat[max(0, run.first - 6) : run.first]
    if not _EXPIRY.intersection(before) or len(run.digits) > 8:
        return False
    wide = flat[max(0, run.first - _NEAR) : run.first]
    if _NOT_A_CARD.intersection(wide):
        return False
    of_card = bool(_CARD.intersection(wide)) or any(at < run.first for at in masked_cards)
    return of_card or (len(run.digits) in (3, 4) and not run.digits.startswith("20"))


def _rest_of_card(flat: Sequence[str], runs: Sequence[DigitRun], masked_cards: Sequence[int]) -> set[int]:
    """Return the words that go on with a card number after a few words: "… and finally zero three six six"."""
    if not masked_cards:
        return set()
    inside = [run for run in runs if run.first in masked_cards]
    digits, last = sum(len(run.digits) for run in inside), max(masked_cards)
    found: set[int] = set()
    for run in runs:
        between = flat[last + 1 : run.first]
        if run.first <= last or len(between) > 4 or _ENDS_CARD.intersection(between) or _is_money(flat, run):
            continue
        if digits <= WHOLE_CARD and digits + len(run.digits) <= WHOLE_CARD + 4 and len(run.digits) <= 6:
            found.update(range(run.first, run.last + 1))
            digits, last = digits + len(run.digits), run.last
    return found


def _password_of_words(words: Sequence[str], flat: Sequence[str], runs: Sequence[DigitRun]) -> set[int]:
    """Return the words of a password that is made of words with digits among them: "… is blue horse 77"."""
    digits = {at for run in runs for at in range(run.first, run.last + 1)}
    found: set[int] = set()
    for at, word in enumerate(flat):
        if word not in _IS or not _PASSWORD.intersection(flat[max(0, at - 6) : at]):
            continue
        last = at
        for here in range(at + 1, min(len(flat), at + 1 + _PASSWORD_WORDS)):
            if flat[here] in _TELLS | _ENDS_CARD:
                break
            last = here
            if words[here][-1] in ".,;?!":
                break
        said = range(at + 1, last + 1)
        if digits.intersection(said):
            found.update(said)
    return found


def _iban(words: Sequence[str], flat: Sequence[str], runs: Sequence[DigitRun]) -> set[int]:
    """Return the words of an IBAN's middle."""
    start = next((at for at, word in enumerate(flat) if word == "iban" or _IBAN_START.match(word)), None)
    if start is None:
        return set()
    carrying = [at for run in runs if run.first >= start for at in range(run.first, run.last + 1)]
    carrying = [at for at in carrying if at - start <= 4 * _NEAR]
    if sum(len(run.digits) for run in runs if run.first in carrying) < _LEAST_IBAN:
        return set()
    kept, last = 0, len(carrying)
    while last and kept + _digits_of(words[carrying[last - 1]]) <= _LAST_OF_IBAN:
        last -= 1
        kept += _digits_of(words[carrying[last]])
    return set(carrying[:last])


def _digits_of(word: str) -> int:
    return sum(len(run.digits) for run in digit_runs([word]))
