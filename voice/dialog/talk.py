"""What a call's conversation is at this moment, and the mouth that turns sentences into acts and keeps deadlines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from calls.events import ConsentSubject
from calls.ids import Language
from calls.ports import Passage
from calls.speech import CallWish, SafetyKind, Turn
from voice.dialog.acts import DialogAct, Expects, Outside, Say, SayKind
from voice.dialog.flow import FlowRun
from voice.dialog.prompts import phrase
from voice.dialog.settings import DialogSettings

Phase = Literal["before", "talking", "waiting_for_human", "leaving_message", "with_human", "ended"]
"""before --CallBegan--> talking --Escalate--> waiting_for_human --HandedOver--> with_human; any --EndCall--> ended."""

Pending = Literal[
    "open", "consent", "flow", "offer_human", "offer_callback", "which", "anything_else", "look_up", "doubt"
]
"""What the next words of the caller are an answer to."""

DeadlineName = Literal[
    "silence", "say_guard", "speaking", "look_up", "look_up_filler", "keys", "waiting_word", "message"
]

SPEAKING_GUARD_MS = 60_000
"""A caller's turn longer than this is taken for noise on the line. Source: our choice."""

MS_PER_CHARACTER = 110
"""Slowest expected speaking rate, for the guard only. Source: 9 characters a second; our voices speak about 14."""

SAY_GUARD_MS = 6_000
"""Added to the expected length of speech before the bot stops waiting for `SayDone`. Source: our choice."""

SLOWER_STEP = 0.15
SLOWEST = 0.7
"""Each "slower" takes a step off the speaking rate, down to this. Source: below 0.7 our voices sound drawn out."""

_NOT_REPEATED = frozenset({"filler", "wait", "patience", "slower"})
"""Details of sentences that "repeat" passes over."""


def reads_back(detail: str) -> bool:
    """Return whether what is said for this reason holds values of the caller: `confirm:phone`, `flow:callback:done`."""
    family, _, rest = detail.partition(":")
    return family == "confirm" or (family == "flow" and rest.endswith((":confirm", ":done")))


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question back on what a turn meant."""

    kind: SafetyKind | CallWish
    text: str
    """The turn, to be treated as it stands after a no; empty when that was done already."""
    pending: Pending
    """What the turn was an answer to."""


@dataclass(slots=True)
class Talk:
    """All state of one conversation, and its acts of the current step."""

    settings: DialogSettings
    language: Language
    new_reference: Callable[[str], str]
    now_ms: int = 0
    acts: list[DialogAct] = field(default_factory=list)
    phase: Phase = "before"
    pending: Pending = "open"
    now_local: datetime = field(default_factory=lambda: datetime(2000, 1, 1))  # noqa: DTZ001 (replaced by CallBegan)
    caller: str = ""
    open: bool = True
    opens_at: datetime | None = None
    """When people work next, while they do not; None: it is not known."""
    outside: Outside = "callback"
    """What is offered while nobody works."""
    agents: int = 0
    speed: float = 1.0
    patient: bool = False
    """The caller asked for more time; cleared by the next words or keys."""
    takes_time: bool = False
    """The caller is known to need more time."""
    to_mention: tuple[str, str] | None = None
    """What the caller contacted us about lately, and when, until it was said."""
    misses: int = 0
    """Turns in a row that were not understood or could not be helped."""
    silences: int = 0
    noises: int = 0
    """Times in a row that a voice was heard without words."""
    consent: dict[ConsentSubject, Literal["unasked", "given", "refused", "never"]] = field(default_factory=dict)
    notice: dict[str, str] = field(default_factory=dict)
    """Sentences of the honest notice that were not yet heard to their end: id of the saying → name of the sentence."""
    notice_tries: int = 0
    """Sentences of the notice that had to be said again."""
    noticed: tuple[Language, ...] = ()
    """Languages in which the whole notice was heard."""
    noticed_in: Language | None = None
    """Language in which the notice was last begun."""
    question_heard: bool = False
    """The question for consent was heard to its end, in the language of the call."""
    stayed: tuple[ConsentSubject, ...] = ()
    """What the caller agreed to by staying on the line."""
    flow: FlowRun | None = None
    set_aside: FlowRun | None = None
    """A flow that the caller left for a person; it goes on when no person comes."""
    resumed: bool = False
    """The caller was just asked whether to go on with the flow that was set aside."""
    flow_secret_open: bool = False
    first_flow: str = ""
    """Flow that the dial plan starts with, once greeting and consent are done."""
    first_question: str = ""
    """What is to be looked up next, because the flow of the dial plan explains before it asks."""
    first_queue: str = ""
    """Queue of humans that the dial plan brings the caller to, until the notice was heard."""
    choices: tuple[Passage, ...] = ()
    """Passages the caller is asked to choose between while `pending` is `which`."""
    matter: str = ""
    """What the call is about, in the caller's words: the last question or trouble."""
    place: tuple[int, int | None] | None = None
    """Position in the queue of humans and expected wait in seconds; None where there is no queue."""
    messages_taken: bool = False
    """The caller was told that they may leave a message."""
    message_words: int = 0
    offer: str = ""
    """Id of the last offer to call back."""
    offer_unheard: bool = False
    """No word of that offer was heard: "please" or "yes" is no answer to it, but the end of what was said before."""
    outstanding: list[str] = field(default_factory=list)
    """Ids of sentences that are not yet known to have been played."""
    last_said: list[Say] = field(default_factory=list)
    """The last group of sentences, for "repeat"."""
    advice: str = ""
    """Name of the emergency advice that was given last, until the talk goes on to something else."""
    turn: Turn | None = None
    """The caller's last turn."""
    doubt: Doubt | None = None
    """What is asked back while `pending` is `doubt`."""
    denied: tuple[SafetyKind | CallWish, ...] = ()
    """What was asked back and answered with no."""
    deadlines: dict[DeadlineName, int] = field(default_factory=dict)
    keys: str = ""
    """Keys of an entry that is not finished."""
    first_turn: bool = True
    answers_given: int = 0
    _next_id: int = 0
    _says_this_step: list[Say] = field(default_factory=list)

    def new_id(self, prefix: str) -> str:
        """Return the next id; the same inputs give the same ids."""
        self._next_id += 1
        return f"{prefix}{self._next_id}"

    def do(self, act: DialogAct) -> None:
        """Add an act to this step."""
        self.acts.append(act)

    def begin_step(self, now_ms: int) -> None:
        """Forget the acts of the last step; time never runs backwards."""
        self.now_ms = max(self.now_ms, now_ms)
        self.acts = []
        self._says_this_step = []

    def say(
        self,
        key: str,
        *,
        kind: SayKind = "prompt",
        expects: Expects = "open",
        length: int | None = None,
        interruptible: bool = True,
        language: Language | None = None,
        detail: str = "",
        **values: str,
    ) -> str:
        """Say the fixed sentence `key`; return the id of the saying."""
        chosen = language or self.language
        text = phrase(self.settings, chosen, key, **values)
        return self.say_text(
            text,
            kind=kind,
            expects=expects,
            length=length,
            interruptible=interruptible,
            language=chosen,
            detail=detail or key,
        )

    def say_text(
        self,
        text: str,
        *,
        kind: SayKind = "prompt",
        expects: Expects = "open",
        length: int | None = None,
        interruptible: bool = True,
        language: Language | None = None,
        detail: str = "",
        topic: str | None = None,
        article_id: str | None = None,
    ) -> str:
        """Say any words; return the id of the saying."""
        say = Say(
            say_id=self.new_id("say-"),
            text=text,
            language=language or self.language,
            kind=kind,
            topic=topic,
            article_id=article_id,
            expects=expects,
            length=length,
            speed=self.speed,
            interruptible=interruptible,
            detail=detail,
            personal=reads_back(detail),
        )
        self.acts.append(say)
        self._says_this_step.append(say)
        self.outstanding.append(say.say_id)
        if detail == "offer_callback":
            self.offer, self.offer_unheard = say.say_id, False
        return say.say_id

    def repeat_last(self) -> bool:
        """Say the last group again at the present speed; False when nothing of it holds any more."""
        looking = self.phase == "waiting_for_human"
        group = [say for say in self.last_said if looking or not say.detail.startswith("escalate:")]
        for say in group:
            self._repeat(say)
        return bool(group)

    def _repeat(self, say: Say) -> None:
        self.say_text(
            say.text,
            kind=say.kind,
            expects=say.expects,
            length=say.length,
            interruptible=say.interruptible,
            language=say.language,
            detail=say.detail,
            topic=say.topic,
            article_id=say.article_id,
        )

    def say_again(self, say_id: str) -> bool:
        """Say one sentence of the last group once more; False when it is none of them."""
        found = next((say for say in self.last_said if say.say_id == say_id), None)
        if found is not None:
            self._repeat(found)
        return found is not None

    def slower(self) -> None:
        """Take a step off the speaking rate."""
        self.speed = max(SLOWEST, round(self.speed - SLOWER_STEP, 2))

    def said_done(self, say_id: str, *, unheard: bool = False) -> None:
        """Take note that a sentence was played or cut off; one that is not awaited changes nothing."""
        if say_id == self.offer:
            self.offer_unheard = unheard
        if say_id in self.outstanding:
            self.outstanding.remove(say_id)

    def at(self, name: DeadlineName, in_ms: int) -> None:
        """Set or move a deadline."""
        self.deadlines[name] = self.now_ms + in_ms

    def clear(self, *names: DeadlineName) -> None:
        """Drop deadlines."""
        for name in names:
            self.deadlines.pop(name, None)

    def due(self) -> list[DeadlineName]:
        """Return the deadlines that have come, earliest first, and drop them."""
        names = sorted((n for n, at in self.deadlines.items() if at <= self.now_ms), key=lambda n: self.deadlines[n])
        self.clear(*names)
        return names

    @property
    def expects(self) -> Expects:
        """What kind of words the question in hand wants."""
        if self.pending == "flow" and self.flow is not None:
            return self.flow.expects
        return "yes_no" if self.pending in ("consent", "offer_human", "offer_callback", "doubt") else "open"

    @property
    def length(self) -> int | None:
        """How many digits the question in hand wants, when that is known."""
        return self.flow.length if self.pending == "flow" and self.flow is not None else None

    @property
    def silence_ms(self) -> int:
        """How long the caller may be silent now."""
        if self.patient:
            return self.settings.patience_ms
        if self.pending == "flow" and self.flow is not None and self.flow.wants_value:
            return self.settings.slot_no_input_ms
        return self.settings.no_input_ms

    def settle(self) -> None:
        """End a step: remember what was said, and see to it that a deadline is set while the line is ours."""
        said = [s for s in self._says_this_step if s.detail not in _NOT_REPEATED]
        if said:
            self.last_said = said
        if self.phase in ("with_human", "ended", "before"):
            self.deadlines.clear()
            return
        if self.outstanding:
            if self._says_this_step or "say_guard" not in self.deadlines:
                length_ms = sum(int(len(s.text) * MS_PER_CHARACTER / s.speed) for s in self._says_this_step)
                left_ms = max(0, self.deadlines.get("say_guard", self.now_ms) - self.now_ms - SAY_GUARD_MS)
                self.at("say_guard", left_ms + length_ms + SAY_GUARD_MS)
            self.clear("silence")
        else:
            self.clear("say_guard")
            if self.phase == "leaving_message":
                self.clear("silence")
            elif self.phase == "waiting_for_human":
                self.clear("silence")
                if "waiting_word" not in self.deadlines:
                    self.at("waiting_word", self.settings.waiting_word_ms)
            elif not {"silence", "look_up", "speaking", "keys"} & set(self.deadlines):
                self.at("silence", self.silence_ms)
        if self.phase != "waiting_for_human":
            self.place = None
            self.clear("waiting_word")
