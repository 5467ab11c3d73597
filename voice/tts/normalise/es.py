"""How Spanish is read aloud: genders agree (veintiún días, veintiuna horas), sums have céntimos, addresses arroba."""

# ruff: noqa: RUF001, RUF012, SIM905 - typographic marks are this module's matter; its tables read best as plain lines
from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, cast

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

Gender = Literal["m", "f", ""]
"""Gender of the noun that follows; empty when there is none."""

_MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
)  # fmt: skip
_SHORT_MONTH = r"(?:ene|feb|mar|abr|may|jun|jul|ago|sept?|oct|nov|dic)\b\.?"
_MONTH_PATTERN = "|".join([*_MONTHS, "setiembre", _SHORT_MONTH])

_ORDINAL_UNITS = ("", "primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno")
_ORDINAL_TENS = (
    "", "décimo", "vigésimo", "trigésimo", "cuadragésimo", "quincuagésimo",
    "sexagésimo", "septuagésimo", "octogésimo", "nonagésimo",
)  # fmt: skip
_ORDINAL_TEENS = {
    11: "undécimo", 12: "duodécimo", 13: "decimotercero", 14: "decimocuarto", 15: "decimoquinto",
    16: "decimosexto", 17: "decimoséptimo", 18: "decimoctavo", 19: "decimonoveno",
}  # fmt: skip

_CURRENCIES: dict[str, tuple[str, str, Gender, str, str]] = {
    "eur": ("euro", "euros", "m", "céntimo", "céntimos"),
    "usd": ("dólar", "dólares", "m", "centavo", "centavos"),
    "mxn": ("peso", "pesos", "m", "centavo", "centavos"),
    "gbp": ("libra", "libras", "f", "penique", "peniques"),
}
_CURRENCY_OF = {
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur", "us$": "usd", "usd": "usd", "$": "usd", "dólar": "usd",
    "dólares": "usd", "mxn": "mxn", "mx$": "mxn", "peso": "mxn", "pesos": "mxn", "£": "gbp", "gbp": "gbp",
}  # fmt: skip
_CURRENCY = r"€|EUR(?:OS?)?|US\$|USD|MX\$|MXN|GBP|£|\$|dólar(?:es)?|pesos?"

_UNITS: dict[str, tuple[str, str, Gender]] = {
    "gb": ("giga", "gigas", "m"), "mb": ("mega", "megas", "m"), "tb": ("tera", "teras", "m"),
    "kb": ("kilobyte", "kilobytes", "m"),
    "gbit/s": ("gigabit por segundo", "gigabits por segundo", "m"),
    "mbit/s": ("megabit por segundo", "megabits por segundo", "m"),
    "kbit/s": ("kilobit por segundo", "kilobits por segundo", "m"),
    "gbps": ("gigabit por segundo", "gigabits por segundo", "m"),
    "mbps": ("megabit por segundo", "megabits por segundo", "m"),
    "mb/s": ("mega por segundo", "megas por segundo", "m"),
    "kwh": ("kilovatio hora", "kilovatios hora", "m"), "kw": ("kilovatio", "kilovatios", "m"),
    "mwh": ("megavatio hora", "megavatios hora", "m"), "W": ("vatio", "vatios", "m"), "V": ("voltio", "voltios", "m"),
    "A": ("amperio", "amperios", "m"), "ghz": ("gigahercio", "gigahercios", "m"),
    "mhz": ("megahercio", "megahercios", "m"), "khz": ("kilohercio", "kilohercios", "m"),
    "hz": ("hercio", "hercios", "m"), "km/h": ("kilómetro por hora", "kilómetros por hora", "m"),
    "km": ("kilómetro", "kilómetros", "m"), "cm": ("centímetro", "centímetros", "m"),
    "mm": ("milímetro", "milímetros", "m"), "m": ("metro", "metros", "m"),
    "m²": ("metro cuadrado", "metros cuadrados", "m"), "m2": ("metro cuadrado", "metros cuadrados", "m"),
    "m³": ("metro cúbico", "metros cúbicos", "m"), "m3": ("metro cúbico", "metros cúbicos", "m"),
    "kg": ("kilo", "kilos", "m"), "g": ("gramo", "gramos", "m"), "mg": ("miligramo", "miligramos", "m"),
    "l": ("litro", "litros", "m"), "ml": ("mililitro", "mililitros", "m"),
    "h": ("hora", "horas", "f"), "hs": ("hora", "horas", "f"), "hrs": ("hora", "horas", "f"),
    "min": ("minuto", "minutos", "m"), "s": ("segundo", "segundos", "m"), "seg": ("segundo", "segundos", "m"),
    "ms": ("milisegundo", "milisegundos", "m"), "ºc": ("grado", "grados", "m"), "°c": ("grado", "grados", "m"),
    "°": ("grado", "grados", "m"),
}  # fmt: skip
_UNIT_PATTERN = "|".join(sorted((re.escape(unit) for unit in _UNITS), key=len, reverse=True))

_FEMININE = frozenset(
    "veces mano manos noche noches tarde tardes parte partes clase clases llave llaves red redes luz luces señal "
    "señales vez hora horas persona personas línea líneas central centrales orden órdenes ley leyes sim "
    "foto fotos".split()
)
_MASCULINE = frozenset(
    "día días problema problemas programa programas sistema sistemas mapa mapas tema temas idioma idiomas planeta "
    "planetas aula agua megas gigas teras vatios kilowatts cm km pijama clima".split()
)
_FEMININE_ENDINGS = ("a", "as", "ción", "ciones", "sión", "siones", "dad", "dades", "tud", "tudes", "ez")
_NO_NOUNS = frozenset(
    "a al ante bajo con contra de del desde e el en entre es está fue ha hasta la las le les lo los más me menos mi ni "
    "no nos o para pero por que se ser si sin sobre son su sus te tu u un una y ya cada será era para como cuando "
    "ahora aquí".split()
)
_PER = rf"(?:\s?/\s?(?P<per>{_UNIT_PATTERN}|[^\W\d_]{{2,15}}))?"
"""What a sum is paid for: €/kWh, €/mes."""
_PERIODS = {"día": "al día", "semana": "a la semana", "mes": "al mes", "año": "al año"}


class SpanishReader(Reader):
    """Reads Spanish; Spain's habits where the countries differ."""

    digit_words = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
    letter_words = dict(
        zip(
            "abcdefghijklmnñopqrstuvwxyz",
            "a be ce de e efe ge hache i jota ka ele eme ene eñe o pe cu erre ese te u uve - equis ye zeta".split(),
            strict=True,
        )
    ) | {"w": "uve doble"}
    sign_words = {
        "@": "arroba", ".": "punto", "-": "guion", "_": "guion bajo", "+": "más", "/": "barra", "&": "y",
        "=": "igual a", "%": "por ciento", "€": "euros", "$": "dólares", "£": "libras", "#": "almohadilla",
        "*": "asterisco", "°": "grados", "~": "virgulilla", ":": "dos puntos", "<": "menor que", ">": "mayor que",
        "×": "por",
    }  # fmt: skip
    abbreviations = {
        "sr.": "señor", "sra.": "señora", "srta.": "señorita", "sres.": "señores", "dr.": "doctor", "dra.": "doctora",
        "d.": "don", "dña.": "doña", "ud.": "usted", "uds.": "ustedes", "vd.": "usted", "etc.": "etcétera",
        "núm.": "número", "nº": "número", "n.º": "número", "n°": "número", "tel.": "teléfono", "tfno.": "teléfono",
        "avda.": "avenida", "av.": "avenida", "c/": "calle", "pza.": "plaza", "ctra.": "carretera",
        "dto.": "descuento",
        "p.ej.": "por ejemplo", "aprox.": "aproximadamente", "máx.": "máximo", "mín.": "mínimo", "pág.": "página",
        "págs.": "páginas", "art.": "artículo", "ref.": "referencia", "dpto.": "departamento",
        "admón.": "administración",
        "s.a.": "ese a", "s.l.": "ese ele", "ee.uu.": "Estados Unidos", "a.m.": "de la mañana", "p.m.": "de la tarde",
        "y/o": "y o", "vs.": "contra", "atte.": "atentamente", "cía.": "compañía", "izq.": "izquierda",
        "dcha.": "derecha",
        "wi-fi": "wifi", "e-mail": "correo electrónico", "email": "correo electrónico",
    }  # fmt: skip
    spelled = frozenset("DNI ADSL USB UE IA URL ID IP AEPD".split())
    range_word = "a"
    number_word = "número"
    decimal_mark = ","
    code_words = frozenset(
        "cuenta referencia código codigo contrato expediente pedido número numero pin puk postal caso incidencia cups "
        "factura teléfono telefono extensión clave reclamación serie tarjeta avería cliente imei".split()
    )
    dial_words = frozenset("al llame llama llamar marque marca marcar número".split())

    def rules(self) -> Sequence[Rule]:
        """Return the rules, the most particular first."""
        return (
            rule(EMAIL, self.say_address),
            rule(IBAN, self.say_iban, ignore_case=False),
            rule(URL, self.say_address),
            rule(rf"{ISO_DATE}(?:[T ](?P<h>\d{{2}}):(?P<min>\d{{2}})(?::\d{{2}})?)?", self._say_date),
            rule(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4}|\d{2})", self._say_date),
            rule(r"(?P<d>\d{1,2})/(?P<m>0\d|1[0-2])", self._say_date),
            rule(rf"(?P<d>\d{{1,2}}) (?:de )?(?P<name>{_MONTH_PATTERN})(?:(?: del?)? (?P<y>\d{{4}}))?",
                 self._say_date),
            rule(rf"(?P<name>{_SHORT_MONTH}) (?:de )?(?P<y>\d{{4}})", self._say_month),
            rule(r"(?P<h>\d{1,2})[:.](?P<min>[0-5]\d)(?::[0-5]\d)?\s?"
                 r"(?:(?P<half>[ap])\.?\s?m\b\.?|(?P<unit>h|hs|hrs|horas)\b(?-i:\.(?= [a-zñáéíóú]))?)", self._say_time),
            rule(r"(?P<h>\d{1,2}):(?P<min>[0-5]\d)(?::[0-5]\d)?", self._say_time),
            rule(r"(?P<h>1[0-2]|0?[1-9])\s?(?P<half>[ap])\.?\s?m\b\.?", self._say_time),
            rule(IP_ADDRESS, self.say_ip_address),
            rule(rf"(?P<cur>US\$|MX\$|[€$£])\s?(?P<n>{NUMBER})(?:\s?(?P<code>USD|MXN|EUR))?{_PER}", self._say_money),
            rule(rf"(?P<cur>EUR|USD|MXN|GBP)\s(?P<n>{NUMBER}){_PER}", self._say_money),
            rule(rf"(?P<n>{NUMBER})\s?(?P<cur>{_CURRENCY}){_PER}", self._say_money),
            rule(rf"(?P<sign>[-−])?(?P<n>{NUMBER})\s?(?P<unit>{_UNIT_PATTERN})", self._say_unit),
            rule(rf"(?P<sign>[-−+])?(?P<n>{NUMBER})\s?%", self._say_percent),
            rule(r"24/7|24x7", lambda *_: "veinticuatro horas, siete días"),
            rule(rf"{MIXED} (?P<noun>[^\W\d_]{{2,}})", self._say_mixed),
            rule(MIXED, self._say_mixed),
            rule(r"(?P<a>\d)/(?P<b>\d|10)", self._say_fraction),
            rule(r"\d{1,3}(?: \d{3})", self._say_spaced_thousands),
            rule(PHONE, self.say_phone),
            rule(r"(?P<n>\d{1,3})\s?(?P<end>\.?[ºª°]|\.?er|\.?ra|\.?ro|\.?do|\.?da|\.?to|\.?ta)", self._say_ordinal),
            rule(r"(?:#|n\.?[º°]|núm\.)(?P<n>\d{1,15})", self.say_numbered),
            rule(r"p\. ?ej\.", lambda *_: "por ejemplo"),
            rule(r"EE\. ?UU\.", lambda *_: "Estados Unidos"),
            rule(r"(?P<half>[ap])\. ?m\.", lambda match, _: "de la mañana" if match["half"] in "aA" else "de la tarde"),
            rule(rf"[-−](?P<n>{NUMBER})", self._say_negative),
            rule(NUMBER, self.say_plain_number),
        )  # fmt: skip

    def cardinal(self, number: int, next_word: str = "") -> str:
        """Say a whole number, agreeing with the noun that follows."""
        return self.number_of(number, gender_of(next_word))

    def number_of(self, number: int, gender: Gender) -> str:
        """Say a whole number in a gender; with none, as one counts: veintiuno."""
        if abs(number) >= 10**15:
            return self.code_digits(str(abs(number)))
        words = cast("str", num2words(number, lang="es"))
        words = re.sub(r"\bveintiuno (?=mil|bill)", "veintiún ", words)
        words = re.sub(r"\buno (?=mil|bill)", "un ", words)
        if gender == "m":
            words = re.sub(r"\bveintiuno$", "veintiún", words)
            words = re.sub(r"\buno$", "un", words)
        if gender == "f":
            head, mark, tail = words.rpartition("llones")
            tail = re.sub(r"(\w)ientos\b", r"\1ientas", tail)
            tail = re.sub(r"\bveinti(?:uno$|ún(?= mil))", "veintiuna", tail)
            tail = re.sub(r"\b(?:uno$|un(?= mil\b))", "una", tail)
            words = head + mark + tail
        if re.search(r"ll(?:ón|ones)$", words) and gender:
            words += " de"
        return words

    def decimal(self, number: Decimal) -> str:
        """Say a number with decimals: tres coma catorce."""
        sign = "menos " if number < 0 else ""
        whole, _, fraction = f"{abs(number):f}".partition(".")
        spoken = self.number_of(int(whole), "")
        if not fraction:
            return sign + spoken
        plain = fraction if fraction[0] == "0" or len(fraction) > 2 else ""
        return f"{sign}{spoken} coma {self.digits(plain) if plain else self.number_of(int(fraction), '')}"

    def quantity(self, written: str, gender: Gender) -> str:
        """Say a written number before a noun of a known gender."""
        number = self.number(written)
        if number == number.to_integral_value():
            return self.number_of(int(number), gender)
        return self.decimal(number)

    def _say_date(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        parts = match.groupdict()
        month = _month_of(parts["name"]) if parts.get("name") else int(parts["m"])
        year = int(parts["y"]) if parts.get("y") else None
        if year is not None and year < 100:
            year += 2000
        if valid_date(year or 2000, month, int(parts["d"])) is None:
            return None
        spoken = f"{self.number_of(int(parts['d']), '')} de {_MONTHS[month - 1]}"
        if year is not None:
            spoken += f" de {self.number_of(year, '')}"
        if parts.get("h"):
            spoken += f" a las {self._clock(int(parts['h']), int(parts['min']))}"
        return spoken

    def _say_month(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        return f"{_MONTHS[_month_of(match['name']) - 1]} de {self.number_of(int(match['y']), '')}"

    def _say_time(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        parts = match.groupdict()
        hour, minute, half = int(parts["h"]), int(parts.get("min") or 0), (parts.get("half") or "").lower()
        if hour > 24 or (half and not 1 <= hour <= 12):
            return None
        if not half:
            spoken = self._clock(hour, minute)
            if not parts.get("unit") or minute or spoken.endswith("horas"):
                return spoken
            return f"{spoken} {'hora' if hour == 1 else 'horas'}"
        return f"{self._clock(hour, minute)} {_part_of_day(hour % 12 + (12 if half == 'p' else 0))}"

    def _clock(self, hour: int, minute: int) -> str:
        if hour == 0 and minute:
            return f"{self._clock(12, minute)} de la noche"
        spoken = self.number_of(hour, "f")
        if minute == 0:
            return spoken if 1 <= hour <= 12 else f"{spoken} horas"
        if hour <= 12 and minute in (15, 30):
            return f"{spoken} y {'cuarto' if minute == 15 else 'media'}"
        if minute < 10:
            return f"{spoken} y {self.number_of(minute, '')}"
        return f"{spoken} {'y ' if hour <= 12 else ''}{self.number_of(minute, '')}"

    def _say_money(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        one, many, gender, cent, cents = _CURRENCIES[
            _CURRENCY_OF[(match.groupdict().get("code") or match["cur"]).lower()]
        ]
        amount = self.number(match["n"])
        if abs(amount) >= 10**15:
            return None
        whole, hundredths = int(amount), int((amount % 1 * 100).to_integral_value())
        per = _per(match["per"])
        if amount % 1 * 100 != hundredths:
            return f"{self.decimal(amount)} {many}{per}"
        parts: list[str] = []
        if whole or not hundredths:
            parts.append(f"{self.number_of(whole, gender)} {one if whole == 1 else many}")
        if hundredths:
            parts.append(f"{self.number_of(hundredths, 'm')} {cent if hundredths == 1 else cents}")
        return " con ".join(parts) + per

    def _say_unit(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        names = _unit(match["unit"])
        if names is None:
            return None
        one, many, gender = names
        number = self.number(match["n"])
        sign = "menos " if match["sign"] else ""
        return f"{sign}{self.quantity(match['n'], gender)} {one if number == 1 else many}"

    def _say_percent(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        sign = {"-": "menos ", "−": "menos ", "+": "más "}.get(match["sign"] or "", "")
        return f"{sign}{self.quantity(match['n'], '')} por ciento"

    def _say_mixed(self, match: re.Match[str], around: Around) -> str | None:
        fraction = self._say_fraction(match, around)
        if fraction is None:
            return None
        whole, noun = int(match["w"]), match.groupdict().get("noun")
        if noun is None:
            rest = fraction.removeprefix("un ") if match["b"] == "2" else fraction
            return f"{self.number_of(whole, '')} y {rest}"
        gender = gender_of(noun.lower())
        if not gender or match["b"] != "2":
            return None
        if whole == 1:
            noun = "mes" if noun == "meses" else noun.removesuffix("s")
        return f"{self.number_of(whole, gender)} {noun} y {'media' if gender == 'f' else 'medio'}"

    def _say_fraction(self, match: re.Match[str], around: Around) -> str | None:
        above, below = int(match["a"]), int(match["b"])
        if not 0 < above < below:
            return None
        if below == 2 and (gender := gender_of(around.next_word)):
            return "media" if gender == "f" else "medio"
        names = {2: "medio", 3: "tercio", 4: "cuarto", 8: "octavo", 10: "décimo"}
        name = names.get(below) or _ORDINAL_UNITS[below]
        return f"{self.number_of(above, 'm')} {name}{'s' if above > 1 else ''}"

    def _say_spaced_thousands(self, match: re.Match[str], around: Around) -> str | None:
        if re.match(r"[ -]?\d", around.after) or match.group()[0] == "0":
            return None
        return self.cardinal(int(match.group().replace(" ", "")), around.next_word)

    def _say_ordinal(self, match: re.Match[str], around: Around) -> str | None:
        end = match["end"].lstrip(".").lower()
        if end == "°" and not around.next_word:
            return None
        feminine = end in ("ª", "ra", "da", "ta")
        return ordinal(int(match["n"]), feminine=feminine, short=end == "er" or bool(around.next_word))

    def _say_negative(self, match: re.Match[str], around: Around) -> str | None:
        number = self.number(match["n"])
        if number != number.to_integral_value():
            return self.decimal(-number)
        return f"menos {self.cardinal(int(number), around.next_word)}"


def gender_of(noun: str) -> Gender:
    """Guess the gender of the noun `noun`; empty when there is none."""
    if not noun or noun in _NO_NOUNS or noun in _MONTHS or noun in ("millón", "millones"):
        return ""
    if noun in _MASCULINE:
        return "m"
    return "f" if noun in _FEMININE or noun.endswith(_FEMININE_ENDINGS) else "m"


def ordinal(number: int, *, feminine: bool, short: bool = False) -> str:
    """Return an ordinal below 100, the cardinal above: people say `piso ciento uno`."""
    if not 0 < number < 100:
        return cast("str", cast("Any", num2words)(number, lang="es"))
    words = (
        [_ORDINAL_TEENS[number]]
        if number in _ORDINAL_TEENS
        else [_ORDINAL_TENS[number // 10], _ORDINAL_UNITS[number % 10]]
    )
    words = [word for word in words if word]
    if feminine:
        words = [word[:-1] + "a" for word in words]
    if short and not feminine and words[-1].endswith(("primero", "tercero")):
        words[-1] = words[-1][:-1]
    return " ".join(words)


def _month_of(name: str) -> int:
    """Return the number of a month by its name or its abbreviation."""
    short = name[:3].lower().replace("set", "sep")
    return next(number for number, full in enumerate(_MONTHS, 1) if full.startswith(short))


def _unit(written: str) -> tuple[str, str, Gender] | None:
    """Return what a unit is called; signs of one letter differ by their case."""
    return _UNITS.get(written if len(written) == 1 else written.lower())


def _per(written: str | None) -> str:
    """Say what a sum is paid for, with a blank before; nothing for nothing."""
    if not written:
        return ""
    names = _unit(written)
    return f" {_PERIODS.get(written.lower()) or f'por {names[0] if names else written}'}"


def _part_of_day(hour: int) -> str:
    if hour < 6:
        return "de la noche" if hour == 0 else "de la madrugada"
    if hour < 12:
        return "de la mañana"
    return "de la tarde" if hour < 20 else "de la noche"


def spanish_reader() -> Reader:
    """Return the reader of Spanish."""
    return SpanishReader()
