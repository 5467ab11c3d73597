"""How English is read aloud, in the American way where the countries differ."""

# ruff: noqa: RUF001, RUF012, SIM905 - typographic marks are this module's matter; its tables read best as plain lines
from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import cast

from num2words import num2words

from voice.tts.normalise.common import (
    EMAIL,
    IBAN,
    IP_ADDRESS,
    ISO_DATE,
    MIXED,
    NUMBER,
    PHONE,
    URL,
    Around,
    Reader,
    Rule,
    rule,
    valid_date,
)

_MONTHS = (
    "January February March April May June July August September October November December".split()
)  # fmt: skip
_MONTH_PATTERN = "|".join(
    [*(rf"{month}" for month in _MONTHS), r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"]
)

_CURRENCIES = {
    "eur": ("euro", "euros", "cent", "cents"),
    "usd": ("dollar", "dollars", "cent", "cents"),
    "mxn": ("peso", "pesos", "cent", "cents"),
    "gbp": ("pound", "pounds", "penny", "pence"),
}
_CURRENCY_OF = {
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur", "us$": "usd", "usd": "usd", "$": "usd", "dollar": "usd",
    "dollars": "usd", "mxn": "mxn", "mx$": "mxn", "peso": "mxn", "pesos": "mxn", "£": "gbp", "gbp": "gbp",
    "pound": "gbp", "pounds": "gbp",
}  # fmt: skip
_CURRENCY = r"€|EUR(?:OS?)?|US\$|USD|MX\$|MXN|GBP|£|dollars?|pesos?|pounds?"

_UNITS: dict[str, tuple[str, str]] = {
    "gb": ("gigabyte", "gigabytes"), "mb": ("megabyte", "megabytes"), "tb": ("terabyte", "terabytes"),
    "kb": ("kilobyte", "kilobytes"), "gbit/s": ("gigabit per second", "gigabits per second"),
    "mbit/s": ("megabit per second", "megabits per second"), "kbit/s": ("kilobit per second", "kilobits per second"),
    "gbps": ("gigabit per second", "gigabits per second"), "mbps": ("megabit per second", "megabits per second"),
    "mb/s": ("megabit per second", "megabits per second"), "kwh": ("kilowatt hour", "kilowatt hours"),
    "mwh": ("megawatt hour", "megawatt hours"), "kw": ("kilowatt", "kilowatts"), "W": ("watt", "watts"),
    "V": ("volt", "volts"), "ghz": ("gigahertz", "gigahertz"), "mhz": ("megahertz", "megahertz"),
    "khz": ("kilohertz", "kilohertz"), "hz": ("hertz", "hertz"),
    "km/h": ("kilometer per hour", "kilometers per hour"), "mph": ("mile per hour", "miles per hour"),
    "km": ("kilometer", "kilometers"), "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"),
    "m": ("meter", "meters"), "m²": ("square meter", "square meters"), "m2": ("square meter", "square meters"),
    "m³": ("cubic meter", "cubic meters"), "m3": ("cubic meter", "cubic meters"), "ft": ("foot", "feet"),
    "kg": ("kilo", "kilos"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"), "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"), "l": ("liter", "liters"), "ml": ("milliliter", "milliliters"),
    "h": ("hour", "hours"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"), "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"), "sec": ("second", "seconds"), "secs": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"), "°c": ("degree Celsius", "degrees Celsius"),
    "°f": ("degree Fahrenheit", "degrees Fahrenheit"), "°": ("degree", "degrees"),
}  # fmt: skip
_UNIT_PATTERN = "|".join(sorted((re.escape(unit) for unit in _UNITS), key=len, reverse=True))

_PER = rf"(?:\s?/\s?(?P<per>{_UNIT_PATTERN}|[^\W\d_]{{2,15}}))?"
"""What a sum is paid for: $/kWh, $/month."""
_PERIODS = {"mo": "month", "yr": "year", "wk": "week"}

_FRACTIONS = {2: ("half", "halves"), 3: ("third", "thirds"), 4: ("quarter", "quarters")}


class EnglishReader(Reader):
    """Reads English."""

    digit_words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    letter_words = dict(
        zip(
            "abcdefghijklmnopqrstuvwxyz",
            "ay bee see dee ee eff gee aitch eye jay kay el em en oh pee cue are ess tee you vee - ex why zee".split(),
            strict=True,
        )
    ) | {"w": "double-you"}
    sign_words = {
        "@": "at", ".": "dot", "-": "dash", "_": "underscore", "+": "plus", "/": "slash", "&": "and", "=": "equals",
        "%": "percent", "€": "euros", "$": "dollars", "£": "pounds", "#": "hash", "*": "star", "°": "degrees",
        "~": "tilde", ":": "colon", "<": "less than", ">": "greater than", "×": "times",
    }  # fmt: skip
    abbreviations = {
        "mr.": "Mister", "mrs.": "Missis", "ms.": "Miz", "dr.": "Doctor", "prof.": "Professor", "st.": "Street",
        "ave.": "Avenue", "rd.": "Road", "blvd.": "Boulevard", "apt.": "apartment", "no.": "number", "nº": "number",
        "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus", "approx.": "approximately",
        "max.": "maximum", "min.": "minimum", "dept.": "department", "ref.": "reference", "tel.": "telephone",
        "ext.": "extension", "inc.": "incorporated", "ltd.": "limited", "corp.": "corporation", "co.": "company",
        "jr.": "junior", "sr.": "senior", "a.m.": "ay em", "p.m.": "pee em", "u.s.": "you ess", "u.k.": "you kay",
        "and/or": "and or", "w/": "with", "w/o": "without", "e-mail": "email", "wi-fi": "wifi", "acct.": "account",
    }  # fmt: skip
    spelled = frozenset("ID USB EU US USA UK AI FAQ URL IP ADSL DIY".split())
    range_word = "to"
    number_word = "number"
    decimal_mark = "."
    code_words = frozenset(
        "account reference code number pin puk case ticket order contract invoice zip postcode ref extension id serial "
        "card customer claim imei".split()
    )
    dial_words = frozenset("call calling dial ring text number phone".split())
    date_words = frozenset("on by before after until till since from due through dated".split())
    """Two numbers with a slash after one of these words are a date."""

    def rules(self) -> Sequence[Rule]:
        """Return the rules, the most particular first."""
        half = r"(?P<half>[ap])\.?\s?m\b\.?"
        return (
            rule(EMAIL, self.say_address),
            rule(IBAN, self.say_iban, ignore_case=False),
            rule(URL, self.say_address),
            rule(rf"{ISO_DATE}(?:[T ](?P<h>\d{{2}}):(?P<min>\d{{2}})(?::\d{{2}})?)?", self._say_date),
            rule(r"(?P<a>\d{1,2})[/.-](?P<b>\d{1,2})[/.-](?P<y>\d{4}|\d{2})", self._say_slashed_date),
            rule(rf"(?P<name>{_MONTH_PATTERN}) (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>\d{{4}}))?", self._say_date),
            rule(rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<name>{_MONTH_PATTERN})(?:,? (?P<y>\d{{4}}))?",
                 self._say_date),
            rule(rf"(?P<h>\d{{1,2}}):(?P<min>[0-5]\d)(?::[0-5]\d)?(?:\s?(?:{half}|(?:h|hrs?|hours)\b))?",
                 self._say_time),
            rule(rf"(?P<h>1[0-2]|0?[1-9])\s?{half}", self._say_time),
            rule(IP_ADDRESS, self.say_ip_address),
            rule(rf"(?P<cur>US\$|MX\$|[€$£])\s?(?P<n>{NUMBER})(?:\s?(?P<code>USD|MXN|EUR))?{_PER}", self._say_money),
            rule(rf"(?P<cur>EUR|USD|MXN|GBP)\s(?P<n>{NUMBER}){_PER}", self._say_money),
            rule(rf"(?P<n>{NUMBER})\s?(?P<cur>{_CURRENCY}){_PER}", self._say_money),
            rule(rf"(?P<sign>[-−])?(?P<n>{NUMBER})\s?(?P<unit>{_UNIT_PATTERN})", self._say_unit),
            rule(rf"(?P<sign>[-−+])?(?P<n>{NUMBER})\s?%", self._say_percent),
            rule(r"24/7|24x7", lambda *_: "twenty-four seven"),
            rule(MIXED, self._say_mixed),
            rule(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})", self._say_month_day),
            rule(r"(?P<a>\d)/(?P<b>\d|10)", self._say_fraction),
            rule(r"\d{1,3}(?: \d{3})", self._say_spaced_thousands),
            rule(PHONE, self.say_phone),
            rule(r"(?P<n>\d{1,6})(?:st|nd|rd|th)", lambda match, _: ordinal(int(match["n"]))),
            rule(r"(?P<n>(?:1[89]|20)\d0)s", lambda match, _: _plural(year_words(int(match["n"])))),
            rule(r"(?:#|no\.|nº)(?P<n>\d{1,15})", self.say_numbered),
            rule(r"(?P<half>[ap])\. m\.", lambda match, _: "ay em" if match["half"] in "aA" else "pee em"),
            rule(rf"[-−](?P<n>{NUMBER})", self._say_negative),
            rule(r"(?P<y>19\d\d|20\d\d)", self._say_year),
            rule(NUMBER, self.say_plain_number),
        )  # fmt: skip

    def cardinal(self, number: int, next_word: str = "") -> str:  # noqa: ARG002 - English numbers agree with nothing
        """Say a whole number."""
        if abs(number) >= 10**15:
            return self.code_digits(str(abs(number)))
        return cast("str", num2words(number, lang="en")).replace(",", "")

    def decimal(self, number: Decimal) -> str:
        """Say a number with decimals, those one by one: three point one four."""
        sign = "minus " if number < 0 else ""
        whole, _, fraction = f"{abs(number):f}".partition(".")
        return f"{sign}{self.cardinal(int(whole))}" + (f" point {self.digits(fraction)}" if fraction else "")

    def _quantity(self, written: str) -> str:
        number = self.number(written)
        return self.cardinal(int(number)) if number == number.to_integral_value() else self.decimal(number)

    def _say_date(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        parts = match.groupdict()
        name = (parts.get("name") or "")[:3].title()
        month = next(index for index, full in enumerate(_MONTHS, 1) if full[:3] == name) if name else int(parts["m"])
        year = int(parts["y"]) if parts.get("y") else None
        spoken = _date_words(year, month, int(parts["d"]))
        if spoken and parts.get("h"):
            spoken += f" at {self._clock(int(parts['h']), int(parts['min']), '')}"
        return spoken

    def _say_slashed_date(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        first, second, year = int(match["a"]), int(match["b"]), int(match["y"])
        year += 2000 if year < 100 else 0
        month, day = (second, first) if first > 12 else (first, second)
        return _date_words(year, month, day)

    def _say_month_day(self, match: re.Match[str], around: Around) -> str | None:
        """Read 12/24, 03/04 and `on 3/4`; other pairs are fractions."""
        month, day = int(match["m"]), int(match["d"])
        if around.before in self.date_words or "0" in (match["m"][0], match["d"][0]):
            month, day = (day, month) if month > 12 else (month, day)
        elif day <= 10:
            return None
        return _date_words(None, month, day)

    def _say_time(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        parts = match.groupdict()
        hour, minute, half = int(parts["h"]), int(parts.get("min") or 0), (parts.get("half") or "").lower()
        if hour > 24 or (half and not 1 <= hour <= 12):
            return None
        return self._clock(hour, minute, half)

    def _clock(self, hour: int, minute: int, half: str) -> str:
        if not half and (hour > 12 or hour == 0):
            half = "p" if 12 < hour < 24 else "a"
            hour = hour % 12 or 12
        spoken = self.cardinal(hour)
        if minute:
            spoken += f" oh {self.cardinal(minute)}" if minute < 10 else f" {self.cardinal(minute)}"
        elif not half:
            return f"{spoken} o'clock"
        return spoken + {"a": " ay em", "p": " pee em"}.get(half, "")

    def _say_money(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        one, many, cent, cents = _CURRENCIES[_CURRENCY_OF[(match.groupdict().get("code") or match["cur"]).lower()]]
        amount = self.number(match["n"])
        if abs(amount) >= 10**15:
            return None
        whole, hundredths = int(amount), int((amount % 1 * 100).to_integral_value())
        per = _per(match["per"])
        if amount % 1 * 100 != hundredths:
            return f"{self.decimal(amount)} {many}{per}"
        parts: list[str] = []
        if whole or not hundredths:
            parts.append(f"{self.cardinal(whole)} {one if whole == 1 else many}")
        if hundredths:
            parts.append(f"{self.cardinal(hundredths)} {cent if hundredths == 1 else cents}")
        return " and ".join(parts) + per

    def _say_unit(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        names = _unit(match["unit"])
        if names is None:
            return None
        one, many = names
        number = self.number(match["n"])
        return f"{'minus ' if match['sign'] else ''}{self._quantity(match['n'])} {one if number == 1 else many}"

    def _say_percent(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        sign = {"-": "minus ", "−": "minus ", "+": "plus "}.get(match["sign"] or "", "")
        return f"{sign}{self._quantity(match['n'])} percent"

    def _say_fraction(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        above, below = int(match["a"]), int(match["b"])
        if not 0 < above < below:
            return None
        one, many = _FRACTIONS.get(below, (ordinal(below), ordinal(below) + "s"))
        return f"{self.cardinal(above)} {one if above == 1 else many}"

    def _say_mixed(self, match: re.Match[str], around: Around) -> str | None:
        fraction = self._say_fraction(match, around)
        if fraction is None:
            return None
        rest = f"a {fraction.removeprefix('one ')}" if match["a"] == "1" else fraction
        return f"{self.cardinal(int(match['w']))} and {rest}"

    def _say_spaced_thousands(self, match: re.Match[str], around: Around) -> str | None:
        if re.match(r"[ -]?\d", around.after) or match.group()[0] == "0":
            return None
        return self.cardinal(int(match.group().replace(" ", "")))

    def _say_negative(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        return f"minus {self._quantity(match['n'])}"

    def _say_year(self, match: re.Match[str], around: Around) -> str | None:
        if around.before in self.code_words:
            return self.code_digits(match["y"])
        return year_words(int(match["y"]))


def ordinal(number: int) -> str:
    """Return `twenty-first` and the like."""
    return cast("str", num2words(number, lang="en", to="ordinal")).replace(",", "")


def year_words(year: int) -> str:
    """Return a year as it is said: twenty twenty-six."""
    return cast("str", num2words(year, lang="en", to="year"))


def _unit(written: str) -> tuple[str, str] | None:
    """Return what a unit is called; signs of one letter differ by their case."""
    return _UNITS.get(written if len(written) == 1 else written.lower())


def _per(written: str | None) -> str:
    """Say what a sum is paid for, with a blank before; nothing for nothing."""
    if not written:
        return ""
    names = _unit(written)
    return f" per {names[0] if names else _PERIODS.get(written.lower(), written)}"


def _plural(words: str) -> str:
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _date_words(year: int | None, month: int, day: int) -> str | None:
    if valid_date(year or 2000, month, day) is None:
        return None
    spoken = f"{_MONTHS[month - 1]} {ordinal(day)}"
    return spoken if year is None else f"{spoken}, {year_words(year)}"


def english_reader() -> Reader:
    """Return the reader of English."""
    return EnglishReader()
