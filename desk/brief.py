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
    EventBody,
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
QUOTE_SIGNS = 200
"""The same in signs: what is written may hold an address without an end."""
MATTER_WORDS = 12
MATTER_SIGNS = 80
"""Longest matter: one line of 80 characters."""
SPOKEN_WORDS = 35
"""Longest spoken line: 15 s at 140 words a minute, a clear reading pace."""
SPOKEN_SIGNS = 190
"""The same in signs, as `spoken_signs` counts them: words may be long, and numbers are spelled out."""
DIGIT_SIGNS = 6
"""What a digit takes to be said, in signs: "siete", "seven" and a breath."""
NAME_SIGNS = 60
"""Longest name that is said; what is longer is no name."""
NO_ARTICLE_MOST = 3
"""Questions without an answer that are told, the newest; all of them stand in the transcript."""
EMOTION_MOST = 240
"""Points of the curve, the newest: 20 minutes at one each 5 s."""
UPSET_PROB = 0.5
"""From this probability of anger on, in one of the last `UPSET_ESTIMATES`, the brief says "sounds angry"."""
UPSET_ESTIMATES = 3
FEELING_SCORE = 0.5
"""From this score on, in the call's curve or in the last words, the brief names what the words say of the feeling."""

Proven = Literal["", "knowledge", "one_time_code", "staff"]
"""How customers prove who they are. Source: `customers.verification.LEVELS`."""
Verified = Literal["none", "caller_id_only", "account_given", "knowledge", "one_time_code", "staff"]

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
    proven: Proven = "",
) -> BriefPrepared:
    """Make the brief of a call from its facts so far.

    Args:
        events: the call's stream, in order.
        language: language of the brief: the agent's, usually the call's.
        titles: title of each topic in that language; without it the caller's own words and the topic's code are used.
        related: what happened with the customer before, in that language; how it was proven who they are is among it.
        proven: how the customer proved in this call who they are, beyond what its facts say.
    """
    call = _Gathered()
    void = {event.body.turn_id for event in events if isinstance(event.body, TurnReopened)}
    for event in events:
        if getattr(event.body, "turn_id", None) not in void:
            call.take(event)
    maker = _Maker(call, language, titles or {}, proven)
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
        emotion=tuple(call.emotion[-EMOTION_MOST:]),
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
    angriest: Event | None = None
    """The estimate of the voice with the highest anger, the newest of equals; None when all abstained."""
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
                if not estimate.abstained and estimate.anger_prob >= _anger_of(self.angriest):
                    self.angriest = event
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

    def __init__(self, call: _Gathered, language: Language, titles: Mapping[str, str], proven: Proven) -> None:
        self._call, self._proven = call, proven
        self._language: Language = language
        self._words = WORDS[language]
        self._titles = titles

    def caller(self) -> str:
        offered = self._call.offered
        number = _shown(offered.caller) if offered else ""
        both = ", ".join(part for part in (self._name(), number) if part)
        return (both if _is_clean(both) else number) or self._words["withheld"]

    def verified(self) -> Verified:
        if self._proven:
            return self._proven
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
                return self._own_matter(event.body.turn_id) or self._topic(event.body.topic)
        for event in reversed(self._call.topics):
            assert isinstance(event.body, TopicFound)
            if quote := self._own_matter(event.body.turn_id):
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
        if call.angriest is not None and _anger_of(call.angriest) >= UPSET_PROB:
            yield self._fact(call.angriest, voice_text(call.angriest.body, self._language), None)
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
        repairs = [event for event in call.acts if isinstance(event.body, ActDecided) and event.body.act == "repair"]
        for event in repairs[-1:]:
            assert isinstance(event.body, ActDecided)
            key = "tried.repair" if len(repairs) == 1 else "tried.repairs"
            yield self._fact(event, self._words[key].format(n=len(repairs)), event.body.turn_id)
        for flow, event in self._refused_flows().items():
            assert isinstance(event.body, ActDecided)
            text = self._words["tried.refused"].format(flow=name_of("flow", flow, self._language))
            yield self._fact(event, text, event.body.turn_id)
        for event in call.flows:
            assert isinstance(event.body, FlowFinished)
            text = self._words["tried.flow"].format(flow=self._flow(event), reference=event.body.reference)
            yield self._fact(event, text, None)
        newest = {event.body.type: event for event in call.callbacks}
        for event in sorted(newest.values(), key=lambda each: each.seq):
            yield self._fact(event, self._words[f"tried.{event.body.type}"], None)
        for event in call.agents:
            assert isinstance(event.body, AgentReleased)
            yield self._fact(event, self._words["tried.agent"].format(agent=event.body.agent), None)

    def open_questions(self) -> Iterator[BriefFact]:
        call = self._call
        unknown = [event for event in call.topics if isinstance(event.body, TopicFound) and event.body.topic is None]
        for event in unknown[-NO_ARTICLE_MOST:]:
            assert isinstance(event.body, TopicFound)
            yield self._fact(event, self._words["open.no_article"], event.body.turn_id)
        finished = {event.body.flow for event in call.flows if isinstance(event.body, FlowFinished)}
        if any(isinstance(event.body, CallbackBooked | CallbackDeclined) for event in call.callbacks):
            finished.add("callback")
        begun: dict[str, Event] = {}
        for event in call.acts:
            for flow in _flows_of(event):
                begun.setdefault(flow, event)
        refused = self._refused_flows()
        for flow, event in begun.items():
            if flow not in finished and flow not in refused:
                text = self._words["open.flow"].format(flow=name_of("flow", flow, self._language))
                assert isinstance(event.body, ActDecided)
                yield self._fact(event, text, event.body.turn_id)
        last = call.last_turn
        if last is not None and isinstance(last.body, TurnEnded) and self._quote(last.body.turn_id):
            yield self._fact(last, self._words["open.last_words"], last.body.turn_id)

    def _refused_flows(self) -> dict[str, Event]:
        """Return the forms that the caller did not want, or not any more, with the act that says so."""
        begun: dict[str, int] = {}
        refused: dict[str, Event] = {}
        for event in self._call.acts:
            assert isinstance(event.body, ActDecided)
            for flow in _flows_of(event):
                begun[flow] = event.seq
                refused.pop(flow, None)
            if event.body.detail in _REFUSALS:
                done = {
                    each.body.flow: each.seq
                    for each in self._call.flows
                    if isinstance(each.body, FlowFinished) and each.seq < event.seq
                }
                running = [flow for flow, seq in begun.items() if flow not in refused and done.get(flow, -1) < seq]
                if running:
                    refused[max(running, key=lambda flow: begun[flow])] = event
        return refused

    def opening(self, matter: str, *, upset: bool) -> str:
        name, nameless = self._spoken_name(), self._words["opening.hello_nameless"]
        hello = self._words["opening.hello"].format(name=name) if name else nameless
        if self._call.safety is not None:
            return f"{hello} {self._words['opening.safety']}"
        sorry = f" {self._words['opening.sorry']}" if upset else ""
        if matter == self._words["matter_unknown"]:
            return f"{hello}{sorry} {self._words['opening.no_matter']}"
        told = f"{sorry} {self._words['opening.matter'].format(matter=matter)}"
        return f"{hello if _is_clean(f'{hello}{told}') else nameless}{told}"

    def spoken(self, matter: str, *, upset: bool) -> str:
        """Return the brief in `SPOKEN_WORDS` and `SPOKEN_SIGNS` at most; what matters less is left out first."""
        who = f"{self._spoken_name() or self._words['someone']}, {self._words[f'verified.{self.verified()}']}"
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
            longer = f"{line} {sentence}".strip()
            if _is_clean(longer) and len(longer.split()) <= SPOKEN_WORDS and spoken_signs(longer) <= SPOKEN_SIGNS:
                line = longer
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
        return "" if MASK in text or redact_text(text) != text else _first_words(text, QUOTE_WORDS, QUOTE_SIGNS)

    def _own_matter(self, turn_id: str) -> str:
        """Return the matter in the caller's own words."""
        return _first_words(self._quote(turn_id), MATTER_WORDS, MATTER_SIGNS)

    def _spoken_name(self) -> str:
        name = self._name()
        return name if spoken_signs(name) <= NAME_SIGNS else ""

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

_NOT_FLOWS = ("", "resume", "cancelled", "declined")
"""What may follow `flow:` in the detail of an act without naming one."""
_REFUSALS = ("flow:cancelled", "flow:declined")
"""Details of acts by which a form ends that the caller does not want."""


def spoken_signs(text: str) -> int:
    """Return how long a text is when it is said, in signs of plain words."""
    return len(text) + (DIGIT_SIGNS - 1) * sum(sign.isdigit() for sign in text)


def _flows_of(event: Event) -> Iterator[str]:
    """Return the forms that an act names."""
    assert isinstance(event.body, ActDecided)
    for part in event.body.detail.split():
        family, _, rest = part.partition(":")
        flow = rest.partition(":")[0]
        if family == "flow" and flow not in _NOT_FLOWS:
            yield flow


def _is_clean(text: str) -> bool:
    """Tell whether a text that was put together holds nothing that redaction forbids: digits may meet in it."""
    whole = " ".join(text.split())
    return MASK not in whole and redact_text(whole) == whole


def _shown(text: str) -> str:
    """Return a name or number as it was presented; nothing when it names nobody, or holds what is masked."""
    whole = " ".join(text.split())
    hidden = whole.lower() in _WITHHELD or MASK in whole or redact_text(whole) != whole
    return "" if hidden else whole


def _is_secret(body: SlotFilled) -> bool:
    """Tell whether a value must not be shown: masked, erased, or of a slot that holds secrets."""
    hidden = "*" in body.value or body.value in _UNREADABLE or redact_text(body.value) != body.value
    return hidden or any(word in body.slot.lower() for word in _SECRET_SLOTS)


def voice_text(body: EventBody, language: Language) -> str:
    """Return what an estimate of the voice says, with its doubt and reasons."""
    assert isinstance(body, EmotionEstimated)
    words, estimate = WORDS[language], body.estimate
    reasons = [words[f"voice.{code}"] for code in estimate.reasons if f"voice.{code}" in words]
    return words["fact.voice"].format(
        percent=round(estimate.anger_prob * 100),
        doubt=round(estimate.uncertainty * 100),
        reasons=f": {', '.join(reasons)}" if reasons else "",
    )


def _anger_of(event: Event | None) -> float:
    return event.body.estimate.anger_prob if event is not None and isinstance(event.body, EmotionEstimated) else 0.0


def _clear(estimate: WordsEstimate) -> bool:
    """Tell whether the words speak clearly enough of their likeliest feeling, now or over the call."""
    return (
        max(_score(estimate.scores, estimate.feeling), _score(estimate.call_scores, estimate.feeling)) >= FEELING_SCORE
    )


def _score(scores: FeelingScores, feeling: Feeling) -> float:
    return float(getattr(scores, _TOLD_FEELINGS[feeling]))


def _first_words(text: str, most: int, most_signs: int) -> str:
    """Return the first whole words of a text, so many and so long at most."""
    words = text.split()[:most]
    while words and len(" ".join(words)) > most_signs:
        words.pop()
    return " ".join(words)


def _sounds_upset(points: Sequence[EmotionPoint]) -> bool:
    sure = [point for point in points if not point.abstained]
    return any(point.anger_prob >= UPSET_PROB for point in sure[-UPSET_ESTIMATES:])
