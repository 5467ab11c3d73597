"""Whatever code the service writes into its log, the staff's pages have words for it in both languages."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from calls.events import EVENT_BODIES
from calls.speech import CallWish, SafetyKind

ROOT = Path(__file__).parents[2]
WORDS = (ROOT / "web" / "src" / "staff" / "words.ts").read_text(encoding="utf-8")
NAMES, CODES = WORDS[WORDS.index("EVENT_NAMES") :].split("export const CODES")


@functools.cache
def known(table: str) -> set[str]:
    return set(re.findall(r'^  "?([\w.:]+)"?: \{ en: ".+", es: ".+" \},$', table, re.MULTILINE))


def details() -> set[str]:
    """Return what the dialog writes beside an act: whole codes, and the heads of families (`flow:`)."""
    found: set[str] = set()
    for room in ("voice/dialog", "service"):
        for path in sorted((ROOT / room).glob("*.py")):
            for text in re.findall(r'detail=f?"([^"]+)"', path.read_text(encoding="utf-8")):
                found.add(text.partition("{")[0] if "{" in text else text)
    return found


def flow_words() -> set[str]:
    """Return the names of flows and of the values that they ask for."""
    flows = [tomllib.loads(path.read_text()) for path in (ROOT / "voice" / "dialog" / "flows").glob("*.toml")]
    return {flow["name"] for flow in flows} | {slot["name"] for flow in flows for slot in flow.get("slots", ())}


def choices() -> set[str]:
    """Return every value of every field of a fact that has a fixed set of values."""
    found: set[str] = set()
    for body in EVENT_BODIES:
        for name, hint in get_type_hints(body).items():
            if name != "type" and get_origin(hint) is Literal:
                found |= {str(value) for value in get_args(hint)}
    return found


def test_when_the_bot_decides_something_then_the_pages_have_words_for_its_detail() -> None:
    def has_words(code: str) -> bool:
        head, colon, rest = code.partition(":")
        in_parts = f"{head}:" in known(CODES) and (not rest or rest.isdigit() or rest in known(CODES))
        return code in known(CODES) or (bool(colon) and in_parts)

    assert details()
    assert [code for code in sorted(details()) if not has_words(code)] == []


def test_when_a_fact_holds_one_of_its_values_then_the_pages_have_words_for_it() -> None:
    assert flow_words()
    assert choices()
    assert sorted((flow_words() | choices()) - {"none", "caller_id_only", "account_given"} - known(CODES)) == []


def test_when_the_bot_asks_back_then_the_pages_have_words_for_what_it_asks() -> None:
    assert sorted({*get_args(SafetyKind), *get_args(CallWish)} - known(CODES)) == []


def test_when_a_fact_is_listed_then_it_has_a_name() -> None:
    types = {str(body.__dataclass_fields__["type"].default) for body in EVENT_BODIES}
    assert sorted(types - known(NAMES)) == []
