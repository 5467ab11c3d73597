r"""Flows: questions asked one after the other until something can be noted. Generic; each flow is a TOML file.

One run of a flow is a machine of its own; the policy feeds it words or keys and carries out its replies:

    offered --yes--> asking --value--> [confirming slot] --> asking next … --> confirming all --yes--> done
       \--no--> declined              \--no--> asking again                  \--no--> changing one slot
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from calls.ids import LANGUAGES, Language
from voice.dialog.acts import Expects
from voice.dialog.prompts import fill, phrase, spaced
from voice.dialog.settings import DialogSettings
from voice.dialog.slots import Parsed, parse, parse_keys, say_value
from voice.dialog.slots.yes_no import parse_yes_no
from voice.dialog.text import plain_speech

FlowAction = Literal["note", "book_callback"]
Confirm = Literal["always", "unsure", "end"]
"""`always`: read back at once; `unsure`: read back when recognition was doubtful; `end`: only in the summary."""


_SURE = 0.6
"""Confidence from which a value may replace one that was given before. Source: own dialogues in the tests."""

_BARE_NO = 2
"""A no of more words than this may say what is wrong. Source: own dialogues in the tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSpec:
    """One value that a flow needs."""

    name: str
    type: str
    """A type of `voice.dialog.slots`."""
    expects: Expects
    prefill: str
    """`caller` takes the caller id and only asks whether it is right; empty asks."""
    confirm: Confirm
    secret: bool
    """True keeps the value out of recording and log."""
    texts: dict[Language, dict[str, str]]
    """`ask`, `again` and, where prefilled, `prefilled`."""


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

    def sentences(self, language: Language) -> list[str]:
        """Return all sentences of the flow, with their holes."""
        return [*self.texts[language].values(), *(t for slot in self.slots for t in slot.texts[language].values())]


def _flow_from(data: dict[str, Any]) -> FlowSpec:
    triggers = [p for language in LANGUAGES for p in data["triggers"].get(language, [])]
    refused = data["triggers"].get("not", [])
    slots = tuple(
        SlotSpec(
            name=slot["name"],
            type=slot["type"],
            expects=slot.get("expects", "open"),
            prefill=slot.get("prefill", ""),
            confirm=slot.get("confirm", "unsure"),
            secret=slot.get("secret", False),
            texts={language: slot[language] for language in LANGUAGES},
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
    )


@cache
def load_flows() -> dict[str, FlowSpec]:
    """Return all flows that come with the program, by name."""
    folder = files("voice.dialog").joinpath("flows")
    specs = [
        _flow_from(tomllib.loads(f.read_text(encoding="utf-8"))) for f in folder.iterdir() if f.name.endswith(".toml")
    ]
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: spec.key)}


def flow_asked_for(text: str, enabled: tuple[str, ...]) -> FlowSpec | None:
    """Return the flow whose own words the caller used ("report a power cut"), or None."""
    speech = plain_speech(text)
    for spec in load_flows().values():
        refused = spec.not_triggers is not None and spec.not_triggers.search(speech)
        if spec.name in enabled and spec.triggers.search(speech) and not refused:
            return spec
    return None


@dataclass(frozen=True, slots=True)
class Fill:
    """A slot that was just filled."""

    slot: str
    value: str
    confirmed: bool
    secret: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Something to say for a flow."""

    text: str
    expects: Expects
    detail: str


FlowStatus = Literal["asking", "done", "declined", "not_understood", "refused_slot"]


@dataclass(frozen=True, slots=True)
class FlowReply:
    """What a run wants after one input."""

    status: FlowStatus
    lines: tuple[Line, ...] = ()
    fills: tuple[Fill, ...] = ()


@dataclass(slots=True)
class FlowRun:
    """One run of a flow. `now_asking` is what the next words are an answer to."""

    spec: FlowSpec
    settings: DialogSettings
    today: date
    caller: str
    """Caller id in E.164, empty when unknown."""
    now_asking: Literal["offer", "slot", "prefilled", "confirm_slot", "confirm_all", "change"] = "slot"
    index: int = 0
    values: dict[str, str] = field(default_factory=dict)
    tries: int = 0

    @property
    def slot(self) -> SlotSpec:
        """The slot being asked for or confirmed."""
        return self.spec.slots[min(self.index, len(self.spec.slots) - 1)]

    @property
    def expects(self) -> Expects:
        """What kind of words the current question wants."""
        if self.now_asking == "slot":
            return self.slot.expects
        return "open" if self.now_asking == "change" else "yes_no"

    @property
    def wants_value(self) -> bool:
        """True while a slot's value is asked for."""
        return self.now_asking == "slot"

    def begin(self, language: Language, *, offer: bool) -> FlowReply:
        """Start with the offer ("shall I …?") or straight with the first question."""
        if offer and "offer" in self.spec.texts[language]:
            self.now_asking = "offer"
            return FlowReply("asking", (self.question(language),))
        return self._advance(language, ())

    def question(self, language: Language, *, again: bool = False) -> Line:
        """Return the current question; `again` words it more carefully."""
        texts, slot = self.spec.texts[language], self.slot
        if self.now_asking == "offer":
            return Line(texts["offer"], "yes_no", f"flow:{self.spec.name}:offer")
        if self.now_asking == "slot":
            return Line(slot.texts[language]["again" if again else "ask"], slot.expects, f"slot:{slot.name}")
        if self.now_asking == "change":
            return Line(phrase(self.settings, language, "flow.what_to_change"), "open", f"flow:{self.spec.name}:change")
        value = say_value(slot.type, self.values.get(slot.name, ""), language)
        if self.now_asking == "prefilled":
            return Line(fill(slot.texts[language]["prefilled"], {"value": value}), "yes_no", f"confirm:{slot.name}")
        if self.now_asking == "confirm_slot":
            text = phrase(self.settings, language, "flow.confirm_slot", value=value)
            return Line(text, "yes_no", f"confirm:{slot.name}")
        spoken = {s.name: say_value(s.type, self.values[s.name], language) for s in self.spec.slots}
        return Line(fill(texts["confirm"], spoken), "yes_no", f"flow:{self.spec.name}:confirm")

    def hear(self, text: str, language: Language) -> FlowReply:
        """Take the caller's words."""
        if self.now_asking == "slot":
            parsed = parse(self.slot.type, text, language, self.today, country=self.settings.default_country)
            return self._take(parsed, language)
        if self.now_asking == "change":
            return self._change(text, language)
        answer = parse_yes_no(text, language)
        corrected = None if self.now_asking == "offer" else self._correction(text, language)
        if corrected is not None:
            return corrected
        if answer is None:
            return FlowReply("not_understood")
        if self.now_asking == "confirm_all" and answer.value == "false" and len(plain_speech(text).split()) > _BARE_NO:
            self.now_asking = "change"
            changed = self._change(text, language)
            return changed if changed.status != "not_understood" else FlowReply("asking", (self.question(language),))
        return self._decide(agreed=answer.value == "true", language=language)

    def press(self, digits: str, language: Language) -> FlowReply:
        """Take a finished entry by keys."""
        if self.now_asking == "slot":
            parsed = parse_keys(self.slot.type, digits, language, self.today, country=self.settings.default_country)
            return self._take(parsed, language)
        if self.now_asking == "change" and digits.isdigit() and 1 <= int(digits) <= len(self.spec.slots):
            return self._ask_slot(int(digits) - 1, language)
        if digits in ("1", "2") and self.now_asking != "change":
            return self._decide(agreed=digits == "1", language=language)
        return FlowReply("not_understood")

    def _take(self, parsed: Parsed | None, language: Language) -> FlowReply:
        if parsed is None:
            self.tries += 1
            return FlowReply("not_understood")
        slot = self.slot
        self.tries = 0
        self.values[slot.name] = parsed.value
        only_slot = len(self.spec.slots) == 1
        if slot.confirm == "always" or only_slot or (slot.confirm == "unsure" and parsed.needs_confirmation):
            self.now_asking = "confirm_slot"
            fills = (Fill(slot.name, parsed.value, confirmed=False, secret=slot.secret),)
            return FlowReply("asking", (self.question(language),), fills)
        return self._advance(language, (Fill(slot.name, parsed.value, confirmed=False, secret=slot.secret),))

    def _correction(self, text: str, language: Language) -> FlowReply | None:
        """Take "no, the ninth" as the new value of the slot that is being confirmed."""
        if self.now_asking == "confirm_all" or len(plain_speech(text).split()) < 2:
            return None
        parsed = parse(self.slot.type, text, language, self.today, country=self.settings.default_country)
        if parsed is None or parsed.value == self.values.get(self.slot.name) or parsed.confidence_score < 0.5:
            return None
        return self._take(parsed, language)

    def _decide(self, *, agreed: bool, language: Language) -> FlowReply:
        if self.now_asking == "offer":
            return self._advance(language, ()) if agreed else FlowReply("declined")
        if self.now_asking == "confirm_all":
            if agreed:
                fills = tuple(
                    Fill(s.name, self.values[s.name], confirmed=True, secret=s.secret) for s in self.spec.slots
                )
                return FlowReply("done", (), fills)
            self.now_asking = "change"
            return FlowReply("asking", (self.question(language),))
        slot = self.slot
        if agreed:
            fill_now = Fill(slot.name, self.values[slot.name], confirmed=True, secret=slot.secret)
            return self._advance(language, (fill_now,))
        was_prefilled = self.now_asking == "prefilled"
        self.values.pop(slot.name, None)
        self.now_asking = "slot"
        return FlowReply("asking", (self.question(language, again=not was_prefilled),))

    def _change(self, text: str, language: Language) -> FlowReply:
        speech = plain_speech(text)
        for i, slot in enumerate(self.spec.slots):
            parsed = parse(slot.type, text, language, self.today, country=self.settings.default_country)
            name = plain_speech(phrase(self.settings, language, f"names.{slot.type}"))
            if name.split()[-1] in speech.split():
                self.index = i
                if parsed is not None and parsed.confidence_score >= 0.5:
                    return self._take(parsed, language)
                return self._ask_slot(i, language)
        fitting = self._only_fitting(text, language)
        if fitting is not None:
            self.index, parsed = fitting
            return self._take(parsed, language)
        self.tries += 1
        return FlowReply("not_understood") if self.tries == 1 else self._ask_slot(0, language)

    def _only_fitting(self, text: str, language: Language) -> tuple[int, Parsed] | None:
        """Return the one slot whose value `text` gives anew, None when there is none or several."""
        found = []
        for i, slot in enumerate(self.spec.slots):
            parsed = parse(slot.type, text, language, self.today, country=self.settings.default_country)
            if parsed is not None and parsed.confidence_score >= _SURE and parsed.value != self.values.get(slot.name):
                found.append((i, parsed))
        return found[0] if len(found) == 1 else None

    def _ask_slot(self, index: int, language: Language) -> FlowReply:
        self.index, self.now_asking, self.tries = index, "slot", 0
        self.values.pop(self.slot.name, None)
        return FlowReply("asking", (self.question(language, again=True),))

    def _advance(self, language: Language, fills: tuple[Fill, ...]) -> FlowReply:
        self.tries = 0
        for i, slot in enumerate(self.spec.slots):
            if slot.name in self.values:
                continue
            self.index, self.now_asking = i, "slot"
            if slot.prefill == "caller" and self.caller:
                self.values[slot.name] = self.caller
                self.now_asking = "prefilled"
            return FlowReply("asking", (self.question(language),), fills)
        if len(self.spec.slots) == 1:
            return FlowReply("done", (), fills)
        self.now_asking = "confirm_all"
        return FlowReply("asking", (self.question(language),), fills)

    def refuse_prefill(self, language: Language) -> FlowReply:
        """Ask for the value itself instead of confirming the caller id."""
        return self._decide(agreed=False, language=language)

    def closing(self, language: Language, reference: str) -> str:
        """Return the last sentence of a finished run."""
        return fill(self.spec.texts[language]["closing"], {"reference": spaced(reference)})
