"""E-mail addresses as spoken: words, spelled letters, digits, "arroba" and "dot", with corrections."""

from __future__ import annotations

import re
from typing import Literal

from calls.ids import Language
from voice.dialog.slots.email_words import (
    DOUBLES,
    ENDINGS,
    KNOWN_DOMAINS,
    NOISE,
    REPAIRS,
    SIGNS,
    SOUND_ALIKE,
    STOP,
    WITH_LETTER,
)
from voice.dialog.slots.letters import EN_NAMES, ES_NAMES
from voice.dialog.slots.marks import mark_corrections
from voice.dialog.slots.number_words import Token, tokens
from voice.dialog.slots.numbers import read_cardinal
from voice.dialog.slots.types import Parsed
from voice.dialog.text import strip_accents, word_list

ItemKind = Literal["text", "digits", "sign", "at", "mark", "break"]


Item = tuple[ItemKind, str]


_ADDRESS = re.compile(
    r"^[a-z0-9](?:[a-z0-9._+-]*[a-z0-9_])?@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*\.[a-z]{2,}$"
)


_WRITTEN = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_BEGUN_BEFORE = re.compile(
    r"(?:\b(?:dot|point|underscore|hyphen|dash|plus|punto|bajo|baja|guion|raya)|\b[a-z0-9][\s,.-]+[a-z0-9])[\s,]*$"
)
"""What recognisers leave in words before they write the rest as an address: "mary underscore jones@gmail.com"."""


def parse_email(text: str, language: Language) -> Parsed | None:
    """Return the address in lower case, without accents."""
    low = strip_accents(text.lower())
    written = _WRITTEN.search(low)
    if written and not _BEGUN_BEFORE.search(low[: written.start()]) and _ADDRESS.match(written[0].strip(".")):
        return Parsed(written[0].strip("."), 0.95, needs_confirmation=True)
    items = _items(text, language)
    value = _assemble(items, language)
    if value is None or not _ADDRESS.match(value):
        return None
    value = _said_once(value, text)
    known = value.split("@")[1] in KNOWN_DOMAINS
    return Parsed(value, 0.85 if known else 0.7, needs_confirmation=True)


_SPELLED_TWICE = 4
"""Letters of a word that may have been said and then spelled. Source: shorter ones are doubled in real addresses."""


def _said_once(value: str, text: str) -> str:
    """Return the address without the second half of a name that was said and then spelled: "pedro, pe e de …"."""
    name, domain = value.split("@")
    half = name[: len(name) // 2]
    spelled = len(half) >= _SPELLED_TWICE and half + half == name and text.lower().count(half) == 1
    return f"{half}@{domain}" if spelled else value


def _prepared(text: str, language: Language) -> str:
    low = strip_accents(text.replace("\u00f1", "n").replace("\u00d1", "n").lower())
    low = low.replace("@", " at " if language == "en" else " arroba ").replace("'", "").replace("\u2019", "")
    low = mark_corrections(low, language)
    low = re.sub(r"(?<=[a-z0-9])\.(?=[a-z])", " dot ", low)
    low = re.sub(r"(?<=[a-z0-9])_(?=[a-z0-9])", " underscore " if language == "en" else " guion bajo ", low)
    for wrong, right in REPAIRS[language]:
        low = re.sub(wrong, right, low)
    low = NOISE[language].sub(" ", low)
    names = ES_NAMES if language == "es" else EN_NAMES

    def with_letter(match: re.Match[str]) -> str:
        letter = names.get(match[1], match[1] if len(match[1]) == 1 else "")
        return f" with__{letter} " if len(letter) == 1 else match[0]

    return WITH_LETTER[language].sub(with_letter, low)


def _items(text: str, language: Language) -> list[Item]:
    """Cut the text into words, digits, signs and the at."""
    low = _prepared(text, language)
    at_word = "at" if language == "en" else "arroba"
    names = ES_NAMES if language == "es" else EN_NAMES
    words = re.findall(r"\u00a7|with__[a-z]|[a-z]+|\d+|[,:;!?]|\.{2,}|\u2026", low)
    items: list[Item] = []
    i = 0
    while i < len(words):
        word = words[i]
        if word == "\u00a7":
            items.append(("mark", ""))
        elif word == at_word:
            items.append(("at", "@"))
        elif word in SIGNS:
            items.append(("sign", SIGNS[word]))
        elif word.startswith("with__"):
            _apply_letter(items, word[-1])
        elif not word[0].isalnum():
            items.append(("break", word))
        elif word.isdigit():
            items.append(("digits", word))
        elif word in DOUBLES and i + 1 < len(words):
            nxt = words[i + 1]
            number = next(iter(tokens(nxt, language)), None)
            if number is not None and number.kind in ("unit", "zero", "numeral"):
                items.append(("digits", str(number.value) * DOUBLES[word]))
            elif nxt in ("ve", "u", "uve", "you") and word in ("doble", "double"):
                items.append(("text", "w"))
            else:
                items.append(("text", names.get(nxt, nxt) * DOUBLES[word] if len(names.get(nxt, nxt)) == 1 else nxt))
            i += 1
        else:
            i += _word(words, i, language, items) - 1
        i += 1
    return items


def _word(words: list[str], i: int, language: Language, items: list[Item]) -> int:
    """Add the number, letter or word at `i`; return how many words it took."""
    number = _number_at(words, i, language)
    letter = words[i] in ("oh", "o", "un", "una") and _letters_around(words, i, language)
    if number is not None and not letter and not (words[i] == "o" and _alone(words, i, language)):
        items.append(("digits", number[0]))
        return number[1]
    word = words[i]
    names = ES_NAMES if language == "es" else EN_NAMES
    if word in ENDINGS and items and items[-1] == ("sign", ".") and ("at", "@") in items:  # "punto pe" before it is a P
        items.append(("text", word))
        return 1
    if language == "es" and word in ("uve", "ve", "i", "y", "be") and i + 1 < len(words):
        pair = {
            ("uve", "doble"): "w",
            ("ve", "doble"): "w",
            ("i", "griega"): "y",
            ("y", "griega"): "y",
            ("i", "latina"): "i",
            ("be", "grande"): "b",
            ("be", "larga"): "b",
            ("be", "alta"): "b",
            ("ve", "chica"): "v",
            ("ve", "corta"): "v",
            ("be", "chica"): "v",
            ("be", "baja"): "v",
            ("ve", "baja"): "v",
        }.get((word, words[i + 1]))
        if pair:
            items.append(("text", pair))
            return 2
    if len(word) == 1 or (word in names and _is_letter_here(words, i, language)):
        items.append(("text", names.get(word, word)))
        return 1
    items.append(("text", word))
    return 1


_SURE_LETTERS = {
    "es": frozenset(word_list("efe hache jota ka ele eme ene erre ere ese uve equis zeta cu be ve ce ge pe te")),
    "en": frozenset(word_list("aitch haitch jay kay zed zee eff ess ell vee dee tee cee bee gee ee em ef")),
}


def _is_letter_here(words: list[str], i: int, language: Language) -> bool:
    if words[i] in _SURE_LETTERS[language]:
        return True
    return _letters_around(words, i, language)


def _letters_around(words: list[str], i: int, language: Language) -> bool:
    """Return whether the neighbours of word `i` are spelled letters too."""
    names = ES_NAMES if language == "es" else EN_NAMES
    solid = [j for j in range(len(words)) if words[j][0].isalnum()]
    at = solid.index(i)
    near = [words[solid[j]] for j in (at - 1, at + 1) if 0 <= j < len(solid)]
    return any(
        (len(w) == 1 and w.isalpha())
        or w in _SURE_LETTERS[language]
        or (w in names and len(w) <= 3 and w not in ("an", "and", "as", "at", "de"))
        for w in near
    )


def _alone(words: list[str], i: int, language: Language) -> bool:
    """Return whether no number stands beside word `i`: an O is a letter there, "mary dot o brien", and no zero."""
    return not any(_number_at(words, j, language) for j in (i - 1, i + 1) if 0 <= j < len(words))


def _number_at(words: list[str], i: int, language: Language) -> tuple[str, int] | None:
    """Read a spoken number at word `i`: its digits and how many words it took."""
    run: list[Token] = []
    for word in words[i : i + 6]:
        token = next(iter(tokens(word, language)), None)
        if token is None or token.kind in ("word", "comma", "mark", "times", "plural", "maybe"):
            break
        run.append(token)
    if not run:
        return None
    if run[0].kind == "zero":
        return "0", 1
    if run[0].kind == "and":
        return None
    read = read_cardinal(run, 0)
    return (read[1], read[2]) if read is not None else None


def _apply_letter(items: list[Item], letter: str) -> None:
    """Write "sanz con zeta" right: put `letter` where the last word has one that sounds like it."""
    for i in range(len(items) - 1, -1, -1):
        kind, word = items[i]
        if kind != "text":
            continue
        other = SOUND_ALIKE.get(letter)
        if letter not in word and other and other in word:
            at = word.rindex(other)
            items[i] = (kind, word[:at] + letter + word[at + len(other) :])
        return


def _assemble(items: list[Item], language: Language) -> str | None:
    """Join the pieces to an address, corrections applied, introduction left out."""
    while any(kind == "mark" for kind, _ in items):
        at = next(i for i, (kind, _) in enumerate(items) if kind == "mark")
        items = _correct(items[:at], items[at + 1 :])
    ats = [i for i, (kind, _) in enumerate(items) if kind == "at"]
    if not ats:
        return None
    at = ats[-1]
    local, domain = _local(items[:at], language), _domain(items[at + 1 :])
    if f"{domain}.com" in KNOWN_DOMAINS:  # "jane at gmail": nobody there has another ending, and it is read back
        domain = f"{domain}.com"
    return f"{local}@{domain}" if local and domain else None


def _correct(before: list[Item], after: list[Item]) -> list[Item]:
    """Replace the end of `before` by the beginning of `after`."""
    before = [item for item in before if True]
    while before and before[-1][0] == "break":
        before.pop()
    while after and after[0][0] == "break":
        after.pop(0)
    if not after:
        return before
    whole_again = (
        any(k == "at" for k, _ in after) and any(k == "at" for k, _ in before) and after[0][0] in ("text", "digits")
    )
    if whole_again or not before:
        return after
    kind = after[0][0]
    if kind == "sign":
        same = next((i for i in range(len(before) - 1, -1, -1) if before[i] == after[0]), None)
        return (before[:same] if same is not None else before) + after
    if kind == "at":
        same = next((i for i in range(len(before) - 1, -1, -1) if before[i][0] == "at"), None)
        return (before[:same] if same is not None else before) + after
    for i in range(len(before) - 1, -1, -1):
        if before[i][0] == kind:
            return before[:i] + after
        if before[i][0] in ("at",):
            break
    return before + after


def _local(items: list[Item], language: Language) -> str:
    """Collect the part before the at, from its end backwards, up to the introduction."""
    parts: list[str] = []
    stop = STOP[language]
    for i in range(len(items) - 1, -1, -1):
        kind, text = items[i]
        if kind == "break":
            if text in (":", ";") and parts:
                break
            continue
        if kind == "at":
            break
        joined = i + 1 < len(items) and items[i + 1][0] == "sign"
        if kind == "text" and text in stop and not parts and len(text) > 1:
            continue
        if kind == "text" and text in stop and parts and not joined and len(text) > 1:
            break
        if (
            kind == "digits"
            and text == "1"
            and i + 1 < len(items)
            and items[i + 1][0] == "break"
            and i
            and items[i - 1][0] == "text"
            and len(items[i - 1][1]) > 3
        ):
            break
        if kind == "text" and len(text) == 1 and text in stop and parts and not joined and not _spelled_near(items, i):
            break
        parts.append(text)
    return "".join(reversed(parts)).strip(".-")


def _spelled_near(items: list[Item], i: int) -> bool:
    solid = [j for j in range(len(items)) if items[j][0] != "break"]
    at = solid.index(i)
    near = [items[solid[j]] for j in (at - 1, at + 1) if 0 <= j < len(solid)]
    return any(kind == "text" and len(text) == 1 for kind, text in near)


def _domain(items: list[Item]) -> str:
    """Collect the part after the at, up to the last label after a dot."""
    text = ""
    after_dot = False
    for i, (kind, word) in enumerate(items):
        if kind == "break":
            if "." in text and not text.endswith(".") and not any(k == "sign" for k, _ in items[i + 1 :]):
                break
            continue
        if kind == "at":
            break
        if kind == "sign":
            text += word
            after_dot = word == "."
            continue
        if "." in text and not after_dot and not text.endswith((".", "-", "_")):
            label = text.rsplit(".", 1)[1]
            if len(word) == 1 and len(label) == 1:
                text += word
                continue
            if not any(k == "sign" for k, _ in items[i:]):
                break
        text += word
        after_dot = False
    return text.strip(".-_")


_SPOKEN_SIGNS: dict[Language, dict[str, str]] = {
    "en": {"@": " at ", ".": " dot ", "_": " underscore ", "-": " hyphen ", "+": " plus "},
    "es": {"@": " arroba ", ".": " punto ", "_": " guion bajo ", "-": " guion ", "+": " m\u00e1s "},
}


def say_email(value: str, language: Language) -> str:
    """Write an address as people say it."""
    spoken = "".join(_SPOKEN_SIGNS[language].get(c, c) for c in value)
    return re.sub(r"(\d)(?=\d)", r"\1 ", re.sub(r"\s+", " ", spoken)).strip()


_SPELLED_SIGNS: dict[Language, dict[str, str]] = {
    "en": {".": "dot", "_": "underscore", "-": "hyphen", "+": "plus"},
    "es": {".": "punto", "_": "guion bajo", "-": "guion", "+": "m\u00e1s", "Y": "i griega", "W": "uve doble"},
}


def spell_email(value: str, language: Language) -> str:
    """Write what of an address is easily misheard letter by letter: the name, and a domain that is not well known.

    With commas, since voices take a capital A or Y between letters for a word.
    """
    name, domain = value.split("@")
    signs = _SPELLED_SIGNS[language]
    letters = ", ".join(signs.get(c, c) for c in name.upper())
    if domain in KNOWN_DOMAINS:
        return letters
    label, _, ending = domain.rpartition(".")
    at, rest = _SPOKEN_SIGNS[language]["@"].strip(), ", ".join(signs.get(c, c) for c in label.upper())
    return f"{letters}, {at}, {rest}, {signs['.']} {ending}"
