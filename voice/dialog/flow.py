r"""Flows: questions asked one after the other until something can be noted. Generic; each flow is a TOML file.

One run of a flow is a machine of its own; the policy feeds it words or keys and carries out its replies:

    offered --yes--> asking --value--> [confirming slot] --> asking next … --> confirming all --yes--> done
       \--no--> declined              \--no--> asking again                  \--no--> changing one slot
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Literal

from calls.ids import Language
from voice.dialog.acts import Expects
from voice.dialog.flow_limits import Refusal, fit_time, part_of_day, refusal
from voice.dialog.flow_reply import Fill, FlowReply, Line
from voice.dialog.flow_spec import FlowSpec, SlotSpec
from voice.dialog.flow_values import (
    Given,
    is_correction,
    is_number,
    names_day_or_clock,
    names_otherwise,
    one_digit_changed,
    parts_around_numbers,
    says_digits,
    tells_mistake,
)
from voice.dialog.prompts import fill, phrase, spaced
from voice.dialog.settings import DialogSettings
from voice.dialog.slots import Parsed, parse, parse_keys, say_value, spell_value
from voice.dialog.slots.yes_no import parse_yes_no
from voice.dialog.text import plain_speech

_SURE = 0.6
"""Confidence from which a value may replace one that was given before. Source: own dialogues in the tests."""

_BARE_NO = 2
"""A no of more words than this may say what is wrong. Source: own dialogues in the tests."""

_NAMING, _SAYS_WRONG = 4, 6
"""A value named in so few words is meant to be changed; in so few behind a no. Source: own dialogues in the tests."""


_WRITTEN_AS_IT_IS = frozenset({"account_number", "phone", "postcode", "email", "name"})
"""Types whose values are read by eye as they are kept."""


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
    now: datetime | None = None
    """The wall clock, which "two hours ago" is counted from; None for the end of `today`."""

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
    def length(self) -> int | None:
        """How many digits or signs of a code the current question wants, when that is known."""
        return self.slot.length if self.now_asking == "slot" else None

    @property
    def wants_value(self) -> bool:
        """True while a slot's value is asked for."""
        return self.now_asking == "slot"

    def begin(self, language: Language, *, offer: bool, said: str = "") -> FlowReply:
        """Start with the offer ("shall I …?") or with the first question that the words in `said` leave open."""
        if offer and "offer" in self.spec.texts[language]:
            self.now_asking = "offer"
            return FlowReply("asking", (self.question(language),))
        return self._advance(language, self._along((), said, language) if said else ())

    def question(self, language: Language, *, again: bool = False) -> Line:
        """Return the current question; `again` words it more carefully."""
        texts, slot = self.spec.texts[language], self.slot
        if self.now_asking == "offer":
            return Line(texts["offer"], "yes_no", f"flow:{self.spec.name}:offer")
        if self.now_asking == "slot":
            text = self._wording("again" if again else "ask", language)
            return Line(text, slot.expects, f"slot:{slot.name}", slot.length)
        if self.now_asking == "change":
            return Line(phrase(self.settings, language, "flow.what_to_change"), "open", f"flow:{self.spec.name}:change")
        value = self._shown(slot, language)
        if self.now_asking == "prefilled":
            text = fill(self._wording("prefilled", language), {"value": value})
            return Line(text, "yes_no", f"confirm:{slot.name}")
        if self.now_asking == "confirm_slot":
            written = self.settings.medium == "text"
            letters = "" if written else spell_value(slot.type, self.values.get(slot.name, ""), language)
            key = "flow.confirm_spelled" if letters else "flow.confirm_slot"
            text = phrase(self.settings, language, key, value=value, letters=letters)
            return Line(text, "yes_no", f"confirm:{slot.name}")
        spoken = {s.name: self._shown(s, language) for s in self.spec.slots}
        return Line(fill(texts["confirm"], spoken), "yes_no", f"flow:{self.spec.name}:confirm")

    def _wording(self, name: str, language: Language) -> str:
        """Return a sentence of the slot in hand; in writing the one that speaks of no keys, if there is one."""
        texts = self.slot.texts[language]
        return texts.get(f"{name}_typed", texts[name]) if self.settings.medium == "text" else texts[name]

    def _shown(self, slot: SlotSpec, language: Language) -> str:
        """Return the value of a slot to be read back: spelled out for a voice, as it is in writing."""
        value = self.values.get(slot.name, "")
        as_it_is = self.settings.medium == "text" and slot.type in _WRITTEN_AS_IT_IS
        return value if as_it_is else say_value(slot.type, value, language)

    def hear(self, text: str, language: Language) -> FlowReply:
        """Take the caller's words."""
        wrong = self._says_what_is_wrong(text, language)
        if wrong is not None:
            return wrong
        if self.now_asking == "slot":
            return self._hear_value(text, language)
        if self.now_asking == "change":
            return self._change(text, language)
        answer = parse_yes_no(text, language)
        if self.now_asking != "offer":
            again = self._correction(text, language) or (None if answer else self._heard_again(text, language))
            if again is not None:
                return again
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
            country = self.settings.default_country
            parsed = parse_keys(self.slot.type, digits, language, self.today, country=country, now=self.now)
            return self._take(parsed, language)
        if self.now_asking == "change" and digits.isdigit() and 1 <= int(digits) <= len(self.spec.slots):
            return self._ask_slot(int(digits) - 1, language)
        if digits in ("1", "2") and self.now_asking != "change":
            return self._decide(agreed=digits == "1", language=language)
        return FlowReply("not_understood")

    def gives_value(self, text: str, language: Language) -> bool:
        """Return whether the words hold the value that is being asked for."""
        return self.now_asking == "slot" and self._read(self.slot, text, language) is not None

    def _take(self, parsed: Parsed | None, language: Language) -> FlowReply:
        if parsed is None:
            self.tries += 1
            return FlowReply("not_understood")
        slot = self.slot
        self.tries = 0
        refused = self._refused(slot, parsed.value, language)
        if refused is not None:
            return refused
        self.values[slot.name] = parsed.value
        self._drop_impossible()
        fills = (Fill(slot.name, parsed.value, confirmed=False, secret=slot.secret),)
        only_slot = len(self.spec.slots) == 1
        if slot.confirm == "always" or only_slot or (slot.confirm == "unsure" and parsed.needs_confirmation):
            self.now_asking = "confirm_slot"
            return FlowReply("asking", (self.question(language),), fills)
        return self._advance(language, fills)

    def _read(self, slot: SlotSpec, text: str, language: Language) -> Parsed | None:
        """Return the value that the words give for `slot`, in the half of the day that is possible."""
        country = self.settings.default_country
        parsed = parse(slot.type, text, language, self.today, country=country, now=self.now)
        if slot.type != "time":
            return parsed
        return fit_time(slot.limits, parsed) if parsed is not None else part_of_day(slot.limits, text, language)

    def _why_not(self, slot: SlotSpec, value: str) -> Refusal | None:
        """Return why a value is not possible on the day that was said; None when it is."""
        clock = (self.now or datetime.combine(self.today, time.min)).replace(tzinfo=None)
        day = next((self.values.get(s.name, "") for s in self.spec.slots if s.type == "date"), "")
        return refusal(slot.limits, slot.type, value, day, clock)

    def _refused(self, slot: SlotSpec, value: str, language: Language) -> FlowReply | None:
        """Say why a value is not possible and ask for another; None when it is possible."""
        why = self._why_not(slot, value)
        if why is None:
            return None
        self.values.pop(slot.name, None)
        self.now_asking = "slot"
        refusing = Line(slot.texts[language][why], slot.expects, f"refused:{slot.name}:{why}", slot.length)
        return FlowReply("asking", (refusing, self.question(language)))

    def _drop_impossible(self) -> None:
        """Forget a time that another day made impossible, so that it is asked for again."""
        for slot in self.spec.slots:
            value = self.values.get(slot.name, "")
            if value and self._why_not(slot, value) is not None:
                self.values.pop(slot.name)

    def _hear_value(self, text: str, language: Language) -> FlowReply:
        """Take the value asked for, with others said along; or an earlier one that is said again."""
        parsed = self._read(self.slot, text, language)
        corrects = is_correction(text)
        number = corrects and says_digits(text, language) and not is_number(self.slot.type)
        if parsed is None or number:
            again = self._earlier(text, language, corrects=corrects)
            if again is not None:
                return again
        asked = self.slot
        reply = self._take(parsed, language)
        if self.now_asking == "slot" and reply.fills and self.slot.type in ("date", "time"):
            along = self._along((asked,), text, language)
            return FlowReply("asking", self._advance(language, ()).lines, reply.fills + along) if along else reply
        return reply

    def _earlier(self, text: str, language: Language, *, corrects: bool) -> FlowReply | None:
        """Go back to a value given before that the words name or give anew; it is read back."""
        filled = [(i, s) for i, s in enumerate(self.spec.slots) if s.name in self.values and i != self.index]
        given = self._given_again(filled, text, language, corrects=corrects)
        if given is None:
            return None
        if given.parsed is None:
            return self._ask_slot(given.index, language)
        self.index = given.index
        return self._take(replace(given.parsed, needs_confirmation=True), language)

    def _given_again(
        self, filled: list[tuple[int, SlotSpec]], text: str, language: Language, *, corrects: bool
    ) -> Given | None:
        """Return which of the filled slots is meant: by a digit of it, by its name, or by a value that fits it."""
        for i, slot in filled:
            changed = one_digit_changed(self.values[slot.name], text, language) if is_number(slot.type) else None
            if changed is not None:
                return Given(i, Parsed(changed, _SURE, needs_confirmation=True))
        few = len(plain_speech(text).split()) <= _NAMING
        for i, slot in filled:
            if self._names(slot, text, language, corrects=corrects) and (corrects or few):
                parsed = self._read(slot, text, language)
                return Given(i, parsed if parsed is not None and parsed.confidence_score >= _SURE else None)
        for i, slot in reversed(filled):
            parsed = self._anew(slot, text, language) if corrects or is_number(slot.type) else None
            if parsed is not None:
                return Given(i, parsed)
        return None

    def _says_what_is_wrong(self, text: str, language: Language) -> FlowReply | None:
        """Take "the date is wrong" and "the last digit is four" whatever is being asked just now."""
        if self.now_asking in ("offer", "change") or not self.values:
            return None
        filled = [(i, s) for i, s in enumerate(self.spec.slots) if s.name in self.values]
        digit = any(
            is_number(s.type) and one_digit_changed(self.values[s.name], text, language) is not None for _, s in filled
        )
        named = is_correction(text) and any(
            self._names(s, text, language) for i, s in filled if i != self.index or self.now_asking == "confirm_all"
        )
        if not digit and not named:
            return None
        before = self.index
        self.index = len(self.spec.slots)
        reply = self._earlier(text, language, corrects=True)
        if reply is None:
            self.index = before
        return reply

    def _names(self, slot: SlotSpec, text: str, language: Language, *, corrects: bool = True) -> bool:
        name, speech = plain_speech(phrase(self.settings, language, f"names.{slot.type}")), plain_speech(text)
        named = name.split()[-1] in speech.split() or name.split(" ", 1)[-1] in speech
        told = self.now_asking != "slot" or len(speech.split()) <= _SAYS_WRONG or tells_mistake(text)
        return told and (named or (corrects and names_otherwise(slot.type, speech)))

    def _heard_again(self, text: str, language: Language) -> FlowReply | None:
        """Take words that are no yes and no no, but name or give one of the values read back."""
        if self.now_asking == "confirm_all":
            self.index = len(self.spec.slots)
        again = self._earlier(text, language, corrects=True)
        if again is not None or self.now_asking != "confirm_all":
            return again
        fitting = self._only_fitting(text, language)
        if fitting is None:
            return None
        self.index, parsed = fitting
        return self._take(parsed, language)

    def _along(self, told: tuple[SlotSpec, ...], text: str, language: Language) -> tuple[Fill, ...]:
        """Keep the values of other slots that the same words hold; all are read back in the end."""
        fills = []
        for slot in self.spec.slots:
            if slot in told or slot.name in self.values or slot.secret or slot.prefill:
                continue
            if not names_day_or_clock(slot.type, text):
                continue
            for part in parts_around_numbers(text):
                parsed = self._read(slot, part, language)
                if parsed is None or parsed.confidence_score < _SURE or parsed.needs_confirmation:
                    continue
                if self._why_not(slot, parsed.value) is None:
                    self.values[slot.name] = parsed.value
                    fills.append(Fill(slot.name, parsed.value, confirmed=False, secret=slot.secret))
                    break
        return tuple(fills)

    def _correction(self, text: str, language: Language) -> FlowReply | None:
        """Take "no, the ninth" as the new value of the slot that is being confirmed."""
        if self.now_asking == "confirm_all" or len(plain_speech(text).split()) < 2:
            return None
        parsed = self._read(self.slot, text, language)
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
        for i, slot in enumerate(self.spec.slots):
            if self._names(slot, text, language):
                self.index = i
                parsed = self._read(slot, text, language)
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
        read = [(i, self._anew(slot, text, language)) for i, slot in enumerate(self.spec.slots)]
        found = [(i, parsed) for i, parsed in read if parsed is not None]
        return found[0] if len(found) == 1 else None

    def _anew(self, slot: SlotSpec, text: str, language: Language) -> Parsed | None:
        """Return the value that the words surely give for `slot`, None when it is the one it has."""
        parsed = self._read(slot, text, language)
        if parsed is None or parsed.confidence_score < _SURE or parsed.value == self.values.get(slot.name):
            return None
        return parsed

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
        shown = reference if self.settings.medium == "text" else spaced(reference)
        return fill(self.spec.texts[language]["closing"], {"reference": shown})
