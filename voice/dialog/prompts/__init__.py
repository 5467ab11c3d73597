"""Every fixed sentence the bot can say, read once from the TOML files beside this module."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from calls.ids import Language
from voice.dialog.flow_spec import load_flows
from voice.dialog.settings import CRISIS_LINES, DialogSettings

_PARTS = ("names.", "topics.", "written.")
"""Sections that are never said as they stand: parts of sentences, and what is written alone."""
_HOLE = re.compile(r"\{(\w+)\}")
_SENTENCE_END = re.compile(r"[.!?:]\s")


@cache
def _table(language: Language) -> dict[str, str]:
    """Return `section.name` → sentence."""
    data = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{name}": text for section, entries in data.items() for name, text in entries.items()}


@cache
def _typed(language: Language) -> dict[str, str]:
    """Return the sentences of `language` as they are written: those that speak of calls or keys are others."""
    data = tomllib.loads(files(__package__).joinpath(f"{language}_text.toml").read_text(encoding="utf-8"))
    others = {f"{section}.{name}": text for section, entries in data.items() for name, text in entries.items()}
    return _table(language) | others


def phrase_keys(language: Language) -> frozenset[str]:
    """Return the names of all sentences; the same in both languages."""
    return frozenset(_table(language))


def line_values(settings: DialogSettings, language: Language) -> dict[str, str]:
    """Return what is filled into sentences once per line of business: company, numbers to call, days of keeping."""
    shown = _as_it_is if settings.medium == "text" else spaced
    line = settings.crisis_line or CRISIS_LINES.get(settings.country, "")
    crisis = _table(language)["safety.self_harm_crisis"].replace("{line}", shown(line)) if line else ""
    days = str(settings.retention_days)
    return {"company": settings.company, "number": shown(settings.emergency), "crisis": crisis, "days": days}


def _as_it_is(digits: str) -> str:
    return digits


def spaced(digits: str) -> str:
    """Write digits and letters apart, so that every voice reads them one by one: `112` becomes `1 1 2`."""
    return " ".join(c for c in digits if c.isalnum())


def phrase(settings: DialogSettings, language: Language, key: str, **values: str) -> str:
    """Return the sentence `key` with its holes filled.

    Raises:
        KeyError: when there is no such sentence, or a hole has no value.
    """
    table = _typed(language) if settings.medium == "text" else _table(language)
    return fill(table[key], line_values(settings, language) | values)


def fill(template: str, values: dict[str, str]) -> str:
    """Put `values` into the holes of `template`; values are never read as templates themselves."""
    return _HOLE.sub(lambda hole: values[hole.group(1)], template)


def urgent_texts(language: Language, settings: DialogSettings) -> tuple[str, ...]:
    """Return what is said to a caller in danger: its speech must be ready before it is needed."""
    known = line_values(settings, language)
    whole = [
        text
        for key, text in _table(language).items()
        if key.startswith(("safety.", "doubt.")) and not text.startswith(",")
    ]
    return tuple(fill(text, known) for text in whole)


def all_fixed_texts(language: Language, settings: DialogSettings) -> tuple[str, ...]:
    """Return whatever is said in the same words in each call, so that its speech can be kept ready.

    Of what a call fills in, the sentences before it.
    """
    known = line_values(settings, language)
    templates = [text for key, text in _table(language).items() if not key.startswith(_PARTS)]
    for spec in load_flows().values():
        if spec.name in settings.flows:
            templates.extend(spec.sentences(language))
    fixed = [fill(_before_holes(t, frozenset(known)), known) for t in templates]
    return tuple(dict.fromkeys(text for text in fixed if text and not text.startswith(",")))


def _before_holes(template: str, known: frozenset[str]) -> str:
    """Return the whole sentences of `template` before the first hole that only a call can fill."""
    hole = next((hole for hole in _HOLE.finditer(template) if hole.group(1) not in known), None)
    if hole is None:
        return template
    ends = [end.end() for end in _SENTENCE_END.finditer(template, 0, hole.start())]
    return template[: ends[-1]].rstrip() if ends else ""
