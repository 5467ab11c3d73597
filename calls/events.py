"""Facts, in the past tense: the closed union of bodies that the append-only streams hold.

Every body is frozen and carries a literal `type`. Guesses (partial words, voice activity, 250 ms emotion) are signals
and have no body here. `calls.codec` turns bodies into JSON and back; `web/src/events.gen.ts` is made from
this file. A field that is personal is named in `PERSONAL_FIELDS`, so that storage can encrypt it. Facts about
customers, conversations, the desk and handovers to people who are signed in are in files of their own:
`calls/customer_events.py`, `calls/conversation_events.py`, `calls/desk_events.py`, `calls/handover_events.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from calls.conversation_events import CONVERSATION_PERSONAL, ConversationBody
from calls.customer_events import CUSTOMER_PERSONAL, CustomerBody
from calls.desk_events import DESK_PERSONAL, DeskBody
from calls.handover_events import HANDOVER_PERSONAL, HandoverBody, HandoverHow
from calls.ids import CallId, Language, LegId, MemberRole, TurnId, UtteranceId
from calls.speech import EmotionEstimate, Word, WordsEstimate
from calls.staff_events import STAFF_PERSONAL, StaffBody

SCHEMA_VERSION = 1

StreamKind = Literal["call", "conversation", "customer", "case", "queue", "agent", "review", "staff"]
"""`review`: what people say of a call afterwards, in a stream with the id of the call, whose own stream has ended."""
ConsentSubject = Literal["recording", "emotion"]
SoundClass = Literal["good", "fair", "poor"]
"""What listeners make of a line: satisfied; some of them dissatisfied; many of them. Source: ITU-T G.109 table 1."""
HeardEmotion = Literal["anger", "frustration", "distress", "happiness", "neutral", "unclear"]
"""What a listener may say of a voice; `unclear` takes a correction back."""
DegradedWhat = Literal["fewer_partials", "no_emotion", "no_recording", "no_knowledge", "other_voice"]
"""`fewer_partials`: live words come seldom or not at all, final ones as always; `no_knowledge`: a question could not be
looked up; `other_voice`: the first choice of voice failed and another one spoke."""
CallResult = Literal["completed", "abandoned", "escalated", "callback", "rejected", "failed"]
EndReason = Literal[
    "caller_hung_up",
    "bot_hung_up",
    "caller_cancelled",
    "media_lost",
    "no_common_codec",
    "overload",
    "shutdown",
    "process_lost",
    "internal_error",
    "maximum_duration",
    "no_input",
    "held_too_long",
    "agent_hung_up",
    "recording_over",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered:
    """A call reached us and rings."""

    type: Literal["call_offered"] = "call_offered"
    transport: Literal["sip", "webrtc", "import"]
    """`import`: the call was held elsewhere, and its recording was brought in."""
    caller: str
    """Caller id as presented: E.164 where it parses, else the user part, empty when withheld. It can be forged."""
    caller_name: str
    called: str
    """The user part that was dialled."""
    peer_call_id: str
    """Call-ID of SIP or the session id of the page; ties the log to the peer's. Of an import the file's SHA-256."""
    visitor: str = ""
    """Visitor of the web chat who calls from it, as the address of their conversation; empty for everybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """The call was answered; t_ms 0 of the media clock."""

    type: Literal["call_answered"] = "call_answered"
    language: Language
    flow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegJoined:
    """A member's leg entered the conference."""

    type: Literal["leg_joined"] = "leg_joined"
    leg_id: LegId
    member: MemberRole
    codec: str
    rate_hz: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegLeft:
    """A member's leg left the conference."""

    type: Literal["leg_left"] = "leg_left"
    leg_id: LegId
    member: MemberRole
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegHeld:
    """A member put us on hold: it hears nothing of us, and what comes from it may be music."""

    type: Literal["leg_held"] = "leg_held"
    leg_id: LegId
    member: MemberRole


@dataclass(frozen=True, slots=True, kw_only=True)
class LegResumed:
    """A member took us back from hold."""

    type: Literal["leg_resumed"] = "leg_resumed"
    leg_id: LegId
    member: MemberRole
    held_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerReplaced:
    """Somebody else took the place of the caller, because their side transferred the call. The talk goes on."""

    type: Literal["caller_replaced"] = "caller_replaced"
    old_leg_id: LegId
    leg_id: LegId
    caller: str
    """As of `call_offered`, of who is on the line now."""
    caller_name: str
    how: Literal["taken_over", "referred"]
    """`taken_over`: their side called us to take over the leg (Replaces); `referred`: it asked us to call (REFER)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegQualityMeasured:
    """What a member's leg sounded like on our side: when it was poor or changed its class, and once for its whole life.

    A good call has one of these, at its end; every period is a signal on the live feed and a metric.
    """

    type: Literal["leg_quality_measured"] = "leg_quality_measured"
    leg_id: LegId
    member: MemberRole
    scope: Literal["period", "whole"]
    """The last seconds, or everything since the leg joined."""
    duration_ms: int
    """How much of the time the leg listened; on hold it does not."""
    quality: SoundClass
    """The class of `mos`."""
    loss_share: float
    """Share of the packets that never came, 0 to 1."""
    concealed_share: float
    """Share of the sound that was made up, because packets were lost or late, 0 to 1."""
    jitter_ms: float
    """Interarrival jitter (RFC 3550); of a whole the mean of its periods."""
    delay_ms: float
    """Mouth to ear, as far as it is known: half the round trip, the jitter buffer, one packet."""
    round_trip_ms: float | None
    """By RTCP; null when the peer sends no reports."""
    remote_loss_share: float | None
    """What the peer lost of ours lately, by its RTCP, 0 to 1."""
    mos: float
    """Estimated opinion of a listener, 1 (bad) to 4.4 (as good as a telephone gets)."""
    worst_mos: float
    """The lowest of its periods."""
    mos_source: Literal["e_model"]
    """`e_model`: computed from concealed sound and delay by ITU-T G.107; no listener was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeGiven:
    """The caller was told what they are talking to and what is kept."""

    type: Literal["notice_given"] = "notice_given"
    automatic: bool
    recording: bool
    emotion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    """The caller agreed, by words, by key or by staying where the config says that staying is enough."""

    type: Literal["consent_given"] = "consent_given"
    subject: ConsentSubject
    how: Literal["words", "key", "stayed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRefused:
    """The caller refused or withdrew consent; nothing of the subject is kept from here on."""

    type: Literal["consent_refused"] = "consent_refused"
    subject: ConsentSubject
    how: Literal["words", "key", "unanswered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted:
    """Audio is being kept from this moment on."""

    type: Literal["recording_started"] = "recording_started"
    file: str
    """File name inside the recordings folder."""
    rate_hz: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPaused:
    """Audio is silence from here; the recording keeps counting time."""

    type: Literal["recording_paused"] = "recording_paused"
    reason: Literal["secret_digits", "caller_request", "agent_request", "disk_full", "caller_replaced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResumed:
    """Audio is being kept again."""

    type: Literal["recording_resumed"] = "recording_resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSilenced:
    """A stretch that was already kept was overwritten by silence, because it held a secret."""

    type: Literal["recording_silenced"] = "recording_silenced"
    start_ms: int
    end_ms: int
    reason: Literal["card_number", "secret_digits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStopped:
    """The recording ended."""

    type: Literal["recording_stopped"] = "recording_stopped"
    reason: Literal["call_ended", "consent_refused", "disk_full", "error"]
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceHeard:
    """Final words of one utterance, secrets already masked."""

    type: Literal["utterance_heard"] = "utterance_heard"
    utterance_id: UtteranceId
    member: MemberRole
    language: Language
    language_prob: float
    start_ms: int
    end_ms: int
    words: tuple[Word, ...]
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionEstimated:
    """How the caller sounded in one utterance: an estimate."""

    type: Literal["emotion_estimated"] = "emotion_estimated"
    utterance_id: UtteranceId
    start_ms: int
    end_ms: int
    estimate: EmotionEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionCorrected:
    """Somebody listened, and says how the caller sounded in an utterance. The newest one of an utterance holds."""

    type: Literal["emotion_corrected"] = "emotion_corrected"
    utterance_id: UtteranceId
    start_ms: int
    end_ms: int
    emotion: HeardEmotion
    by: str
    """Who listened; empty where nobody signs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkMeasured:
    """How speech and silence shared the time of an imported recording, by voice activity."""

    type: Literal["talk_measured"] = "talk_measured"
    speakers: int
    """Voices that were told apart."""
    talk_over_share: float
    """Share of the recording in which at least two spoke at once, 0 to 1."""
    silence_share: float
    """Share in which nobody spoke, 0 to 1."""
    longest_silence_start_ms: int
    longest_silence_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded:
    """A speaking turn is over. A bot's turn holds only what was played."""

    type: Literal["turn_ended"] = "turn_ended"
    turn_id: TurnId
    speaker: MemberRole
    text: str
    language: Language
    start_ms: int
    end_ms: int
    utterance_ids: tuple[UtteranceId, ...]
    interrupted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelingRead:
    """What the words of a caller's turn say of how they feel: an estimate, void when the turn is reopened."""

    type: Literal["feeling_read"] = "feeling_read"
    turn_id: TurnId
    start_ms: int
    end_ms: int
    estimate: WordsEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReopened:
    """The caller went on before the answer was heard: the turn was not over, and what was decided on it is void.

    All of its words come again in the next turn of the caller.
    """

    type: Literal["turn_reopened"] = "turn_reopened"
    turn_id: TurnId


@dataclass(frozen=True, slots=True, kw_only=True)
class BargedIn:
    """The caller spoke while the bot did, and the bot yielded."""

    type: Literal["barged_in"] = "barged_in"
    turn_id: TurnId
    """The bot's turn that was interrupted."""
    heard_ms: int
    """How much of it had been played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsPressed:
    """Keys of the phone, in order; secret ones are masked with `*`."""

    type: Literal["digits_pressed"] = "digits_pressed"
    digits: str
    secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretWithdrawn:
    """What was written before turned out to be a part of a card number: these facts hold masks from here on.

    Storage rewrites their personal fields with this fact, so that a replay is what was seen live.
    """

    type: Literal["secret_withdrawn"] = "secret_withdrawn"
    seqs: tuple[int, ...]
    """Numbers of the facts, in this stream."""
    turn_ids: tuple[TurnId, ...]
    utterance_ids: tuple[UtteranceId, ...]
    slots: tuple[str, ...]
    """Names of the slots whose value, as it stands now, is masked."""
    brief: bool
    """Whether the newest brief held it; another one follows if a human still waits for it."""
    reason: Literal["card_number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """The language of the call was settled or changed."""

    type: Literal["language_chosen"] = "language_chosen"
    language: Language
    how: Literal["dial_plan", "detected", "asked", "key", "preference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActDecided:
    """What the dialog policy decided to do after a turn, and why: the reasoning that QA reads."""

    type: Literal["act_decided"] = "act_decided"
    act: Literal["answer", "ask", "confirm", "repair", "say", "look_up", "escalate", "offer_callback", "hang_up", "set"]
    detail: str
    """Stable code of the act, e.g. `topic:bill-explained`, `slot:account_number`, `flow:appointment`."""
    turn_id: TurnId | None
    """The caller's turn that it answers; null for acts of the bot's own accord."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFound:
    """What the caller asked about, or that no article covers it."""

    type: Literal["topic_found"] = "topic_found"
    turn_id: TurnId
    topic: str | None
    score: float
    article_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFilled:
    """A value that the caller gave, in its normal form; secret ones are masked."""

    type: Literal["slot_filled"] = "slot_filled"
    slot: str
    value: str
    confirmed: bool
    turn_id: TurnId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRaised:
    """Danger or fraud was heard; every flow was skipped."""

    type: Literal["safety_raised"] = "safety_raised"
    kind: Literal["danger_to_life", "gas", "self_harm", "fraud"]
    turn_id: TurnId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRequested:
    """A human shall take over."""

    type: Literal["escalation_requested"] = "escalation_requested"
    reason: Literal["caller_asked", "emotion", "repeated_failure", "topic", "safety", "engine_failure", "dial_plan"]
    """`dial_plan`: the number that was called leads to a queue of humans, whose name is the detail."""
    detail: str
    turn_id: TurnId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefFact:
    """One statement of a brief with the event that proves it."""

    text: str
    quote: str
    """The words it was taken from; empty when it does not come from words."""
    t_ms: int
    event_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedFact:
    """One statement about an earlier contact, case or note of the same customer, with the fact that proves it."""

    text: str
    quote: str
    """The customer's own words; empty when it does not come from words."""
    stream_kind: StreamKind
    stream_id: str
    event_seq: int
    """Number of the fact in that stream; of a whole contact its last one so far."""
    at_utc: str
    """When that was: ISO 8601, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionPoint:
    """One point of the caller's emotion curve."""

    t_ms: int
    anger_prob: float
    arousal_score: float
    uncertainty: float
    abstained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefPrepared:
    """What a human reads before the first word. Every statement carries the event it came from."""

    type: Literal["brief_prepared"] = "brief_prepared"
    caller: str
    verified: Literal["none", "caller_id_only", "account_given", "knowledge", "one_time_code", "staff"]
    """The last three were proven outside of the call's facts: the fact of the customer is in `related`."""
    language: Language
    matter: str
    """The matter in one line."""
    reason: str
    facts: tuple[BriefFact, ...]
    tried: tuple[BriefFact, ...]
    open_questions: tuple[BriefFact, ...]
    emotion: tuple[EmotionPoint, ...]
    suggested_opening: str
    spoken_line: str
    """The brief in at most 15 seconds of speech, for agents on a plain phone."""
    related: tuple[RelatedFact, ...] = ()
    """What happened with the customer before, the nearest first; nothing of it is in the spoken line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverStarted:
    """A human is being called for the caller."""

    type: Literal["handover_started"] = "handover_started"
    target: str
    """Number or address of the people, as configured; name of a queue; `agent:` and a sign-in name."""
    how: HandoverHow


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRinging:
    """It rings where the human is."""

    type: Literal["handover_ringing"] = "handover_ringing"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAnswered:
    """The human answered and hears the brief; the caller does not hear it."""

    type: Literal["handover_answered"] = "handover_answered"
    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefSpoken:
    """The spoken line of the brief is over."""

    type: Literal["brief_spoken"] = "brief_spoken"
    heard_ms: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCompleted:
    """Human and caller hear each other, or the caller's line took the call elsewhere."""

    type: Literal["handover_completed"] = "handover_completed"
    how: HandoverHow


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverFailed:
    """No human came; the caller is told, and stays with the bot."""

    type: Literal["handover_failed"] = "handover_failed"
    reason: Literal[
        "busy",
        "refused",
        "no_answer",
        "unreachable",
        "denied",
        "agent_left",
        "line_broke",
        "no_agents",
        "process_lost",
    ]
    """`denied`: our own rules do not let the target be called; `agent_left`: hung up before the caller was joined;
    `process_lost`: our process ended, and the call with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCancelled:
    """The human is not needed any more; what rang has stopped."""

    type: Literal["handover_cancelled"] = "handover_cancelled"
    reason: Literal["caller_gone", "caller_withdrew"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackOffered:
    """No human was free; the bot offered to be called back."""

    type: Literal["callback_offered"] = "callback_offered"
    agents_signed_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackBooked:
    """The caller wants to be called back."""

    type: Literal["callback_booked"] = "callback_booked"
    number: str
    language: Language
    matter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDeclined:
    """The caller does not want to be called back."""

    type: Literal["callback_declined"] = "callback_declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFinished:
    """A flow (appointment, outage report …) collected all it needed."""

    type: Literal["flow_finished"] = "flow_finished"
    flow: str
    reference: str
    """The reference number that the caller was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """Load or failure made the service do less; the call went on."""

    type: Literal["degraded"] = "degraded"
    what: DegradedWhat
    reason: str
    """Stable code, e.g. of the error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """The call is over. Each call has exactly one."""

    type: Literal["call_ended"] = "call_ended"
    result: CallResult
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased:
    """What was kept of a person was destroyed at their request. Stands in a stream of its own and names nobody."""

    type: Literal["person_erased"] = "person_erased"
    calls: tuple[str, ...]
    """Calls whose words, numbers and names cannot be read any more."""
    recordings: int
    """How many files of sound were deleted."""


CallBody = (
    CallOffered
    | CallAnswered
    | LegJoined
    | LegLeft
    | LegHeld
    | LegResumed
    | CallerReplaced
    | LegQualityMeasured
    | NoticeGiven
    | ConsentGiven
    | ConsentRefused
    | RecordingStarted
    | RecordingPaused
    | RecordingResumed
    | RecordingSilenced
    | RecordingStopped
    | UtteranceHeard
    | EmotionEstimated
    | EmotionCorrected
    | TalkMeasured
    | TurnEnded
    | FeelingRead
    | TurnReopened
    | BargedIn
    | DigitsPressed
    | SecretWithdrawn
    | LanguageChosen
    | ActDecided
    | TopicFound
    | SlotFilled
    | SafetyRaised
    | EscalationRequested
    | BriefPrepared
    | HandoverStarted
    | HandoverRinging
    | HandoverAnswered
    | BriefSpoken
    | HandoverCompleted
    | HandoverFailed
    | HandoverCancelled
    | CallbackOffered
    | CallbackBooked
    | CallbackDeclined
    | FlowFinished
    | Degraded
    | CallEnded
    | PersonErased
)

EventBody = CallBody | HandoverBody | CustomerBody | ConversationBody | DeskBody | StaffBody

EVENT_BODIES: tuple[type[EventBody], ...] = get_args(EventBody)

PERSONAL_FIELDS: dict[str, tuple[str, ...]] = {
    "call_offered": ("caller", "caller_name", "visitor"),
    "caller_replaced": ("caller", "caller_name"),
    "utterance_heard": ("words",),
    "turn_ended": ("text",),
    "digits_pressed": ("digits",),
    "slot_filled": ("value",),
    "brief_prepared": (
        "caller",
        "matter",
        "facts",
        "tried",
        "open_questions",
        "suggested_opening",
        "spoken_line",
        "related",
    ),
    "callback_booked": ("number", "matter"),
    **CUSTOMER_PERSONAL,
    **CONVERSATION_PERSONAL,
    **DESK_PERSONAL,
    **HANDOVER_PERSONAL,
    **STAFF_PERSONAL,
}
"""Fields that storage encrypts with the customer's key, by event type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact in its place in a stream."""

    stream_kind: StreamKind
    stream_id: CallId | str
    seq: int
    """Dense, from 1."""
    at_utc: datetime
    """Wall-clock time, aware, UTC."""
    t_ms: int | None
    """Media clock of the call at which the fact holds; null before the answer and outside calls."""
    source: str
    """The part that observed it: `call`, `asr`, `prosody`, `dialog`, `recorder`, `service`."""
    schema_version: int
    body: EventBody


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact that has no number yet."""

    stream_kind: StreamKind
    stream_id: str
    body: EventBody
    at_utc: datetime
    """Aware."""
    t_ms: int | None
    source: str
