"""Words of spoken numbers and of corrections in both languages, cut into tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from calls.ids import Language
from voice.dialog.text import strip_accents, word_list

Kind = Literal[
    "unit",
    "teen",
    "ten",
    "hundred",
    "thousand",
    "zero",
    "numeral",
    "maybe",
    "times",
    "plural",
    "comma",
    "mark",
    "word",
    "and",
]


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a spoken number, with what it may mean."""

    text: str
    """Lower case, no accents."""
    kind: Kind
    value: int = 0
    digits: str = ""
    """The numeral as written, leading zeros kept; for other kinds empty."""


_EN_UNITS = {w: i for i, w in enumerate(word_list("zero one two three four five six seven eight nine")) if i}


_EN_TEENS = {
    w: i + 10
    for i, w in enumerate(word_list("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"))
}


_EN_TENS = {w: (i + 2) * 10 for i, w in enumerate(word_list("twenty thirty forty fifty sixty seventy eighty ninety"))}


_ES_UNITS = {w: i + 1 for i, w in enumerate(word_list("uno dos tres cuatro cinco seis siete ocho nueve"))}


_ES_TEENS = (
    {
        w: i + 10
        for i, w in enumerate(
            word_list("diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve")
        )
    }
    | {f"veinti{w}": 20 + v for w, v in _ES_UNITS.items()}
    | {"veintiun": 21, "veintiuna": 21, "veintidos": 22, "veintitres": 23, "veintiseis": 26}
)


_ES_TENS = {
    w: (i + 2) * 10
    for i, w in enumerate(word_list("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"))
}


_ES_HUNDREDS = {
    "cien": 100,
    "ciento": 100,
    "cientos": 100,
    "doscientos": 200,
    "trescientos": 300,
    "cuatrocientos": 400,
    "quinientos": 500,
    "seiscientos": 600,
    "setecientos": 700,
    "ochocientos": 800,
    "novecientos": 900,
}


_TABLES: dict[Language, dict[str, tuple[Kind, int]]] = {
    "en": {
        **{w: ("unit", v) for w, v in _EN_UNITS.items()},
        **{w: ("teen", v) for w, v in _EN_TEENS.items()},
        **{w: ("ten", v) for w, v in _EN_TENS.items()},
        "fourty": ("ten", 40),
        "niner": ("unit", 9),
        "hundred": ("hundred", 100),
        "hundreds": ("hundred", 100),
        "thousand": ("thousand", 1000),
        "zero": ("zero", 0),
        "oh": ("zero", 0),
        "o": ("zero", 0),
        "nought": ("zero", 0),
        "naught": ("zero", 0),
        "nil": ("zero", 0),
        "null": ("zero", 0),
        "zeros": ("plural", 0),
        "zeroes": ("plural", 0),
        **{f"{w}s": ("plural", v) for w, v in _EN_UNITS.items()},
        "sixes": ("plural", 6),
        "ohs": ("plural", 0),
        "double": ("times", 2),
        "triple": ("times", 3),
        "treble": ("times", 3),
        "quadruple": ("times", 4),
        "dubble": ("times", 2),
        "trouble": ("maybe", 0),
        "to": ("maybe", 2),
        "too": ("maybe", 2),
        "for": ("maybe", 4),
        "fore": ("maybe", 4),
        "ate": ("maybe", 8),
        "won": ("maybe", 1),
        "tree": ("maybe", 3),
        "free": ("maybe", 3),
        "sex": ("maybe", 6),
        "sicks": ("maybe", 6),
        "fife": ("maybe", 5),
        "hate": ("maybe", 8),
        "night": ("maybe", 9),
        "nein": ("maybe", 9),
        "mine": ("maybe", 9),
        "owe": ("maybe", 0),
        "ow": ("maybe", 0),
        "tu": ("maybe", 2),
        "tea": ("word", 0),
        "steven": ("maybe", 7),
        "and": ("and", 0),
        "a": ("word", 0),
    },
    "es": {
        **{w: ("unit", v) for w, v in _ES_UNITS.items()},
        **{w: ("teen", v) for w, v in _ES_TEENS.items()},
        **{w: ("ten", v) for w, v in _ES_TENS.items()},
        **{w: ("hundred", v) for w, v in _ES_HUNDREDS.items()},
        **{w[:-1] + "as" if w.endswith("os") else w: ("hundred", v) for w, v in _ES_HUNDREDS.items()},
        "sietecientos": ("hundred", 700),
        "nuevecientos": ("hundred", 900),
        "cincocientos": ("hundred", 500),
        "mil": ("thousand", 1000),
        "cero": ("zero", 0),
        "zero": ("zero", 0),
        "sero": ("zero", 0),
        "ceros": ("plural", 0),
        **{f"{w}s": ("plural", v) for w, v in _ES_UNITS.items() if not w.endswith("s")},
        "cincos": ("plural", 5),
        "seises": ("plural", 6),
        "treses": ("plural", 3),
        "doses": ("plural", 2),
        "sietes": ("plural", 7),
        "doble": ("times", 2),
        "triple": ("times", 3),
        "dobles": ("times", 2),
        "cuadruple": ("times", 4),
        "un": ("maybe", 1),
        "una": ("maybe", 1),
        "sinco": ("unit", 5),
        "seis": ("unit", 6),
        "sies": ("unit", 6),
        "zinco": ("unit", 5),
        "sais": ("maybe", 6),
        "dose": ("teen", 12),
        "trese": ("teen", 13),
        "catorse": ("teen", 14),
        "quinse": ("teen", 15),
        "onse": ("teen", 11),
        "dies": ("teen", 10),
        "nuebe": ("unit", 9),
        "hocho": ("unit", 8),
        "deciseis": ("teen", 16),
        "dieci": ("ten", 10),
        "veinti": ("ten", 20),
        "y": ("and", 0),
        "i": ("and", 0),
        "con": ("word", 0),
        "vente": ("maybe", 20),
        "beinte": ("ten", 20),
        "sesentay": ("word", 0),
    },
}


_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\.{2,}|\u2026|[,;:.!?]")


_ELISION = re.compile(r"['\u2019]")


_MARKS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:no (?:wait|sorry|hang on|hold on|actually|no|its|it s|make (?:it|that)|i mean|"
        r"scratch that)(?: (?:sorry|wait|no|its|make (?:it|that)|actually|i mean))*|sorry(?: (?:no|"
        r"i mean|i meant|its|make that))*|i mean(?:t)?|i should say|make (?:that|it)|"
        r"scratch that|correction|actually(?: no)?(?: (?:sorry|make (?:it|that)))?|wait(?: no)?|"
        r"rather|let me (?:start (?:again|over)|correct that)|my mistake|excuse me|my bad|oops|"
        r"not (?=\w+ (?:but|its)))\b|(?:^|(?<=\W))no(?= ?[,.\u2026 ])(?! (?:problem|one))"
    ),
    "es": re.compile(
        r"\b(?:no (?:perdon|perdone|perdona|espera|espere|digo|mejor|que va|miento|no|disculpe|"
        r"disculpa|es|quiero decir|me equivoque|esta mal)(?: (?:es|digo|perdon|no|espere|mejor))*|"
        r"perdon(?:e|a)?|digo|quiero decir|miento|me (?:equivoque|he equivocado)|mejor dicho|"
        r"disculp[ea]|rectifico|corrijo|me confundi|o sea no|aguarde|ay no|termina en|acaba en|"
        r"pon mejor|ponga mejor|mas bien)\b|(?:^|(?<=\W))no(?= ?[,.\u2026 ])"
    ),
}


def tokens(text: str, language: Language) -> list[Token]:
    """Cut `text` into tokens; corrections become one `mark` each."""
    low = _ELISION.sub("", strip_accents(text.lower()).replace("-", " ").replace("\u2013", " "))
    cleaned = re.sub(r"\s+", " ", re.sub(r"[^\w\s,.;:!?\u2026]", " ", low))
    marked = _MARKS[language].sub(" \u00a7 ", _loosen(cleaned))
    table = _TABLES[language]
    found: list[Token] = []
    for piece in re.findall(r"\u00a7|" + _TOKEN.pattern, marked):
        if piece == "\u00a7":
            found.append(Token(piece, "mark"))
        elif piece.isdigit():
            found.append(Token(piece, "numeral", int(piece), piece))
        elif not piece[0].isalnum():
            found.append(Token(piece, "comma"))
        else:
            kind, value = table.get(piece, ("word", 0))
            found.append(Token(piece, kind, value))
    return found


_MARK_WORDS = re.compile(
    r"\b(no|wait|sorry|perdon|perdone|perdona|digo|espere|espera|mejor|actually|i mean|make|"
    r"hang on|hold on)\s*[,.\u2026]+\s*(?=(?:no|wait|sorry|perdon|perdone|perdona|digo|espere|"
    r"espera|actually|i mean|make (?:it|that)|hang on|hold on|its|es)\b)"
)


def _loosen(cleaned: str) -> str:
    """Drop commas inside a correction, so that "no, wait, sorry" is one mark."""
    for _ in range(3):
        cleaned = _MARK_WORDS.sub(r"\1 ", cleaned)
    return cleaned


def repaired(speech: str, repairs: Iterable[tuple[str, str]]) -> str:
    """Return `speech` with patterns that recognisers get wrong replaced, in the order given."""
    for wrong, right in repairs:
        speech = re.sub(wrong, right, speech)
    return speech


def stretches(speech: str, language: Language) -> list[list[Token]]:
    """Cut `speech` into the tokens before, between and after its corrections, empty stretches left out."""
    found: list[list[Token]] = [[]]
    for token in tokens(speech, language):
        if token.kind == "mark":
            found.append([])
        else:
            found[-1].append(token)
    return [stretch for stretch in found if stretch]
