"""What goes into the dialog policy and what comes out: its inputs (facts) and its acts (wishes), all frozen.

`service` turns what happened on the line into inputs, hands each to `DialogPolicy.step`, and carries out the acts in
the order given. Nothing here knows audio, SIP or a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from calls.events import ConsentSubject
from calls.ids import Language, TurnId
from calls.ports import Passage
from calls.speech import EmotionEstimate, MeaningEstimate, SafetyKind, Turn, WordsEstimate

Expects = Literal["open", "yes_no", "digits", "code", "email", "address", "name", "date"]
"""What kind of words comes next; hearing waits longer inside numbers, codes, names and addresses. `code`: letters and
digits, spelled; `date`: a day or a time of day."""

SayKind = Literal["notice", "prompt", "answer", "filler", "safety", "goodbye"]
"""`notice`: greeting and what the caller must know; `prompt`: questions and repair; `answer`: what was asked for;
`filler`: short words while something is being looked up; `safety`: emergency advice; `goodbye`: the last words."""

EscalationReason = Literal[
    "caller_asked", "emotion", "repeated_failure", "topic", "safety", "engine_failure", "dial_plan"
]

LanguageHow = Literal["dial_plan", "detected", "asked", "key", "preference"]

ConsentHow = Literal["words", "key", "stayed", "unanswered", "anew"]

EndCallReason = Literal["bot_hung_up", "no_input"]
"""A subset of `calls.events.EndReason`."""

PauseReason = Literal["secret_digits", "caller_request"]
"""A subset of the reasons of `calls.events.RecordingPaused`."""

Outside = Literal["callback", "voicemail", "message"]
"""To be called back; to speak a message; to write one, where every text is one already."""

TroubleKind = Literal["knowledge", "hearing", "voice"]
"""Which part failed: finding articles, recognising speech, or making the bot's voice."""


# ---------------------------------------------------------------------------------------------------- inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBegan:
    """The call was answered; the first input, exactly once."""

    now_local: datetime
    """Wall-clock time where the line is; its date is what "tomorrow" is counted from."""
    caller: str
    """Caller id as presented (E.164 where it parses), empty when withheld. It can be forged."""
    open: bool
    """Whether people work at this hour."""
    agents_signed_in: int
    """Humans who could take a call now."""
    opens_at: datetime | None = None
    """When people work next, on the clock of `now_local`; None: it is not known."""
    outside: Outside = "callback"
    """What is offered to who wants a human while nobody works."""
    greeting: str = ""
    """First words of the dial plan for this number, empty for the standard greeting."""
    flow: str = ""
    """A flow that the dial plan starts with, empty for an open question."""
    queue: str = ""
    """Name of a queue of humans that the dial plan brings the caller to, empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerNeeds:
    """What is known that the caller needs; before `CallBegan` or at any time after it."""

    slower: bool = False
    more_time: bool = False
    keypad: bool = False
    """They would rather press keys than speak."""
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryKnown:
    """The caller proved who they are, and contacted us lately: they need not tell it again."""

    matter: str
    """Title of what it was about, as an article has it; in the language of the call."""
    when: Literal["today", "yesterday", "lately"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerTurn:
    """The caller finished a turn."""

    turn: Turn
    emotion: EmotionEstimate | None = None
    """How the turn sounded, if that was known in time; else `EmotionFound` follows."""
    meaning: MeaningEstimate | None = None
    """What the words mean beside their matter, if that was known in time; else `MeaningFound` follows."""
    words: WordsEstimate | None = None
    """What they say of how the caller feels, if that was known in time and may be estimated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeaningFound:
    """What a turn means beside its matter, when it came too late for `CallerTurn`."""

    turn_id: TurnId
    meaning: MeaningEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionFound:
    """How a turn sounded, when it came too late for `CallerTurn`."""

    turn_id: TurnId
    emotion: EmotionEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerSpeaking:
    """The caller's voice was heard (or stopped): suspends the silence deadlines while it lasts."""

    speaking: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPressed:
    """Keys of the phone, as they come; the policy gathers them itself and waits for `#` or a pause."""

    digits: str
    """The new keys since the last input of this kind, of `0123456789*#`."""
    complete: bool = False
    """True when it is known that no more keys follow; a `#` in `digits` says the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagesFound:
    """The answer to a `LookUp`."""

    query_id: str
    passages: tuple[Passage, ...]
    """Best first, at most one an article; empty when nothing is near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SayDone:
    """A `Say` was played to its end, or was cut off."""

    say_id: str
    heard_text: str
    """The words that were played."""
    interrupted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsSignedIn:
    """How many humans could take a call, whenever that changes."""

    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerHeld:
    """The caller's side put us on hold, or took us back: while held nothing is heard of what is said."""

    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerReplaced:
    """Somebody else is on the line now, who has not been told yet what answers and what is kept."""

    caller: str
    """As in `CallBegan`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A human has taken the caller; the policy is silent until `HandoverFailed`, `LookingAgain` or `GivenBack`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverFailed:
    """The human that was looked for could not be reached; the caller is back with the bot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookingAgain:
    """The human who had the caller gave them to somebody else, or was lost: another one is being looked for."""

    why: Literal["transferred", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """The human gave the caller back to the bot."""

    instruction: str = ""
    """What to do: `flow:NAME` begins a flow, `ask:TEXT` answers TEXT as if the caller had asked it, `say:TEXT` says it;
    empty asks how to help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """Where the caller stands in the queue of humans, whenever that changes."""

    position: int
    """1 is next."""
    expected_wait_s: int | None
    """None while nobody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitIsLong:
    """No human of the queue will come soon."""

    why: Literal["no_agents", "closed", "long_wait"]
    takes_messages: bool = False
    """Whether the caller may leave a message instead."""
    opens_at: datetime | None = None
    """When people work next, after the queue closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursAre:
    """What the clock says in a talk that may last for days, in writing."""

    now_local: datetime
    open: bool
    opens_at: datetime | None
    outside: Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardNothing:
    """Somebody seemed to speak but no words were recognised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A part of the service failed for this call."""

    kind: TroubleKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineReached:
    """The moment named by `DialogPolicy.next_deadline_ms` has come. Too early is harmless."""


DialogInput = (
    CallBegan
    | CallerNeeds
    | HistoryKnown
    | CallerTurn
    | MeaningFound
    | EmotionFound
    | CallerSpeaking
    | KeysPressed
    | PassagesFound
    | SayDone
    | AgentsSignedIn
    | CallerHeld
    | CallerReplaced
    | HandedOver
    | HandoverFailed
    | LookingAgain
    | GivenBack
    | QueuePlace
    | WaitIsLong
    | HoursAre
    | HeardNothing
    | Trouble
    | DeadlineReached
)


# ------------------------------------------------------------------------------------------------------ acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speak; several in one step are played one after the other. Answered by `SayDone`."""

    say_id: str
    text: str
    language: Language
    kind: SayKind
    topic: str | None = None
    """Topic of an answer, e.g. `bill-explained`."""
    article_id: str | None = None
    """Article that the words come from."""
    expects: Expects = "open"
    length: int | None = None
    """Digits, or signs of a code, that the answer has, when that is known."""
    speed: float = 1.0
    """Speaking rate, 1 = the voice's own; the caller may ask for slower."""
    interruptible: bool = True
    """False for words that must be heard whole (notice of recording, emergency advice)."""
    detail: str = ""
    """Stable code of why it is said, e.g. `greeting`, `repair:2`, `slot:account_number`, `topic:bill-explained`."""
    personal: bool = False
    """Whether the words hold what belongs to this caller (a number read back, a reference): its sound is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Find passages for a question; answered by `PassagesFound` with the same id."""

    query_id: str
    query: str
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTopic:
    """What the caller asked about; `topic` None when no article covers it."""

    topic: str | None
    score: float
    article_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillSlot:
    """A value the caller gave, in its normal form."""

    slot: str
    value: str
    confirmed: bool
    secret: bool = False
    """True when the log may only hold a mask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishFlow:
    """A flow has all it needs."""

    flow: str
    reference: str
    """The reference number that the caller is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseSafety:
    """Danger or fraud was heard; every flow was skipped."""

    kind: SafetyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Find a human and prepare the brief. Emitted also when nobody is signed in: the reason belongs into the log."""

    reason: EscalationReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopLooking:
    """The caller does not wait for a human any more."""

    why: Literal["withdrawn", "callback", "voicemail"] = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeMessage:
    """The caller is about to speak a message for humans, once what was said before has been played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepMessage:
    """The message is over; one without words is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConsent:
    """Switch keeping of `subject` on or off, from this moment."""

    subject: ConsentSubject
    given: bool
    how: ConsentHow
    """Off by `stayed`: staying does not count yet, because the caller needs the notice in another language. Off by
    `anew`: somebody else is on the line, who was not asked yet; what was kept before stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveNotice:
    """What the notice told the caller, once the whole of it was heard."""

    automatic: bool
    recording: bool
    emotion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """The language of the call from here on, for hearing and speaking."""

    language: Language
    how: LanguageHow


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCallback:
    """The caller is being offered to be called back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookCallback:
    """The caller wants to be called back."""

    number: str
    """E.164."""
    matter: str
    """What it is about, in the caller's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineCallback:
    """The caller does not want to be called back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRecording:
    """Keep silence instead of sound from now on."""

    reason: PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRecording:
    """Keep sound again (only if recording is consented to)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCall:
    """Hang up once everything said before has been played."""

    reason: EndCallReason


DialogAct = (
    Say
    | LookUp
    | FoundTopic
    | FillSlot
    | FinishFlow
    | RaiseSafety
    | Escalate
    | StopLooking
    | TakeMessage
    | KeepMessage
    | SetConsent
    | GiveNotice
    | SetLanguage
    | OfferCallback
    | BookCallback
    | DeclineCallback
    | PauseRecording
    | ResumeRecording
    | EndCall
)
