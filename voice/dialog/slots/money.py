"""Amounts of money as spoken, to `64.15 EUR`."""

from __future__ import annotations

import re

from calls.ids import Language
from voice.dialog.slots.number_words import Token, repaired, stretches
from voice.dialog.slots.numbers import read_cardinal
from voice.dialog.slots.types import Parsed
from voice.dialog.text import plain, strip_accents

_CURRENCIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("EUR", re.compile(r"\b(?:euros?|euro s|eur|pavos|uros?|yuros?|heuros?)\b|€")),
    ("MXN", re.compile(r"\b(?:pesos?|mxn|varos?|besos)\b")),
    ("USD", re.compile(r"\b(?:dollars?|dolar|dolares|bucks?|usd|dolars?|doll hairs)\b|\$")),
    ("EUR", re.compile(r"\b(?:centimos?|centimes?)\b")),
)
DEFAULT_CURRENCY = "EUR"
"""Currency when none is named: Lumina bills in euros. Source: data/dialog/topics.md of the shared data."""

_OTHER_CURRENCY = re.compile(r"\b(?:pounds?|quid|sterling|libras?|francs?|francos?|yen|yenes|soles|reales)\b")
"""Currencies that no bill of ours is in; better ask again than be wrong."""

_UNIT = re.compile(
    r"^(?:euros?|eur|pavos|uros?|pesos?|mxn|varos?|dollars?|dolar|dolares|bucks?|usd|dolars?|"
    r"yuros?|quid|pounds?)$"
)
_CENTS = re.compile(
    r"^(?:cents?|centimos?|centavos?|centimes?|sense|sents?|scents?|since|sentavos?|sentimos?|"
    r"pence)$"
)
_POINT = {"point", "coma", "punto", "dot", "comma", "con", "with", "and", "y", "coma,"}
_MARKS_OF_POINT = {"point", "coma", "punto", "dot", "comma", "con"}

_REPAIRS: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) (?:to|too)\b", r"\1 two"),
        (r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) (?:for|fore)\b", r"\1 four"),
        (r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) ate\b", r"\1 eight"),
        (r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) won\b", r"\1 one"),
        (r"\bhalf an? (euro|dollar|peso)\b", r"fifty cents \1"),
        (r"\bgrand\b", "thousand"),
        (r"\bfor tea\b", "forty"),
        (r"\bfor ty\b", "forty"),
        (r"\bthir ?tea\b", "thirty"),
        (r"\bfif ?tea\b", "fifty"),
        (r"\bsix ?tea\b", "sixty"),
        (r"\bsir ty\b", "thirty"),
        (r"\bate e\b", "eighty"),
        (r"\bnine tea\b", "ninety"),
        (r"\btwin tea\b", "twenty"),
        (r"\beight ?tea?\b(?= )", "eighty"),
        (r"\b(?:to|too) (?=hundred|thousand)", "two "),
        (r"\b(?:for|fore) (?=hundred|thousand)", "four "),
        (r"\bate (?=hundred|thousand|euros|dollars)", "eight "),
        (r"\bwon (?=hundred|thousand|euros?|dollars?)", "one "),
    ),
    "es": (
        (r"\bsiete cientos\b", "setecientos"),
        (r"\bnueve cientos\b", "novecientos"),
        (r"\bcinco cientos\b", "quinientos"),
        (r"\b(dos|tres|cuatro|seis|ocho) cientos\b", r"\1cientos"),
        (r"\bsien\b", "cien"),
        (r"\bveinti (?=uno|un|dos|tres|cuatro|cinco|seis|siete|ocho|nueve)", "veinti"),
        (r"\bdieci (?=seis|siete|ocho|nueve)", "dieci"),
        (r"(?<!y )(?<!con )\bmedio (euro|dolar|peso)\b", r"cincuenta centimos \1"),
        (r"\bmedio\b", "media"),
    ),
}


def parse_money(text: str, language: Language) -> Parsed | None:
    """Return the amount and its currency, after corrections.

    Without a currency it is euros, and the amount should be read back.
    """
    low = text.lower()
    low = re.sub(r"(?<=\d)[.,](?=\d{3}(?:\D|$))", "", low)
    low = re.sub(r"(\d+)[.,](\d{1,2})(?!\d)", r"\1 point \2", low)
    low = re.sub(r"[$€]\s*(\d+(?: point \d+)?)", r"\1 \g<0>", low).replace("$", " dollars ").replace("€", " euros ")
    low = re.sub(r"(\d+(?: point \d+)?)\s+(dollars|euros)\s+\1", r"\1 \2", low)
    speech = re.sub(r"[\u2013-]", " ", low)
    speech = repaired(strip_accents(speech), _REPAIRS[language])
    if re.search(r"\b(?:hundred|thousand|cien|ciento)\b", speech):
        speech = re.sub(r"\b(?:a|an) (?=hundred|thousand)", "one ", speech)
    amount: int | None = None
    for segment in stretches(speech, language):
        found = _amount(segment)
        if found is not None:
            amount = found
    if amount is None or _OTHER_CURRENCY.search(plain(speech)):
        return None
    currency, named = _currency(plain(speech) + (" $" if "$" in text else "") + (" €" if "€" in text else ""))
    return Parsed(f"{amount // 100}.{amount % 100:02d} {currency}", 0.9 if named else 0.6, needs_confirmation=not named)


def _currency(speech: str) -> tuple[str, bool]:
    hits = [(m.start(), code) for code, pattern in _CURRENCIES for m in [pattern.search(speech)] if m]
    return (hits[0][1] if len({c for _, c in hits}) == 1 else max(hits)[1], True) if hits else (DEFAULT_CURRENCY, False)


def _amount(segment: list[Token]) -> int | None:
    """Return the best amount of one stretch in cents: one with a currency beside it, else the last."""
    candidates: list[tuple[int, int]] = []
    i = 0
    while i < len(segment):
        if segment[i].kind in ("maybe", "word", "comma", "and") and segment[i].text not in ("un", "una"):
            i += 1
            continue
        read = _read(segment, i)
        if read is None:
            i += 1
            continue
        cents, end, with_unit = read
        candidates.append((2 if with_unit else 1, cents))
        i = end
    if not candidates:
        return None
    best = max(rank for rank, _ in candidates)
    return [cents for rank, cents in candidates if rank == best][-1]


def _whole(segment: list[Token], i: int) -> tuple[int, int] | None:
    if segment[i].kind == "zero":
        return 0, i + 1
    if segment[i].kind == "maybe" and segment[i].text in ("un", "una"):
        nxt = segment[i + 1].text if i + 1 < len(segment) else ""
        return (1, i + 1) if _UNIT.match(nxt) or _CENTS.match(nxt) else None
    read = read_cardinal(segment, i)
    return (read[0], read[2]) if read is not None else None


def _read(segment: list[Token], i: int) -> tuple[int, int, bool] | None:
    """Read an amount from `i`: whole, unit, fraction in any of the usual orders; return cents, end, unit named."""
    start = _whole(segment, i)
    if start is None:
        return None
    value, j = start
    texts = [t.text for t in segment]
    if j < len(texts) and _CENTS.match(texts[j]):
        return value, j + 1, True
    if j < len(segment) and segment[j].kind == "zero" and value < 100:
        unit = _whole(segment, j + 1) if j + 1 < len(segment) else None
        if unit is not None and unit[0] < 10:
            j2 = unit[1]
            named = j2 < len(texts) and bool(_UNIT.match(texts[j2]))
            return value * 100 + unit[0], j2 + named, named
    unit_named = False
    k = j
    while k < len(texts) and (segment[k].kind == "comma" or texts[k] in ("de", "in", "en")):
        k += 1
    if k < len(texts) and _UNIT.match(texts[k]):
        unit_named, j = True, k + 1
    k = j
    joined = False
    while k < len(texts) and (texts[k] in _POINT or segment[k].kind in ("comma", "and")):
        joined = joined or texts[k] in _POINT or segment[k].kind == "and"
        k += 1
    if k < len(texts) and joined and texts[k] == "media":
        return value * 100 + 50, k + 1, True
    if k < len(texts) and joined and texts[k] == "half":
        return value * 100 + 50, k + 1, unit_named
    if k + 1 < len(texts) and joined and texts[k : k + 2] == ["a", "half"]:
        return value * 100 + 50, k + 2, unit_named
    if k + 1 < len(texts) and joined and unit_named and texts[k : k + 2] == ["a", "quarter"]:
        return value * 100 + 25, k + 2, unit_named
    one_cent = k + 1 < len(texts) and texts[k] in ("un", "una") and bool(_CENTS.match(texts[k + 1]))
    readable = k < len(segment) and (segment[k].kind not in ("maybe", "word", "comma") or one_cent)
    fraction = _whole(segment, k) if readable else None
    if fraction is not None:
        cents, end = fraction
        written = segment[k].digits
        zero_led = segment[k].kind == "zero" and cents == 0
        if zero_led and end < len(segment):
            unit = _whole(segment, end) if segment[end].kind == "unit" else None
            if unit is not None:
                cents, end = unit
                written = f"0{cents}"
        is_point = any(t in _MARKS_OF_POINT for t in texts[j:k])
        if is_point and cents < 10 and end < len(segment) and segment[end].kind in ("unit", "zero"):
            second = _whole(segment, end)
            if second is not None and second[0] < 10:
                cents, end, written = cents * 10 + second[0], second[1], "22"
        elif (
            is_point
            and cents < 10
            and len(written) < 2
            and not zero_led
            and not (end < len(texts) and _CENTS.match(texts[end]))
            and any(t in ("point", "coma", "punto") for t in texts[j:k])
        ):
            cents *= 10
        says_cents = end < len(texts) and bool(_CENTS.match(texts[end]))
        after = end + says_cents
        unit_after = after < len(texts) and bool(_UNIT.match(texts[after]))
        comma_unit = (
            after + 1 < len(texts)
            and segment[after].kind == "comma"
            and (bool(_UNIT.match(texts[after + 1])) or texts[after + 1] in ("in", "en", "de"))
        )
        spoken_pair = not joined and k == j and not unit_named and value < 1000 and 10 <= cents < 100
        if cents < 100 and (
            (joined and (is_point or says_cents or unit_named or unit_after))
            or says_cents
            or spoken_pair
            or (unit_named and (cents >= 10) and k == j)
        ):
            return value * 100 + cents, after + unit_after, unit_named or unit_after or says_cents or comma_unit
    return value * 100, j, unit_named


def money_from_keys(keys: str) -> Parsed | None:
    """Read `64*15` as 64.15; currency as in speech without one."""
    match = re.fullmatch(r"(\d{1,6})(?:\*(\d{1,2}))?", keys)
    if match is None:
        return None
    cents = (match[2] or "0").ljust(2, "0")
    return Parsed(f"{int(match[1])}.{cents} {DEFAULT_CURRENCY}", 0.9, needs_confirmation=False)


_NAMES: dict[str, dict[Language, tuple[str, str, str]]] = {
    "EUR": {"en": ("euro", "euros", "cents"), "es": ("euro", "euros", "céntimos")},
    "USD": {"en": ("dollar", "dollars", "cents"), "es": ("dólar", "dólares", "centavos")},
    "MXN": {"en": ("peso", "pesos", "centavos"), "es": ("peso", "pesos", "centavos")},
}


def say_money(value: str, language: Language) -> str:
    """Write an amount as people say it: `64 euros and 15 cents`, `64 euros con 15 céntimos`."""
    number, currency = value.split(" ")
    whole, cents = number.split(".")
    one, many, small = _NAMES[currency][language]
    unit = one if whole == "1" else many
    if cents == "00":
        return f"{whole} {unit}"
    return f"{whole} {unit} {'and' if language == 'en' else 'con'} {int(cents)} {small}"
