"""Checks a brief against the call's log: every statement from the event that it names, every word from somewhere. Pure.

It shares no code with the making of a brief but the table of words: what may be said of an event is derived here from
that event alone. `check` returns what is wrong, in sentences for developers; nothing for a faithful brief.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from calls.events import (
    ActDecided,
    BriefFact,
    BriefPrepared,
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
    SafetyRaised,
    SlotFilled,
    TopicFound,
    TurnEnded,
    TurnReopened,
)
from calls.handover_events import AgentReleased
from calls.ids import Language, TurnId
from desk.brief import EMOTION_MOST, MATTER_WORDS, QUOTE_WORDS, SPOKEN_SIGNS, SPOKEN_WORDS, spoken_signs
from desk.brief_words import WORDS, name_of
from records.redaction import MASK, redact_text

_SECRET = ("pin", "password", "cvv", "card", "secret", "clave")


def check(
    events: Sequence[Event], brief: BriefPrepared, language: Language, titles: Mapping[str, str] | None = None
) -> list[str]:
    """Return everything in a brief that its call's log does not bear out.

    Args:
        events: the call's stream, as the brief was made of it.
        brief: what is checked.
        language: language of the brief.
        titles: titles of topics in that language, as the brief was made with.
    """
    return list(_Check(events, brief, language, titles or {}).problems())


class _Check:
    def __init__(
        self, events: Sequence[Event], brief: BriefPrepared, language: Language, titles: Mapping[str, str]
    ) -> None:
        void = {event.body.turn_id for event in events if isinstance(event.body, TurnReopened)}
        self._events = [event for event in events if getattr(event.body, "turn_id", None) not in void]
        self._by_seq = {event.seq: event for event in self._events}
        self._bodies: list[EventBody] = [event.body for event in self._events]
        self._turns = {body.turn_id: body for body in self._bodies if isinstance(body, TurnEnded)}
        self._brief, self._language, self._titles = brief, language, titles
        self._words = WORDS[language]

    def problems(self) -> Iterator[str]:
        brief = self._brief
        for statement in (*brief.facts, *brief.tried, *brief.open_questions):
            yield from self._statement(statement)
        yield from self._secrets()
        if brief.caller not in self._callers():
            yield f"the caller is named {brief.caller!r}, as nobody said"
        if brief.matter not in self._matters():
            yield f"the matter {brief.matter!r} is in no event"
        if brief.reason not in ("", *(b.reason for b in self._bodies if isinstance(b, EscalationRequested))):
            yield f"nobody escalated for {brief.reason!r}"
        if list(brief.emotion) != list(self._emotion())[-EMOTION_MOST:]:
            yield "the emotion curve is not the one of the log"
        if len(brief.spoken_line.split()) > SPOKEN_WORDS:
            yield f"the spoken line has {len(brief.spoken_line.split())} words, more than {SPOKEN_WORDS}"
        if spoken_signs(brief.spoken_line) > SPOKEN_SIGNS:
            yield f"the spoken line takes {spoken_signs(brief.spoken_line)} signs, more than {SPOKEN_SIGNS}"
        if not self._is_made_of(brief.spoken_line, self._spoken_parts()):
            yield f"the spoken line says more than the brief: {brief.spoken_line!r}"
        if brief.suggested_opening not in self._openings():
            yield f"the first sentence is none of ours: {brief.suggested_opening!r}"
        if brief.verified == "account_given" and not self._has_account():
            yield "no account was confirmed"
        if brief.verified in _OUTSIDE and not any(fact.stream_kind == "customer" for fact in brief.related):
            yield f"that the customer is known ({brief.verified}) comes from no fact"

    # Statements

    def _statement(self, fact: BriefFact) -> Iterator[str]:
        event = self._by_seq.get(fact.event_seq)
        if event is None:
            yield f"statement {fact.text!r} names event {fact.event_seq}, which is not there or was taken back"
            return
        if fact.text not in set(self._sayable(event.body)):
            yield f"event {event.seq} ({event.body.type}) does not say {fact.text!r}"
        turns = [self._turns[turn_id] for turn_id in self._turns_behind(event.body) if turn_id in self._turns]
        if fact.quote and not any(_is_quote(fact.quote, turn) for turn in turns):
            yield f"{fact.quote!r} is not what was said where event {event.seq} was decided"
        if fact.t_ms not in (event.t_ms or 0, *(turn.start_ms for turn in turns)):
            yield f"the time of {fact.text!r} is neither its event's nor its words'"

    def _sayable(self, body: EventBody) -> Iterator[str]:
        """Return every sentence that may be said of an event."""
        words = self._words
        match body:
            case SafetyRaised():
                yield name_of("safety", body.kind, self._language)
            case TopicFound(topic=None):
                yield words["open.no_article"]
            case TopicFound():
                yield words["fact.topic"].format(topic=self._topic(body.topic or ""))
            case SlotFilled() if not _is_secret(body):
                slot = name_of("slot", body.slot, self._language)
                key = "fact.slot" if body.confirmed else "fact.unconfirmed"
                yield words[key].format(slot=slot, value=body.value)
            case LanguageChosen():
                yield words["fact.language"].format(language=words[f"language.{body.language}"])
            case ConsentRefused():
                yield words[f"fact.no_{body.subject}"]
            case EmotionEstimated() if not body.estimate.abstained:
                heard = [words[f"voice.{code}"] for code in body.estimate.reasons if f"voice.{code}" in words]
                yield words["fact.voice"].format(
                    percent=round(body.estimate.anger_prob * 100),
                    doubt=round(body.estimate.uncertainty * 100),
                    reasons=f": {', '.join(heard)}" if heard else "",
                )
            case FeelingRead():
                reasons = [words[f"cue.{code}"] for code in body.estimate.reasons if f"cue.{code}" in words]
                yield words["fact.feeling"].format(
                    feeling=words.get(f"feeling.{body.estimate.feeling}", ""),
                    reasons=f": {', '.join(reasons)}" if reasons else "",
                )
            case FlowFinished():
                flow = name_of("flow", body.flow, self._language)
                yield words["tried.flow"].format(flow=flow, reference=body.reference)
            case CallbackOffered() | CallbackBooked() | CallbackDeclined():
                yield words[f"tried.{body.type}"]
            case AgentReleased():
                yield words["tried.agent"].format(agent=body.agent)
            case TurnEnded():
                yield words["open.last_words"]
            case ActDecided():
                yield from self._act(body)
            case _:
                return

    def _act(self, body: ActDecided) -> Iterator[str]:
        for part in (body.detail, *body.detail.split()):
            family, _, rest = part.partition(":")
            if body.act == "answer" and family == "topic":
                yield self._words["tried.answered"].format(topic=self._topic(rest))
            if family == "flow":
                flow = name_of("flow", rest.partition(":")[0], self._language)
                yield self._words["open.flow"].format(flow=flow)
        if body.act == "repair":
            n = sum(isinstance(b, ActDecided) and b.act == "repair" for b in self._up_to(body))
            yield self._words["tried.repair" if n == 1 else "tried.repairs"].format(n=n)
        if body.detail in ("flow:cancelled", "flow:declined"):
            for other in self._up_to(body):
                for part in other.detail.split() if isinstance(other, ActDecided) else ():
                    flow = name_of("flow", part.split(":")[1] if ":" in part else "", self._language)
                    yield self._words["tried.refused"].format(flow=flow)

    def _up_to(self, body: EventBody) -> Iterator[EventBody]:
        """Return what happened up to a fact."""
        for other in self._bodies:
            yield other
            if other is body:
                return

    def _turns_behind(self, body: EventBody) -> Iterator[TurnId]:
        """Return the turns whose words may stand beside a statement: the event's, and where a value was said first."""
        turn_id = getattr(body, "turn_id", None)
        if turn_id is not None:
            yield turn_id
        if isinstance(body, SlotFilled):
            for other in self._bodies:
                if isinstance(other, SlotFilled) and (other.slot, other.value) == (body.slot, body.value):
                    yield other.turn_id or TurnId("")

    # The lines

    def _names(self) -> list[str]:
        said = [b.value for b in self._bodies if isinstance(b, SlotFilled) and b.slot == "name" and b.confirmed]
        shown = (b.caller_name for b in self._bodies if isinstance(b, CallOffered | CallerReplaced))
        return [*said, *(" ".join(name.split()) for name in shown)]

    def _callers(self) -> set[str]:
        numbers = [" ".join(b.caller.split()) for b in self._bodies if isinstance(b, CallOffered | CallerReplaced)]
        names = self._names()
        both = {f"{name}, {number}" for name in names for number in numbers}
        return {*numbers, *names, *both, self._words["withheld"]}

    def _matters(self) -> set[str]:
        found = {self._words["matter_unknown"]}
        for body in self._bodies:
            match body:
                case SafetyRaised():
                    found.add(name_of("safety", body.kind, self._language))
                case TopicFound():
                    found.add(self._topic(body.topic or ""))
                    turn = self._turns.get(body.turn_id)
                    said = turn.text.split()[:MATTER_WORDS] if turn is not None else []
                    found |= {" ".join(said[: n + 1]) for n in range(len(said))}
                case FlowFinished():
                    found.add(name_of("flow", body.flow, self._language))
                case _:
                    pass
        return found

    def _spoken_parts(self) -> list[list[str]]:
        """Return what may stand at each place of the spoken line, in order; a place may be empty."""
        brief, words = self._brief, self._words
        verified = words[f"verified.{brief.verified}"]
        flows = [name_of("flow", b.flow, self._language) for b in self._bodies if isinstance(b, FlowFinished)]
        told = words["tried.flow"].partition(",")[0]
        return [
            [f"{name}, {verified}" for name in (*self._names(), words["someone"])],
            [brief.matter],
            [name_of("reason", brief.reason, self._language)] if brief.reason else [],
            [words["mood.upset"]] if brief.emotion else [],
            [told.format(flow=flow) for flow in flows],
        ]

    def _is_made_of(self, line: str, parts: Sequence[Sequence[str]]) -> bool:
        rests = {line}
        for choices in parts:
            made = [f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in choices]
            sentences = {*made, *(sentence.strip() for sentence in made)}
            for rest in tuple(rests):
                rests |= {rest[len(s) :].removeprefix(" ") for s in sentences if rest.startswith(s)}
        return "" in rests

    def _openings(self) -> set[str]:
        words, made = self._words, set[str]()
        hellos = [words["opening.hello"].format(name=name) for name in self._names() if name]
        matter = words["opening.matter"].format(matter=self._brief.matter)
        for hello in (*hellos, words["opening.hello_nameless"]):
            made.add(f"{hello} {words['opening.safety']}")
            for sorry in ("", f" {words['opening.sorry']}"):
                made |= {f"{hello}{sorry} {matter}", f"{hello}{sorry} {words['opening.no_matter']}"}
        return made

    def _emotion(self) -> Iterator[EmotionPoint]:
        for body in self._bodies:
            if isinstance(body, EmotionEstimated):
                estimate = body.estimate
                yield EmotionPoint(
                    t_ms=body.end_ms,
                    anger_prob=estimate.anger_prob,
                    arousal_score=estimate.arousal_score,
                    uncertainty=estimate.uncertainty,
                    abstained=estimate.abstained,
                )

    def _has_account(self) -> bool:
        return any(isinstance(b, SlotFilled) and b.slot == "account_number" and b.confirmed for b in self._bodies)

    def _topic(self, topic: str) -> str:
        return self._titles.get(topic, topic.replace("-", " "))

    # Secrets

    def _secrets(self) -> Iterator[str]:
        brief = self._brief
        texts = [brief.caller, brief.matter, brief.suggested_opening, brief.spoken_line]
        for fact in (*brief.facts, *brief.tried, *brief.open_questions):
            texts += [fact.text, fact.quote]
        for line in brief.related:
            texts += [line.text, line.quote]
        for text in texts:
            whole = " ".join(text.split())
            if MASK in text or redact_text(whole) != whole:
                yield "a text holds what redaction forbids"
        for body in self._bodies:
            if isinstance(body, SlotFilled) and any(word in body.slot.lower() for word in _SECRET) and body.value:
                slot = name_of("slot", body.slot, self._language)
                shown = (self._words[key].format(slot=slot, value=body.value) for key in _VALUE_KEYS)
                if any(text in texts for text in shown):
                    yield f"the value of {body.slot} is shown"


_OUTSIDE = ("knowledge", "one_time_code", "staff")
"""Ways to prove who somebody is that are facts of the customer, not of the call."""
_VALUE_KEYS = ("fact.slot", "fact.unconfirmed")


def _is_quote(quote: str, turn: TurnEnded) -> bool:
    said = turn.text.split()
    return turn.speaker == "caller" and quote.split() == said[: min(len(quote.split()), QUOTE_WORDS)]


def _is_secret(body: SlotFilled) -> bool:
    return any(word in body.slot.lower() for word in _SECRET)
