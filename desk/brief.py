"""What a human should know before the first word: a brief as data, made from the call's facts alone. Pure.

No language model: every statement is a fixed sentence with values, titles and quotes from the events, and carries the
number of the event it came from. Masked and secret values never appear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from calls.events import (
    ActDecided,
    BriefFact,
    BriefPrepared,
    CallAnswered,
    CallbackBooked,
    CallbackDeclined,
    CallbackOffered,
    CallerReplaced,
    CallOffered,
    ConsentRefused,
    EmotionEstimated,
    EmotionPoint,
    EscalationRequested,
    Event,
    FeelingRead,
    FlowFinished,
    LanguageChosen,
    RelatedFact,
    SafetyRaised,
    SlotFilled,
    TopicFound,
    TurnEnded,
    TurnReopened,
)
from calls.handover_events import AgentReleased
from calls.ids import Language
from calls.speech import Feeling, FeelingScores, WordsEstimate
from desk.brief_words import WORDS, name_of
from records.redaction import MASK, redact_text

QUOTE_WORDS = 24
"""Longest quote; about 9 s of speech, two lines on a page."""
MATTER_WORDS = 12
"""Longest matter: one line of 80 characters."""
SPOKEN_WORDS = 35
"""Longest spoken line: 15 s at 140 words a minute, a clear reading pace."""
UPSET_PROB = 0.5
"""From this probability of anger on, in one of the last `UPSET_ESTIMATES`, the brief says "sounds angry"."""
UPSET_ESTIMATES = 3
FEELING_SCORE = 0.5
"""From this score on, in the call's curve or in the last words, the brief names what the words say of the feeling."""

Verified = Literal["none", "caller_id_only", "account_given"]

_SECRET_SLOTS = ("pin", "password", "cvv", "card", "secret", "clave")
_UNREADABLE = ("[erased]", "")
_WITHHELD = ("anonymous", "unknown", "restricted", "private", "unavailable", *_UNREADABLE)
"""Caller ids that name nobody. Source: RFC 3323 section 4.1 and what gateways send."""


def build_brief(
    events: Sequence[Event],
    language: Language,
    *,
    titles: Mapping[str, str] | None = None,
    related: Sequence[RelatedFact] = (),
) -> BriefPrepared:
    """Make the brief of a call from its facts so far.

    Args:
        events: the call's stream, in order.
        language: language of the brief: the agent's, usually the call's.
        titles: title of each topic in that language; without it the caller's own words and the topic's code are used.
        related: what happened with the customer before, in that language.
    """
    call = _Gathered()
    void = {event.body.turn_id for event in events if isinstance(event.body, TurnReopened)}
    for event in events:
        if getattr(event.body, "turn_id", None) not in void:
            call.take(event)
    maker = _Maker(call, language, titles or {})
    matter = maker.matter()
    upset = _sounds_upset(call.emotion)
    return BriefPrepared(
        caller=maker.caller(),
        verified=maker.verified(),
        language=call.language or language,
        matter=matter,
        reason=call.reason,
        facts=tuple(maker.facts()),
        tried=tuple(maker.tried()),
        open_questions=tuple(maker.open_questions()),
        emotion=tuple(call.emotion),
        suggested_opening=maker.opening(matter, upset=upset),
        spoken_line=maker.spoken(matter, upset=upset),
        related=tuple(related),
    )


@dataclass(slots=True)
class _Gathered:
    """The facts of a call, sorted by what a brief asks."""

    offered: CallOffered | None = None
    language: Language | None = None
    chosen: list[Event] = field(default_factory=list)
    turns: dict[str, TurnEnded] = field(default_factory=dict)
    last_turn: Event | None = None
    slots: dict[str, Event] = field(default_factory=dict)
    """The newest event of each slot."""
    slot_turns: dict[str, str | None] = field(default_factory=dict)
    """The turn in which that value was said first: the words, not the "yes" that confirmed them."""
    topics: list[Event] = field(default_factory=list)
    acts: list[Event] = field(default_factory=list)
    flows: list[Event] = field(default_factory=list)
    callbacks: list[Event] = field(default_factory=list)
    agents: list[Event] = field(default_factory=list)
    """Agents who had the caller already."""
    refused: dict[str, Event] = field(default_factory=dict)
    safety: Event | None = None
    emotion: list[EmotionPoint] = field(default_factory=list)
    feeling: Event | None = None
    """The newest of what words say that did not abstain."""
    reason: str = ""

    def take(self, event: Event) -> None:
        """Sort one event in."""
        match event.body:
            case CallOffered() as body:
                self.offered = body
            case CallerReplaced() as body if self.offered is not None:
                self.offered = replace(self.offered, caller=body.caller, caller_name=body.caller_name)
            case CallAnswered() as body:
                self.language = body.language
            case LanguageChosen() as body:
                if self.language is not None and body.language != self.language:
                    self.chosen.append(event)
                self.language = body.language
            case TurnEnded() as body:
                self.turns[body.turn_id] = body
                if body.speaker == "caller":
                    self.last_turn = event
            case SlotFilled() as body:
                before = self.slots.get(body.slot)
                same = before is not None and isinstance(before.body, SlotFilled) and before.body.value == body.value
                if not same:
                    self.slot_turns[body.slot] = body.turn_id
                self.slots[body.slot] = event
            case TopicFound():
                self.topics.append(event)
            case ActDecided():
                self.acts.append(event)
            case FlowFinished():
                self.flows.append(event)
            case CallbackOffered() | CallbackBooked() | CallbackDeclined():
                self.callbacks.append(event)
            case AgentReleased() as body if body.agent and body.reason != "join_failed":
                self.agents.append(event)
            case ConsentRefused() as body:
                self.refused[body.subject] = event
            case SafetyRaised():
                self.safety = event
            case EscalationRequested() as body:
                self.reason = body.reason
            case EmotionEstimated(estimate=estimate) as body:
                self.emotion.append(
                    EmotionPoint(
                        t_ms=body.end_ms,
                        anger_prob=estimate.anger_prob,
                        arousal_score=estimate.arousal_score,
                        uncertainty=estimate.uncertainty,
                        abstained=estimate.abstained,
                    )
                )
            case FeelingRead(estimate=read) if not read.abstained:
                self.feeling = event
            case _:
                return


class _Maker:
    """Turns what was gathered into statements in one language."""

    def __init__(self, call: _Gathered, language: Language, titles: Mapping[str, str]) -> None:
        self._call = call
        self._language: Language = language
        self._words = WORDS[language]
        self._titles = titles

    def caller(self) -> str:
        offered = self._call.offered
        known = [self._name(), _shown(offered.caller) if offered else ""]
        return ", ".join(part for part in known if part) or self._words["withheld"]

    def verified(self) -> Verified:
        account = self._call.slots.get("account_number")
        if account is not None and isinstance(account.body, SlotFilled) and account.body.confirmed:
            return "account_given"
        offered = self._call.offered
        return "caller_id_only" if offered is not None and offered.caller.lower() not in _WITHHELD else "none"

    def matter(self) -> str:
        safety = self._call.safety
        if safety is not None and isinstance(safety.body, SafetyRaised):
            return name_of("safety", safety.body.kind, self._language)
        for event in reversed(self._call.topics):
            assert isinstance(event.body, TopicFound)
            if event.body.topic is not None:
                if event.body.topic in self._titles:
                    return self._titles[event.body.topic]
                return _first_words(self._quote(event.body.turn_id), MATTER_WORDS) or self._topic(event.body.topic)
        for event in reversed(self._call.topics):
            assert isinstance(event.body, TopicFound)
            if quote := _first_words(self._quote(event.body.turn_id), MATTER_WORDS):
                return quote
        if self._call.flows:
            return self._flow(self._call.flows[-1])
        return self._words["matter_unknown"]

    def facts(self) -> Iterator[BriefFact]:
        call = self._call
        if call.safety is not None and isinstance(call.safety.body, SafetyRaised):
            text = name_of("safety", call.safety.body.kind, self._language)
            yield self._fact(call.safety, text, call.safety.body.turn_id)
        seen: set[str] = set()
        for event in call.topics:
            assert isinstance(event.body, TopicFound)
            if event.body.topic is not None and event.body.topic not in seen:
                seen.add(event.body.topic)
                text = self._words["fact.topic"].format(topic=self._topic(event.body.topic))
                yield self._fact(event, text, event.body.turn_id)
        for event in call.slots.values():
            assert isinstance(event.body, SlotFilled)
            if not _is_secret(event.body):
                key = "fact.slot" if event.body.confirmed else "fact.unconfirmed"
                slot = name_of("slot", event.body.slot, self._language)
                yield self._fact(
                    event, self._words[key].format(slot=slot, value=event.body.value), call.slot_turns[event.body.slot]
                )
        for event in call.chosen[-1:]:
            assert isinstance(event.body, LanguageChosen)
            spoken = self._words[f"language.{event.body.language}"]
            yield self._fact(event, self._words["fact.language"].format(language=spoken), None)
        for subject, event in call.refused.items():
            yield self._fact(event, self._words[f"fact.no_{subject}"], None)
        if call.feeling is not None and isinstance(call.feeling.body, FeelingRead):
            read = call.feeling.body
            if read.estimate.feeling in _TOLD_FEELINGS and _clear(read.estimate):
                reasons = [self._words[f"cue.{code}"] for code in read.estimate.reasons if f"cue.{code}" in self._words]
                text = self._words["fact.feeling"].format(
                    feeling=self._words[f"feeling.{read.estimate.feeling}"],
                    reasons=f": {', '.join(reasons)}" if reasons else "",
                )
                yield self._fact(call.feeling, text, read.turn_id)

    def tried(self) -> Iterator[BriefFact]:
        call = self._call
        answered: set[str] = set()
        for event in call.acts:
            assert isinstance(event.body, ActDecided)
            family, _, topic = event.body.detail.partition(":")
            if event.body.act == "answer" and family == "topic" and topic not in answered:
                answered.add(topic)
                text = self._words["tried.answered"].format(topic=self._topic(topic))
                yield self._fact(event, text, event.body.turn_id)
            elif event.body.act == "repair":
                yield self._fact(event, self._words["tried.repair"], event.body.turn_id)
        for event in call.flows:
            assert isinstance(event.body, FlowFinished)
            text = self._words["tried.flow"].format(flow=self._flow(event), reference=event.body.reference)
            yield self._fact(event, text, None)
        for event in call.callbacks:
            yield self._fact(event, self._words[f"tried.{event.body.type}"], None)
        for event in call.agents:
            assert isinstance(event.body, AgentReleased)
            yield self._fact(event, self._words["tried.agent"].format(agent=event.body.agent), None)

    def open_questions(self) -> Iterator[BriefFact]:
        call = self._call
        for event in call.topics:
            assert isinstance(event.body, TopicFound)
            if event.body.topic is None:
                yield self._fact(event, self._words["open.no_article"], event.body.turn_id)
        finished = {event.body.flow for event in call.flows if isinstance(event.body, FlowFinished)}
        begun: dict[str, Event] = {}
        for event in call.acts:
            assert isinstance(event.body, ActDecided)
            for part in event.body.detail.split():
                family, _, rest = part.partition(":")
                if family == "flow" and (flow := rest.partition(":")[0]) and flow not in _NOT_FLOWS:
                    begun.setdefault(flow, event)
        for flow, event in begun.items():
            if flow not in finished:
                text = self._words["open.flow"].format(flow=name_of("flow", flow, self._language))
                assert isinstance(event.body, ActDecided)
                yield self._fact(event, text, event.body.turn_id)
        last = call.last_turn
        if last is not None and isinstance(last.body, TurnEnded) and self._quote(last.body.turn_id):
            yield self._fact(last, self._words["open.last_words"], last.body.turn_id)

    def opening(self, matter: str, *, upset: bool) -> str:
        name = self._name()
        hello = self._words["opening.hello"].format(name=name) if name else self._words["opening.hello_nameless"]
        if self._call.safety is not None:
            return f"{hello} {self._words['opening.safety']}"
        sorry = f" {self._words['opening.sorry']}" if upset else ""
        if matter == self._words["matter_unknown"]:
            return f"{hello}{sorry} {self._words['opening.no_matter']}"
        return f"{hello}{sorry} {self._words['opening.matter'].format(matter=matter)}"

    def spoken(self, matter: str, *, upset: bool) -> str:
        """Return the brief in at most `SPOKEN_WORDS` words; what matters less is left out first."""
        who = f"{self._name() or self._words['someone']}, {self._words[f'verified.{self.verified()}']}"
        parts = [who, matter]
        if self._call.reason:
            parts.append(name_of("reason", self._call.reason, self._language))
        if upset:
            parts.append(self._words["mood.upset"])
        if self._call.flows:
            parts.append(self._words["tried.flow"].partition(",")[0].format(flow=self._flow(self._call.flows[-1])))
        line = ""
        for part in parts:
            sentence = part[:1].upper() + part[1:].rstrip(".") + "."
            if len(f"{line} {sentence}".split()) <= SPOKEN_WORDS:
                line = f"{line} {sentence}".strip()
        return line

    def _fact(self, event: Event, text: str, turn_id: str | None) -> BriefFact:
        turn = self._call.turns.get(turn_id) if turn_id is not None else None
        t_ms = turn.start_ms if turn is not None else event.t_ms or 0
        return BriefFact(text=text, quote=self._quote(turn_id), t_ms=t_ms, event_seq=event.seq)

    def _quote(self, turn_id: str | None) -> str:
        """Return the caller's own words in a turn; nothing when they hold, or may hold, a secret."""
        turn = self._call.turns.get(turn_id) if turn_id is not None else None
        if turn is None or turn.speaker != "caller" or turn.text in _UNREADABLE:
            return ""
        text = " ".join(turn.text.split())
        return "" if MASK in text or redact_text(text) != text else _first_words(text, QUOTE_WORDS)

    def _name(self) -> str:
        said = self._call.slots.get("name")
        if said is not None and isinstance(said.body, SlotFilled) and said.body.confirmed and not _is_secret(said.body):
            return said.body.value
        offered = self._call.offered
        return _shown(offered.caller_name) if offered is not None else ""

    def _topic(self, topic: str) -> str:
        return self._titles.get(topic, topic.replace("-", " "))

    def _flow(self, event: Event) -> str:
        assert isinstance(event.body, FlowFinished)
        return name_of("flow", event.body.flow, self._language)


_TOLD_FEELINGS: dict[Feeling, str] = {
    "angry": "anger_score",
    "frustrated": "frustration_score",
    "distressed": "distress_score",
    "urgent": "urgency_score",
    "confused": "confusion_score",
}
"""What an agent is told of, with its score."""

_NOT_FLOWS = ("", "resume", "cancelled")
"""What may follow `flow:` in the detail of an act without naming one."""


def _shown(text: str) -> str:
    """Return a name or number as it was presented; nothing when it names nobody, or holds what is masked."""
    whole = " ".join(text.split())
    hidden = whole.lower() in _WITHHELD or MASK in whole or redact_text(whole) != whole
    return "" if hidden else whole


def _is_secret(body: SlotFilled) -> bool:
    """Tell whether a value must not be shown: masked, erased, or of a slot that holds secrets."""
    hidden = "*" in body.value or body.value in _UNREADABLE or redact_text(body.value) != body.value
    return hidden or any(word in body.slot.lower() for word in _SECRET_SLOTS)


def _clear(estimate: WordsEstimate) -> bool:
    """Tell whether the words speak clearly enough of their likeliest feeling, now or over the call."""
    return (
        max(_score(estimate.scores, estimate.feeling), _score(estimate.call_scores, estimate.feeling)) >= FEELING_SCORE
    )


def _score(scores: FeelingScores, feeling: Feeling) -> float:
    return float(getattr(scores, _TOLD_FEELINGS[feeling]))


def _first_words(text: str, n: int) -> str:
    return " ".join(text.split()[:n])


def _sounds_upset(points: Sequence[EmotionPoint]) -> bool:
    sure = [point for point in points if not point.abstained]
    return any(point.anger_prob >= UPSET_PROB for point in sure[-UPSET_ESTIMATES:])
