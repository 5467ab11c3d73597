"""What flows there are: each is a TOML file with its questions, its words and its limits."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from calls.ids import LANGUAGES, Language
from voice.dialog.acts import Expects
from voice.dialog.flow_limits import Limits, limits_from
from voice.dialog.slots import SPOKEN_LENGTHS
from voice.dialog.text import plain_speech

FlowAction = Literal["note", "book_callback"]
Confirm = Literal["always", "unsure", "end"]
"""`always`: read back at once; `unsure`: read back when recognition was doubtful; `end`: only in the summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSpec:
    """One value that a flow needs."""

    name: str
    type: str
    """A type of `voice.dialog.slots`."""
    expects: Expects
    """What is waited for while the value is being said; the type's own unless the file says otherwise."""
    length: int | None
    """Digits, or signs of a code, that every value has; None where that differs."""
    prefill: str
    """`caller` takes the caller id and only asks whether it is right; empty asks."""
    confirm: Confirm
    secret: bool
    """True keeps the value out of recording and log."""
    texts: dict[Language, dict[str, str]]
    """`ask`, `again`, where prefilled `prefilled`, and where limited why a value is not possible; with `_typed` behind
    its name what is written instead."""
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec:
    """One flow as its TOML file says."""

    name: str
    topic: str
    """Topic whose answer offers this flow; empty for none."""
    key: str
    """Key of the main menu."""
    action: FlowAction
    answer_first: bool
    """True speaks the topic's article before the flow is offered."""
    triggers: re.Pattern[str]
    not_triggers: re.Pattern[str] | None
    texts: dict[Language, dict[str, str]]
    slots: tuple[SlotSpec, ...]
    only_named: bool = False
    """True offers it only after sections of articles that name it, not after each answer on its topic."""

    def sentences(self, language: Language) -> list[str]:
        """Return all sentences of the flow that are spoken, with their holes."""
        asked = [(name, text) for slot in self.slots for name, text in slot.texts[language].items()]
        return [*self.texts[language].values(), *(text for name, text in asked if not name.endswith("_typed"))]


def read_flow(text: str) -> FlowSpec:
    """Return the flow that a TOML file holds."""
    return flow_from(tomllib.loads(text))


_EXPECTS: dict[str, Expects] = {
    "account_number": "digits",
    "date": "date",
    "email": "email",
    "moment": "date",
    "money": "digits",
    "name": "name",
    "phone": "digits",
    "postcode": "digits",
    "time": "date",
    "yes_no": "yes_no",
}
"""What the values of each type are, to who listens."""


def _expects(slot: dict[str, Any]) -> Expects:
    """Return what a slot of a flow's file expects: what it says, else what its type is.

    Raises:
        ValueError: it says something that hearing does not know.
    """
    expects: Expects = slot.get("expects", _EXPECTS.get(slot["type"], "open"))
    if expects not in get_args(Expects):
        raise ValueError(f"slot {slot['name']!r} expects {expects!r}, which is none of {', '.join(get_args(Expects))}")
    return expects


def flow_from(data: dict[str, Any]) -> FlowSpec:
    """Read a flow's file.

    Raises:
        ValueError: a slot expects something that hearing does not know.
    """
    triggers = [p for language in LANGUAGES for p in data["triggers"].get(language, [])]
    refused = data["triggers"].get("not", [])
    slots = tuple(
        SlotSpec(
            name=slot["name"],
            type=slot["type"],
            expects=_expects(slot),
            length=slot.get("length", SPOKEN_LENGTHS.get(slot["type"])),
            prefill=slot.get("prefill", ""),
            confirm=slot.get("confirm", "unsure"),
            secret=slot.get("secret", False),
            texts={language: slot[language] for language in LANGUAGES},
            limits=limits_from(slot.get("limits", {})),
        )
        for slot in data["slots"]
    )
    return FlowSpec(
        name=data["name"],
        topic=data["topic"],
        key=data["key"],
        action=data["action"],
        answer_first=data.get("answer_first", False),
        triggers=re.compile("|".join(triggers)),
        not_triggers=re.compile("|".join(refused)) if refused else None,
        texts={language: data[language] for language in LANGUAGES},
        slots=slots,
        only_named=data.get("offered", "topic") == "sections",
    )


@cache
def load_flows() -> dict[str, FlowSpec]:
    """Return all flows that come with the program, by name."""
    folder = files("voice.dialog").joinpath("flows")
    specs = [read_flow(f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".toml")]
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: spec.key)}


def flow_asked_for(text: str, enabled: tuple[str, ...]) -> FlowSpec | None:
    """Return the flow whose own words the caller used ("report a power cut"), or None."""
    speech = plain_speech(text)
    for spec in load_flows().values():
        refused = spec.not_triggers is not None and spec.not_triggers.search(speech)
        if spec.name in enabled and spec.triggers.search(speech) and not refused:
            return spec
    return None
