"""What reading aloud has in common in all languages: a scanner that tries a language's rules at each word."""

# ruff: noqa: RUF001 - typographic marks are this module's matter
from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stdnum import iban

MOST_CHARACTERS = 20_000
"""Longer texts are cut: at 15 characters a second this is more than 20 minutes of speech."""

_LOOK_AHEAD = 40
"""Characters after a match that a rule may look at: enough for the longest word."""

_OPENING = "¿¡([{<\"'«“‘„"
_CLOSING = re.compile(r"[)\]}>\"'»”’.,;:!?…]+")
_SPACE = re.compile(r"\s+")
_RUN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[\W_]", re.UNICODE)
_RANGE_DASH = re.compile(r"[-–—](?=\d)")
_BEFORE_RANGE = re.compile(r"(?:[\d%€$]|\d\s?(?:h|[ap]\.?\s?m\.?))$", re.IGNORECASE)
_VULGAR = "<fraction>"
"""How Unicode marks what signs like ½ stand for."""

EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
URL = (
    r"(?:https?://|www\.)[^\s,;)\]}>\"'»”]{1,200}|"
    r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,5}\.(?:com|org|net|es|mx|eu|info|io|app|example|test|invalid)\b(?:/[^\s,;)\]}>\"'»”]{0,200})?"
)
ISO_DATE = r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"
PHONE = r"(?:\+\d{7,15}|\+?\(?\d{1,4}\)?(?:[ -]\(?\d{2,4}\)?){2,5})"
MIXED = r"(?P<w>\d{1,3}) (?P<a>\d)/(?P<b>\d|10)"
"""A whole number with a fraction: 3 1/2."""
IBAN = r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"
IP_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}"
NUMBER = r"\d{1,3}(?:[.,\u00a0\u202f]\d{3}){1,5}(?:[.,]\d{1,9})?|\d{1,15}(?:[.,]\d{1,9})?"
"""Longer runs of digits are read one by one; the bounds also keep matching linear on hostile text."""


@dataclass(frozen=True, slots=True)
class ReadPiece:
    """A stretch of text that is read as one: mostly a word, sometimes a date or a sum."""

    written: str
    spoken: str
    """Words and punctuation; empty for a sign that is not read."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands next to the text that a rule matched."""

    before: str
    """The word before, in small letters and without punctuation; empty at the start."""
    after: str
    """The text that follows."""

    @property
    def next_word(self) -> str:
        """The word that follows, in small letters, empty at the end or before punctuation."""
        found = re.match(r"\s+([^\W\d_]+)", self.after)
        return found.group(1).lower() if found else ""


Say = Callable[[re.Match[str], Around], str | None]
"""Gives the words for a match, or None when the rule does not fit after all."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern tried at the start of each word, and what to say for it."""

    pattern: re.Pattern[str]
    say: Say


def rule(pattern: str, say: Say, *, ignore_case: bool = True) -> Rule:
    """Return a rule; the match must end where a word ends."""
    return Rule(re.compile(rf"(?:{pattern})(?![^\W_])", re.IGNORECASE if ignore_case else 0), say)


class Reader(ABC):
    """Reads text aloud in one language."""

    digit_words: tuple[str, ...]
    """Zero to nine."""
    letter_words: dict[str, str]
    """Names of the letters."""
    sign_words: dict[str, str]
    """Signs that are read where they stand between words."""
    abbreviations: dict[str, str]
    """In small letters, with their points."""
    spelled: frozenset[str]
    """Acronyms that are spelled although they have vowels."""
    range_word: str
    """Between the ends of a range: `to`."""
    number_word: str
    """For the sign of a number: #12."""
    decimal_mark: str
    code_words: frozenset[str]
    """A number after one of these words is read digit by digit."""
    dial_words: frozenset[str]
    """A number of three digits after one of these words is a telephone number."""

    def __init__(self) -> None:
        """Prepare the rules."""
        self._rules: Sequence[Rule] = self.rules()

    @abstractmethod
    def rules(self) -> Sequence[Rule]:
        """Return the language's rules, the first that fits wins."""

    @abstractmethod
    def cardinal(self, number: int, next_word: str = "") -> str:
        """Say a whole number as it stands before `next_word`."""

    @abstractmethod
    def decimal(self, number: Decimal) -> str:
        """Say a number with decimals."""

    def read(self, text: str) -> tuple[ReadPiece, ...]:
        """Return the pieces of `text`; see `voice.tts.normalise.read_aloud`."""
        text = _plain(text[:MOST_CHARACTERS])
        written: list[list[str]] = []
        spoken: list[list[str]] = []
        at = 0
        glued = False
        while at < len(text):
            if text[at] == " ":
                at, glued = at + 1, False
                continue
            before = spoken[-1][-1] if spoken else ""
            part, words, at = self._piece(text, at, before)
            if not glued:
                written.append([])
                spoken.append([])
            written[-1].append(part)
            spoken[-1].append(words)
            glued = True
        return tuple(
            ReadPiece("".join(parts), " ".join(word for word in words if word))
            for parts, words in zip(written, spoken, strict=True)
        )

    def _piece(self, text: str, at: int, before: str) -> tuple[str, str, int]:
        start = at
        while at < len(text) and text[at] in _OPENING:
            at += 1
        end, spoken = self._body(text, at, _last_word(before))
        closing = _CLOSING.match(text, end)
        if closing:
            end = closing.end()
            spoken += _spoken_marks(closing.group()) if spoken else ""
        if _RANGE_DASH.match(text, end) and _BEFORE_RANGE.search(text[start:end]):
            end += 1
            spoken += f" {self.range_word}"
        end = max(end, start + 1)
        return text[start:end], self._without_digits(spoken), end

    def _body(self, text: str, at: int, before: str) -> tuple[int, str]:
        for candidate in self._rules:
            match = candidate.pattern.match(text, at)
            if match and match.end() > at:
                spoken = candidate.say(match, Around(before, text[match.end() : match.end() + _LOOK_AHEAD]))
                if spoken is not None:
                    return match.end(), spoken
        end = at
        while end < len(text) and text[end] != " ":
            end += 1
        token = text[at:end]
        abbreviation = self.abbreviations.get(token.lower())
        if abbreviation is not None:
            return end, abbreviation
        body = token.rstrip("".join(")]}>\"'»”’.,;:!?…"))
        return at + len(body), self._word(body)

    def _word(self, token: str) -> str:
        """Read what no rule knew: letters as a word or letter by letter, digits as a number or one by one."""
        runs = _RUN.findall(token)
        mixed = any(run.isdecimal() for run in runs)
        alone = len(runs) == 1
        spoken: list[str] = []
        for index, run in enumerate(runs):
            if run.isdecimal():
                spoken.append(self.code_digits(run) if len(run) > 2 or run[0] == "0" else self.cardinal(int(run)))
            elif run[0].isalpha():
                spoken.append(self.acronym(run, code=mixed))
            elif run in "-–—" and mixed and spoken and index < len(runs) - 1:
                spoken[-1] += ","
            elif run in "-–—" and not mixed and 0 < index < len(runs) - 1 and spoken:
                spoken[-1] += "-"
            elif run in self.sign_words and (alone or run not in "-/_*#.:"):
                spoken.append(self.sign_words[run])
        return " ".join(spoken).replace("- ", "-")

    def acronym(self, run: str, *, code: bool = False) -> str:
        """Spell a run of capitals that is no word; other runs are returned as they are."""
        plain = unicodedata.normalize("NFD", run)
        vowels = any(letter in "aeiouAEIOU" for letter in plain)
        if run.isupper() and (run in self.spelled or (len(run) > 1 and not vowels) or (code and len(run) <= 3)):
            return self.spell(run)
        if code and len(run) == 1:
            return self.spell(run)
        return run

    def spell(self, letters: str) -> str:
        """Return the names of the letters and digits."""
        return " ".join(self._sign(letter) for letter in letters if letter.isalnum())

    def _sign(self, sign: str) -> str:
        if sign.isdecimal():
            return self.digit_words[int(sign)]
        return self.letter_words.get(sign.lower(), sign)

    def digits(self, run: str) -> str:
        """Return the digits of `run` one by one."""
        return " ".join(self.digit_words[int(digit)] for digit in run if digit in "0123456789")

    def code_digits(self, run: str) -> str:
        """Return digits one by one, in groups with a short pause between them when there are many."""
        size = 4 if len(run) % 4 == 0 and len(run) % 3 else 3
        groups = [run[index : index + size] for index in range(0, len(run), size)] if len(run) > 4 else [run]
        if len(groups) > 1 and len(groups[-1]) == 1:
            groups[-2:] = [groups[-2] + groups[-1]]
        return ", ".join(self.digits(group) for group in groups)

    def say_phone(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        """Read a telephone number group by group."""
        written = match.group()
        groups = re.findall(r"\d+", written)
        total = sum(map(len, groups))
        if not 7 <= total <= 15:
            return None
        plus = f"{self.sign_words['+']} " if written.startswith("+") else ""
        return plus + (self.code_digits(groups[0]) if len(groups) == 1 else ", ".join(map(self.digits, groups)))

    def say_plain_number(self, match: re.Match[str], around: Around) -> str | None:
        """Read a number: as a code after `code_words`, when it is long or begins with 0, else as a quantity."""
        written = match.group()
        if written.isdigit():
            is_code = len(written) >= 4 and around.before in self.code_words
            is_dialled = len(written) >= 3 and around.before in self.dial_words
            if len(written) >= 7 or (len(written) > 1 and written[0] == "0") or is_code or is_dialled:
                return self.code_digits(written)
            return self.cardinal(int(written), around.next_word)
        number = self.number(written)
        return self.cardinal(int(number), around.next_word) if _is_whole(written, number) else self.decimal(number)

    def say_address(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        """Read an e-mail or web address sign by sign between its words."""
        written = re.sub(r"^https?://", "", match.group(), flags=re.IGNORECASE).rstrip("/")
        spoken: list[str] = []
        for run in _RUN.findall(written):
            if run.isdecimal():
                spoken.append(self.digits(run))
            elif run[0].isalpha():
                spoken.append(self.spell(run) if run.lower() in ("www", "http", "https") else self.acronym(run))
            elif run in self.sign_words:
                spoken.append(self.sign_words[run])
        return " ".join(spoken)

    def say_ip_address(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        """Read four numbers with their points."""
        parts = match.group().split(".")
        if any(int(part) > 255 for part in parts):
            return None
        return f" {self.sign_words['.']} ".join(self.cardinal(int(part)) for part in parts)

    def say_iban(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        """Read an account number in the groups of four in which it is printed, where its check digits are right."""
        written = match.group().replace(" ", "")
        if not iban.is_valid(written):
            return None
        return ", ".join(self.spell(written[index : index + 4]) for index in range(0, len(written), 4))

    def say_numbered(self, match: re.Match[str], around: Around) -> str | None:  # noqa: ARG002 - a rule's shape
        """Read `#12` and `nº12`, long numbers digit by digit."""
        written = match["n"]
        as_code = len(written) >= 4 or written[0] == "0"
        return f"{self.number_word} {self.code_digits(written) if as_code else self.cardinal(int(written))}"

    def number(self, written: str) -> Decimal:
        """Return the value of a number written with points or commas, by the language's habit where it is unclear."""
        plain = re.sub("[\u00a0\u202f]", "", written)
        marks = [mark for mark in plain if mark in ".,"]
        if not marks:
            return Decimal(plain)
        last = marks[-1]
        thousands_only = all(len(part) == 3 for part in re.split(r"[.,]", plain)[1:])
        if len(set(marks)) == 2 or (len(marks) == 1 and (last == self.decimal_mark or not thousands_only)):
            whole, _, fraction = plain.rpartition(last)
            return Decimal(re.sub(r"[.,]", "", whole) + "." + fraction)
        return Decimal(re.sub(r"[.,]", "", plain))

    def _without_digits(self, spoken: str) -> str:
        """Name the digits of other scripts and the raised ones that no rule reads."""
        if not any(sign.isdigit() for sign in spoken):
            return spoken
        named = [f" {self.digit_words[unicodedata.digit(sign)]} " if sign.isdigit() else sign for sign in spoken]
        return _SPACE.sub(" ", "".join(named)).strip()


def valid_date(year: int, month: int, day: int) -> date | None:
    """Return the date when there is such a day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_whole(written: str, number: Decimal) -> bool:
    return number == number.to_integral_value() and not re.search(r"[.,]\d{1,2}$", written)


def _plain(text: str) -> str:
    """Return `text` composed (NFC), with ASCII digits and single blanks, without controls; ½ becomes 1/2."""
    composed = unicodedata.normalize("NFC", text)
    signs: list[str] = []
    for sign in composed:
        category = unicodedata.category(sign)
        if category == "Nd":
            signs.append(str(unicodedata.digit(sign)))
        elif unicodedata.decomposition(sign).startswith(_VULGAR):
            apart = " " if signs and signs[-1].isdecimal() else ""
            signs.append(apart + unicodedata.normalize("NFKC", sign).replace("\u2044", "/"))
        elif category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            signs.append("" if category == "Cf" else " ")
        else:
            signs.append(sign)
    return re.sub(r"[^\S\u00a0\u202f]+", " ", "".join(signs)).strip()


def _last_word(spoken: str) -> str:
    found = re.findall(r"[^\W\d_]+", spoken)
    return found[-1].lower() if found else ""


def _spoken_marks(marks: str) -> str:
    """Return the one mark of a closing run that shapes the voice, empty for quotes and brackets."""
    if "..." in marks or "…" in marks:
        return "…"
    for mark in "?!.;:,":
        if mark in marks:
            return mark
    return ""
