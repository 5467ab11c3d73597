// Made by `python -m records.typescript`; do not edit.

export const SCHEMA_VERSION = 1;

/** Stands in place of every word of a secret. */
export const MASK = "***";

/** Fields that were encrypted with the caller's key. */
export const PERSONAL_FIELDS: Record<string, readonly string[]> = { call_offered: ["caller", "caller_name", "visitor"], caller_replaced: ["caller", "caller_name"], utterance_heard: ["words"], turn_ended: ["text"], digits_pressed: ["digits"], slot_filled: ["value"], brief_prepared: ["caller", "matter", "facts", "tried", "open_questions", "suggested_opening", "spoken_line", "related"], callback_booked: ["number", "matter"], customer_opened: ["name"], identifier_added: ["value"], identifier_removed: ["value"], customer_named: ["name"], join_proposed: ["reasons"], customers_joined: ["reasons"], note_written: ["text"], case_opened: ["subject"], case_noted: ["text"], conversation_opened: ["address", "name", "subject", "external_id"], message_received: ["text", "attachments", "external_id"], message_sent: ["text", "attachments"], reply_drafted: ["text"], message_delivered: ["external_id"], offer_ended: ["note"], voicemail_left: ["text"], wrap_up_done: ["summary", "follow_ups"], given_to_bot: ["instruction"], staff_signed_in: ["address"], staff_sign_in_refused: ["address"] };

/** Fields of a body that make the `detail` of its timeline line, joined by blanks; null reads as `-`. */
export const DETAIL_FIELDS: Record<string, readonly string[]> = {
  call_offered: ["transport", "called"],
  call_answered: ["language", "flow"],
  leg_joined: ["codec"],
  leg_left: ["reason"],
  caller_replaced: ["how"],
  handover_started: ["how", "target"],
  handover_completed: ["how"],
  handover_failed: ["reason"],
  handover_cancelled: ["reason"],
  leg_quality_measured: ["scope", "quality"],
  consent_given: ["subject", "how"],
  consent_refused: ["subject", "how"],
  recording_started: ["file"],
  recording_paused: ["reason"],
  recording_silenced: ["reason"],
  recording_stopped: ["reason"],
  turn_reopened: ["turn_id"],
  digits_pressed: ["digits"],
  secret_withdrawn: ["reason"],
  language_chosen: ["language", "how"],
  act_decided: ["act", "detail"],
  topic_found: ["topic", "article_id"],
  slot_filled: ["slot", "value"],
  safety_raised: ["kind"],
  escalation_requested: ["reason", "detail"],
  brief_prepared: ["reason"],
  callback_booked: ["language"],
  flow_finished: ["flow", "reference"],
  degraded: ["what", "reason"],
  call_ended: ["result", "reason"],
};

/** A call reached us and rings. */
export interface CallOffered {
  readonly type: "call_offered";
  /** `import`: the call was held elsewhere, and its recording was brought in. */
  readonly transport: "sip" | "webrtc" | "import";
  /** Caller id as presented: E.164 where it parses, else the user part, empty when withheld. It can be forged. */
  readonly caller: string;
  readonly caller_name: string;
  /** The user part that was dialled. */
  readonly called: string;
  /** Call-ID of SIP or the session id of the page; ties the log to the peer's. Of an import the file's SHA-256. */
  readonly peer_call_id: string;
  /** Visitor of the web chat who calls from it, as the address of their conversation; empty for everybody else. */
  readonly visitor: string;
}

/** The call was answered; t_ms 0 of the media clock. */
export interface CallAnswered {
  readonly type: "call_answered";
  readonly language: "es" | "en";
  readonly flow: string;
}

/** A member's leg entered the conference. */
export interface LegJoined {
  readonly type: "leg_joined";
  readonly leg_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
  readonly codec: string;
  readonly rate_hz: number;
}

/** A member's leg left the conference. */
export interface LegLeft {
  readonly type: "leg_left";
  readonly leg_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
  readonly reason: string;
}

/** A member put us on hold: it hears nothing of us, and what comes from it may be music. */
export interface LegHeld {
  readonly type: "leg_held";
  readonly leg_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
}

/** A member took us back from hold. */
export interface LegResumed {
  readonly type: "leg_resumed";
  readonly leg_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
  readonly held_ms: number;
}

/** Somebody else took the place of the caller, because their side transferred the call. The talk goes on. */
export interface CallerReplaced {
  readonly type: "caller_replaced";
  readonly old_leg_id: string;
  readonly leg_id: string;
  /** As of `call_offered`, of who is on the line now. */
  readonly caller: string;
  readonly caller_name: string;
  /** `taken_over`: their side called us to take over the leg (Replaces); `referred`: it asked us to call (REFER). */
  readonly how: "taken_over" | "referred";
}

/** What a member's leg sounded like on our side: when it was poor or changed its class, and once for its whole life. */
export interface LegQualityMeasured {
  readonly type: "leg_quality_measured";
  readonly leg_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
  /** The last seconds, or everything since the leg joined. */
  readonly scope: "period" | "whole";
  /** How much of the time the leg listened; on hold it does not. */
  readonly duration_ms: number;
  /** The class of `mos`. */
  readonly quality: "good" | "fair" | "poor";
  /** Share of the packets that never came, 0 to 1. */
  readonly loss_share: number;
  /** Share of the sound that was made up, because packets were lost or late, 0 to 1. */
  readonly concealed_share: number;
  /** Interarrival jitter (RFC 3550); of a whole the mean of its periods. */
  readonly jitter_ms: number;
  /** Mouth to ear, as far as it is known: half the round trip, the jitter buffer, one packet. */
  readonly delay_ms: number;
  /** By RTCP; null when the peer sends no reports. */
  readonly round_trip_ms: number | null;
  /** What the peer lost of ours lately, by its RTCP, 0 to 1. */
  readonly remote_loss_share: number | null;
  /** Estimated opinion of a listener, 1 (bad) to 4.4 (as good as a telephone gets). */
  readonly mos: number;
  /** The lowest of its periods. */
  readonly worst_mos: number;
  /** `e_model`: computed from concealed sound and delay by ITU-T G.107; no listener was asked. */
  readonly mos_source: "e_model";
}

/** The caller was told what they are talking to and what is kept. */
export interface NoticeGiven {
  readonly type: "notice_given";
  readonly automatic: boolean;
  readonly recording: boolean;
  readonly emotion: boolean;
}

/** The caller agreed, by words, by key or by staying where the config says that staying is enough. */
export interface ConsentGiven {
  readonly type: "consent_given";
  readonly subject: "recording" | "emotion";
  readonly how: "words" | "key" | "stayed";
}

/** The caller refused or withdrew consent; nothing of the subject is kept from here on. */
export interface ConsentRefused {
  readonly type: "consent_refused";
  readonly subject: "recording" | "emotion";
  readonly how: "words" | "key" | "unanswered";
}

/** Audio is being kept from this moment on. */
export interface RecordingStarted {
  readonly type: "recording_started";
  /** File name inside the recordings folder. */
  readonly file: string;
  readonly rate_hz: number;
}

/** Audio is silence from here; the recording keeps counting time. */
export interface RecordingPaused {
  readonly type: "recording_paused";
  readonly reason: "secret_digits" | "caller_request" | "agent_request" | "disk_full" | "caller_replaced";
}

/** Audio is being kept again. */
export interface RecordingResumed {
  readonly type: "recording_resumed";
}

/** A stretch that was already kept was overwritten by silence, because it held a secret. */
export interface RecordingSilenced {
  readonly type: "recording_silenced";
  readonly start_ms: number;
  readonly end_ms: number;
  readonly reason: "card_number" | "secret_digits";
}

/** The recording ended. */
export interface RecordingStopped {
  readonly type: "recording_stopped";
  readonly reason: "call_ended" | "consent_refused" | "disk_full" | "error";
  readonly duration_ms: number;
}

/** One recognised word at its exact time. */
export interface Word {
  readonly text: string;
  readonly start_ms: number;
  readonly end_ms: number;
  /** The recogniser's probability of the word, 0 to 1. */
  readonly prob: number;
}

/** Final words of one utterance, secrets already masked. */
export interface UtteranceHeard {
  readonly type: "utterance_heard";
  readonly utterance_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
  readonly language: "es" | "en";
  readonly language_prob: number;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly words: readonly Word[];
  readonly engine: string;
}

/** How a caller sounds in one utterance: an estimate from the voice, never of an employee. */
export interface EmotionEstimate {
  /** Calibrated probability that the speaker is angry, 0 to 1. */
  readonly anger_prob: number;
  /** Activation, 0 (calm) to 1 (agitated); not calibrated. */
  readonly arousal_score: number;
  /** 0 (sure) to 1 (no idea). Above the model's threshold the estimate abstains. */
  readonly uncertainty: number;
  /** True when there is too little speech or too much doubt; the numbers are then not to be acted on. */
  readonly abstained: boolean;
  /** Reason codes for people, e.g. `louder_than_start`; the pages translate them. */
  readonly reasons: readonly string[];
  /** Name of the model that made the estimate. */
  readonly model: string;
}

/** How the caller sounded in one utterance: an estimate. */
export interface EmotionEstimated {
  readonly type: "emotion_estimated";
  readonly utterance_id: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly estimate: EmotionEstimate;
}

/** Somebody listened, and says how the caller sounded in an utterance. The newest one of an utterance holds. */
export interface EmotionCorrected {
  readonly type: "emotion_corrected";
  readonly utterance_id: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly emotion: "anger" | "frustration" | "distress" | "happiness" | "neutral" | "unclear";
  /** Who listened; empty where nobody signs in. */
  readonly by: string;
}

/** How speech and silence shared the time of an imported recording, by voice activity. */
export interface TalkMeasured {
  readonly type: "talk_measured";
  /** Voices that were told apart. */
  readonly speakers: number;
  /** Share of the recording in which at least two spoke at once, 0 to 1. */
  readonly talk_over_share: number;
  /** Share in which nobody spoke, 0 to 1. */
  readonly silence_share: number;
  readonly longest_silence_start_ms: number;
  readonly longest_silence_ms: number;
}

/** A speaking turn is over. A bot's turn holds only what was played. */
export interface TurnEnded {
  readonly type: "turn_ended";
  readonly turn_id: string;
  readonly speaker: "caller" | "bot" | "agent" | "supervisor";
  readonly text: string;
  readonly language: "es" | "en";
  readonly start_ms: number;
  readonly end_ms: number;
  readonly utterance_ids: readonly string[];
  readonly interrupted: boolean;
}

/** How much words speak for each feeling, 0 to 1, not calibrated; what is left to 1 is neutral. */
export interface FeelingScores {
  readonly anger_score: number;
  readonly frustration_score: number;
  readonly distress_score: number;
  readonly urgency_score: number;
  readonly confusion_score: number;
  readonly satisfaction_score: number;
}

/** What the words of a caller's turn say of how they feel: an estimate beside the voice's, never of an employee. */
export interface WordsEstimate {
  /** The likeliest. */
  readonly feeling: "angry" | "frustrated" | "distressed" | "urgent" | "confused" | "satisfied" | "neutral";
  /** Of this turn alone. */
  readonly scores: FeelingScores;
  /** Smoothed over the call so far. */
  readonly call_scores: FeelingScores;
  /** 0 (sure) to 1 (no idea). Above the model's threshold the estimate abstains. */
  readonly uncertainty: number;
  /** True when no feeling stands out; the numbers are then not to be acted on. */
  readonly abstained: boolean;
  /** Codes of the evidence in the words, e.g. `asks_meaning`; the pages translate them. */
  readonly reasons: readonly string[];
  /** Name of the model that made the estimate. */
  readonly model: string;
}

/** What the words of a caller's turn say of how they feel: an estimate, void when the turn is reopened. */
export interface FeelingRead {
  readonly type: "feeling_read";
  readonly turn_id: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly estimate: WordsEstimate;
}

/** The caller went on before the answer was heard: the turn was not over, and what was decided on it is void. */
export interface TurnReopened {
  readonly type: "turn_reopened";
  readonly turn_id: string;
}

/** The caller spoke while the bot did, and the bot yielded. */
export interface BargedIn {
  readonly type: "barged_in";
  /** The bot's turn that was interrupted. */
  readonly turn_id: string;
  /** How much of it had been played. */
  readonly heard_ms: number;
}

/** Keys of the phone, in order; secret ones are masked with `*`. */
export interface DigitsPressed {
  readonly type: "digits_pressed";
  readonly digits: string;
  readonly secret: boolean;
}

/** What was written before turned out to be a part of a card number: these facts hold masks from here on. */
export interface SecretWithdrawn {
  readonly type: "secret_withdrawn";
  /** Numbers of the facts, in this stream. */
  readonly seqs: readonly number[];
  readonly turn_ids: readonly string[];
  readonly utterance_ids: readonly string[];
  /** Names of the slots whose value, as it stands now, is masked. */
  readonly slots: readonly string[];
  /** Whether the newest brief held it; another one follows if a human still waits for it. */
  readonly brief: boolean;
  readonly reason: "card_number";
}

/** The language of the call was settled or changed. */
export interface LanguageChosen {
  readonly type: "language_chosen";
  readonly language: "es" | "en";
  readonly how: "dial_plan" | "detected" | "asked" | "key" | "preference";
}

/** What the dialog policy decided to do after a turn, and why: the reasoning that QA reads. */
export interface ActDecided {
  readonly type: "act_decided";
  readonly act: "answer" | "ask" | "confirm" | "repair" | "say" | "look_up" | "escalate" | "offer_callback" | "hang_up" | "set";
  /** Stable code of the act, e.g. `topic:bill-explained`, `slot:account_number`, `flow:appointment`. */
  readonly detail: string;
  /** The caller's turn that it answers; null for acts of the bot's own accord. */
  readonly turn_id: string | null;
}

/** What the caller asked about, or that no article covers it. */
export interface TopicFound {
  readonly type: "topic_found";
  readonly turn_id: string;
  readonly topic: string | null;
  readonly score: number;
  readonly article_id: string | null;
}

/** A value that the caller gave, in its normal form; secret ones are masked. */
export interface SlotFilled {
  readonly type: "slot_filled";
  readonly slot: string;
  readonly value: string;
  readonly confirmed: boolean;
  readonly turn_id: string | null;
}

/** Danger or fraud was heard; every flow was skipped. */
export interface SafetyRaised {
  readonly type: "safety_raised";
  readonly kind: "danger_to_life" | "gas" | "self_harm" | "fraud";
  readonly turn_id: string | null;
}

/** A human shall take over. */
export interface EscalationRequested {
  readonly type: "escalation_requested";
  /** `dial_plan`: the number that was called leads to a queue of humans, whose name is the detail. */
  readonly reason: "caller_asked" | "emotion" | "repeated_failure" | "topic" | "safety" | "engine_failure" | "dial_plan";
  readonly detail: string;
  readonly turn_id: string | null;
}

/** One statement of a brief with the event that proves it. */
export interface BriefFact {
  readonly text: string;
  /** The words it was taken from; empty when it does not come from words. */
  readonly quote: string;
  readonly t_ms: number;
  readonly event_seq: number;
}

/** One point of the caller's emotion curve. */
export interface EmotionPoint {
  readonly t_ms: number;
  readonly anger_prob: number;
  readonly arousal_score: number;
  readonly uncertainty: number;
  readonly abstained: boolean;
}

/** One statement about an earlier contact, case or note of the same customer, with the fact that proves it. */
export interface RelatedFact {
  readonly text: string;
  /** The customer's own words; empty when it does not come from words. */
  readonly quote: string;
  readonly stream_kind: "call" | "conversation" | "customer" | "case" | "queue" | "agent" | "review" | "staff";
  readonly stream_id: string;
  /** Number of the fact in that stream; of a whole contact its last one so far. */
  readonly event_seq: number;
  /** When that was: ISO 8601, UTC. */
  readonly at_utc: string;
}

/** What a human reads before the first word. Every statement carries the event it came from. */
export interface BriefPrepared {
  readonly type: "brief_prepared";
  readonly caller: string;
  /** The last three were proven outside of the call's facts: the fact of the customer is in `related`. */
  readonly verified: "none" | "caller_id_only" | "account_given" | "knowledge" | "one_time_code" | "staff";
  readonly language: "es" | "en";
  /** The matter in one line. */
  readonly matter: string;
  readonly reason: string;
  readonly facts: readonly BriefFact[];
  readonly tried: readonly BriefFact[];
  readonly open_questions: readonly BriefFact[];
  readonly emotion: readonly EmotionPoint[];
  readonly suggested_opening: string;
  /** The brief in at most 15 seconds of speech, for agents on a plain phone. */
  readonly spoken_line: string;
  /** What happened with the customer before, the nearest first; nothing of it is in the spoken line. */
  readonly related: readonly RelatedFact[];
}

/** A human is being called for the caller. */
export interface HandoverStarted {
  readonly type: "handover_started";
  /** Number or address of the people, as configured; name of a queue; `agent:` and a sign-in name. */
  readonly target: string;
  readonly how: "bridge" | "refer" | "queue";
}

/** It rings where the human is. */
export interface HandoverRinging {
  readonly type: "handover_ringing";
}

/** The human answered and hears the brief; the caller does not hear it. */
export interface HandoverAnswered {
  readonly type: "handover_answered";
  readonly leg_id: string;
}

/** The spoken line of the brief is over. */
export interface BriefSpoken {
  readonly type: "brief_spoken";
  readonly heard_ms: number;
  readonly whole: boolean;
}

/** Human and caller hear each other, or the caller's line took the call elsewhere. */
export interface HandoverCompleted {
  readonly type: "handover_completed";
  readonly how: "bridge" | "refer" | "queue";
}

/** No human came; the caller is told, and stays with the bot. */
export interface HandoverFailed {
  readonly type: "handover_failed";
  /** `denied`: our own rules do not let the target be called; `agent_left`: hung up before the caller was joined; `process_lost`: our process ended, and the call with it. */
  readonly reason: "busy" | "refused" | "no_answer" | "unreachable" | "denied" | "agent_left" | "line_broke" | "no_agents" | "process_lost";
}

/** The human is not needed any more; what rang has stopped. */
export interface HandoverCancelled {
  readonly type: "handover_cancelled";
  readonly reason: "caller_gone" | "caller_withdrew";
}

/** No human was free; the bot offered to be called back. */
export interface CallbackOffered {
  readonly type: "callback_offered";
  readonly agents_signed_in: number;
}

/** The caller wants to be called back. */
export interface CallbackBooked {
  readonly type: "callback_booked";
  readonly number: string;
  readonly language: "es" | "en";
  readonly matter: string;
}

/** The caller does not want to be called back. */
export interface CallbackDeclined {
  readonly type: "callback_declined";
}

/** A flow (appointment, outage report …) collected all it needed. */
export interface FlowFinished {
  readonly type: "flow_finished";
  readonly flow: string;
  /** The reference number that the caller was told. */
  readonly reference: string;
}

/** Load or failure made the service do less; the call went on. */
export interface Degraded {
  readonly type: "degraded";
  readonly what: "fewer_partials" | "no_emotion" | "no_recording" | "no_knowledge" | "other_voice";
  /** Stable code, e.g. of the error. */
  readonly reason: string;
}

/** The call is over. Each call has exactly one. */
export interface CallEnded {
  readonly type: "call_ended";
  readonly result: "completed" | "abandoned" | "escalated" | "callback" | "rejected" | "failed";
  readonly reason: "caller_hung_up" | "bot_hung_up" | "caller_cancelled" | "media_lost" | "no_common_codec" | "overload" | "shutdown" | "process_lost" | "internal_error" | "maximum_duration" | "no_input" | "held_too_long" | "agent_hung_up" | "recording_over";
}

/** What was kept of a person was destroyed at their request. Stands in a stream of its own and names nobody. */
export interface PersonErased {
  readonly type: "person_erased";
  /** Calls whose words, numbers and names cannot be read any more. */
  readonly calls: readonly string[];
  /** How many files of sound were deleted. */
  readonly recordings: number;
}

/** An agent is asked to take the caller; the brief is on their screen, or is spoken to them. */
export interface HandoverOffered {
  readonly type: "handover_offered";
  readonly agent: string;
  readonly for_ms: number;
}

/** The agent does not take the caller, who goes on waiting and keeps the place. */
export interface HandoverOfferEnded {
  readonly type: "handover_offer_ended";
  readonly agent: string;
  readonly reason: "declined" | "no_answer" | "withdrawn" | "agent_lost" | "redirected" | "join_failed";
}

/** The agent takes the caller, who is told whom they will talk to. */
export interface HandoverAccepted {
  readonly type: "handover_accepted";
  readonly agent: string;
}

/** A human is not with the caller any more. */
export interface AgentReleased {
  readonly type: "agent_released";
  /** Empty for somebody on a phone who is not signed in. */
  readonly agent: string;
  readonly reason: "hung_up" | "line_lost" | "transferred" | "to_bot" | "caller_gone" | "caller_withdrew" | "join_failed";
}

/** The caller hears music, and nobody hears the caller. */
export interface CallerPutOnHold {
  readonly type: "caller_put_on_hold";
  /** `line_lost`: the agent's line broke and may come back. */
  readonly reason: "hold" | "consult" | "line_lost";
}

/** Whoever is with the caller hears them again. */
export interface CallerTakenBack {
  readonly type: "caller_taken_back";
}

/** Who shall be reached. */
export interface HandoverTarget {
  readonly kind: "agent" | "queue" | "number";
  /** Sign-in name of an agent, name of a queue, a number or address. */
  readonly name: string;
}

/** The agent is getting a second person; the caller waits. */
export interface ConsultStarted {
  readonly type: "consult_started";
  readonly target: HandoverTarget;
}

/** Agent and second person talk in private. */
export interface ConsultAnswered {
  readonly type: "consult_answered";
}

/** Caller, agent and second person hear each other. */
export interface ConferenceFormed {
  readonly type: "conference_formed";
}

/** The second person is not in the call any more. */
export interface ConsultEnded {
  readonly type: "consult_ended";
  readonly reason: "busy" | "refused" | "no_answer" | "unreachable" | "denied" | "agent_left" | "line_broke" | "no_agents" | "dropped" | "left" | "caller_gone" | "agent_line_lost";
}

/** The second person has the caller, and the agent left. */
export interface ConsultCompleted {
  readonly type: "consult_completed";
  readonly reason: "completed" | "agent_left" | "line_lost";
}

/** The agent's line broke in the talk; the caller is told that it is being restored. */
export interface AgentLineLost {
  readonly type: "agent_line_lost";
  readonly agent: string;
}

/** The agent's line is there again. */
export interface AgentLineBack {
  readonly type: "agent_line_back";
  readonly agent: string;
}

/** Nobody hears the agent, or all again. */
export interface AgentMuted {
  readonly type: "agent_muted";
  readonly on: boolean;
}

/** The agent gave the caller back to the bot. */
export interface GivenToBot {
  readonly type: "given_to_bot";
  readonly agent: string;
  /** What the bot shall do: `flow:appointment`, `topic:bill-explained`, `say:` and the agent's own sentence. */
  readonly instruction: string;
}

/** A supervisor listens to a call, speaks to the agent alone, speaks to all, or stopped. */
export interface SupervisionChanged {
  readonly type: "supervision_changed";
  readonly supervisor: string;
  readonly mode: "listen" | "whisper" | "barge" | "off";
  /** Whether the caller was told. */
  readonly announced: boolean;
}

/** A customer record was begun. */
export interface CustomerOpened {
  readonly type: "customer_opened";
  readonly source: "call" | "conversation" | "import" | "staff" | "api";
  /** Empty when it is not known. */
  readonly name: string;
  /** Who did it: the name of a member of staff, or the part of the program; empty in older facts. */
  readonly by: string;
}

/** Something by which the customer can be found again. */
export interface IdentifierAdded {
  readonly type: "identifier_added";
  readonly kind: "phone" | "email" | "chat_visitor" | "social" | "account";
  /** In its normal form: E.164, lower-case address, `provider:handle`. */
  readonly value: string;
  readonly evidence: "presented" | "said" | "written" | "confirmed" | "verified" | "imported" | "by_staff";
  /** 0 to 1. */
  readonly confidence: number;
  readonly contact_kind: "call" | "conversation" | null;
  /** The contact it was learned in; empty for none. */
  readonly contact_id: string;
  /** Who did it: the name of a member of staff, or the part of the program. */
  readonly by: string;
}

/** It is not theirs, or not any more. */
export interface IdentifierRemoved {
  readonly type: "identifier_removed";
  readonly kind: "phone" | "email" | "chat_visitor" | "social" | "account";
  readonly value: string;
  readonly reason: string;
  readonly by: string;
}

/** What the customer is called. */
export interface CustomerNamed {
  readonly type: "customer_named";
  readonly name: string;
  readonly evidence: "presented" | "said" | "written" | "confirmed" | "verified" | "imported" | "by_staff";
  readonly by: string;
}

/** One reason to take two records for one person. */
export interface JoinReason {
  /** Stable: `same_email_verified`, `same_account`, `similar_name_same_phone`, `staff` … */
  readonly code: string;
  readonly detail: string;
  readonly weight: number;
}

/** Two records may be the same person; people decide. */
export interface JoinProposed {
  readonly type: "join_proposed";
  readonly join_id: string;
  readonly other: string;
  readonly score: number;
  readonly reasons: readonly JoinReason[];
}

/** They are not, or not for sure; the pair is not proposed again for the same reasons. */
export interface JoinDismissed {
  readonly type: "join_dismissed";
  readonly join_id: string;
  readonly other: string;
  readonly by: string;
  readonly reason: string;
}

/** Two records are one person. Both keep all that they hold. */
export interface CustomersJoined {
  readonly type: "customers_joined";
  readonly join_id: string;
  readonly other: string;
  readonly confidence: number;
  readonly reasons: readonly JoinReason[];
  readonly by: string;
}

/** A join is taken back: everything is as it would be without it. */
export interface CustomersParted {
  readonly type: "customers_parted";
  readonly join_id: string;
  readonly other: string;
  readonly by: string;
  readonly reason: string;
}

/** A call or a conversation is one of the customer's. */
export interface ContactLinked {
  readonly type: "contact_linked";
  readonly contact_kind: "call" | "conversation";
  readonly contact_id: string;
  readonly confidence: number;
  readonly evidence: "presented" | "said" | "written" | "confirmed" | "verified" | "imported" | "by_staff";
  readonly by: string;
}

/** It was somebody else's. */
export interface ContactUnlinked {
  readonly type: "contact_unlinked";
  readonly contact_kind: "call" | "conversation";
  readonly contact_id: string;
  readonly by: string;
  readonly reason: string;
}

/** In one contact, the customer showed who they are, or did not. */
export interface CustomerVerified {
  readonly type: "customer_verified";
  readonly contact_kind: "call" | "conversation";
  readonly contact_id: string;
  readonly level: "none" | "caller_id" | "knowledge" | "one_time_code" | "staff";
  readonly passed: boolean;
  /** Stable code, e.g. `account_and_postcode`, `code_by_email`. */
  readonly how: string;
}

/** A lasting wish or need of the customer; an empty value takes it back. */
export interface PreferenceSet {
  readonly type: "preference_set";
  readonly name: "language" | "channel" | "hours" | "slower" | "more_time" | "keypad" | "large_text" | "vip" | "do_not_contact";
  readonly value: string;
  readonly by: string;
}

/** Whether the customer may be written to or called for a purpose. */
export interface ContactConsentSet {
  readonly type: "contact_consent_set";
  readonly purpose: "service" | "proactive" | "marketing" | "survey";
  readonly channel: "phone" | "email" | "message" | "any";
  readonly given: boolean;
  readonly how: string;
  readonly by: string;
}

/** A member of staff wrote something down about the customer. */
export interface NoteWritten {
  readonly type: "note_written";
  readonly note_id: string;
  readonly text: string;
  readonly by: string;
}

/** A matter that goes on across contacts and channels. */
export interface CaseOpened {
  readonly type: "case_opened";
  readonly customer_id: string;
  /** One line, in the customer's words or an article's title. */
  readonly subject: string;
  /** Topic of the articles; empty for none. */
  readonly topic: string;
  readonly by: string;
}

/** A call or a conversation is about the matter. */
export interface CaseContactAdded {
  readonly type: "case_contact_added";
  readonly contact_kind: "call" | "conversation";
  readonly contact_id: string;
  readonly by: string;
}

/** How the matter stands. */
export interface CaseStatusSet {
  readonly type: "case_status_set";
  readonly status: "open" | "waiting_for_customer" | "waiting_for_us" | "solved";
  readonly by: string;
  readonly reason: string;
}

/** A note on the matter: a summary, a promise, a next step. */
export interface CaseNoted {
  readonly type: "case_noted";
  readonly text: string;
  readonly by: string;
  readonly contact_kind: "call" | "conversation" | null;
  readonly contact_id: string;
}

/** Somebody wrote, or was written to. */
export interface ConversationOpened {
  readonly type: "conversation_opened";
  readonly channel: "chat" | "email" | "sms" | "whatsapp" | "social";
  /** Name of the mailbox, widget or webhook in the configuration. */
  readonly provider: string;
  /** Who it is with: e-mail address, number, handle, id of the visitor. */
  readonly address: string;
  readonly name: string;
  readonly subject: string;
  readonly language: "es" | "en";
  /** The provider's name of the thread; empty for none. */
  readonly external_id: string;
}

/** The customer wrote again after it was closed: the same matter, as far as anybody can tell. */
export interface ConversationReopened {
  readonly type: "conversation_reopened";
}

/** A file that came or went with a message. */
export interface Attachment {
  /** Name inside the attachments folder. */
  readonly file: string;
  /** As the sender called it. */
  readonly name: string;
  readonly media_type: string;
  /** As it was sent. */
  readonly size_bytes: number;
  /** What reads the stored file, together with the master key; gone when the person is erased. */
  readonly seal: string;
}

/** The customer wrote; secrets already masked. */
export interface MessageReceived {
  readonly type: "message_received";
  readonly message_id: string;
  /** Without quoted text and signature. */
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** The provider's name of the message, or the page's; what is known already is not taken twice. */
  readonly external_id: string;
}

/** We wrote. Kept together with what it follows from, so that a reply is decided once. */
export interface MessageSent {
  readonly type: "message_sent";
  readonly message_id: string;
  readonly author: "bot" | "agent";
  /** Name of the agent; empty for the bot. */
  readonly by: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** The customer's last message that was read when it was written; null for a word of our own accord. */
  readonly answers: string | null;
}

/** The bot read the customer's messages up to this one and has nothing to say to them. */
export interface MessagePassed {
  readonly type: "message_passed";
  readonly message_id: string;
}

/** What the bot would answer. It does not go out: a human sends it, changes it or lets it be. */
export interface ReplyDrafted {
  readonly type: "reply_drafted";
  readonly answers: string;
  readonly text: string;
}

/** It got further: the provider took it, the customer has it, the customer read it. */
export interface MessageDelivered {
  readonly type: "message_delivered";
  readonly message_id: string;
  readonly external_id: string;
  readonly state: "accepted" | "delivered" | "read";
}

/** It did not reach the customer; staff are told. */
export interface MessageFailed {
  readonly type: "message_failed";
  readonly message_id: string;
  readonly reason: string;
  /** False: it is tried again. */
  readonly final: boolean;
}

/** A human shall answer. */
export interface StaffAwaited {
  readonly type: "staff_awaited";
  /** Name of the queue; empty for the ordinary one. */
  readonly queue: string;
  /** True while the customer waits for one; false when staff answer once they come to it, and the bot goes on. */
  readonly live: boolean;
}

/** No human is waited for any more, and none came. */
export interface StaffWaitOver {
  readonly type: "staff_wait_over";
  readonly reason: "withdrawn" | "nobody";
}

/** A human answers from here on. */
export interface AgentEntered {
  readonly type: "agent_entered";
  readonly agent: string;
}

/** The human is gone; the bot, or nobody, answers. */
export interface AgentWentOut {
  readonly type: "agent_went_out";
  readonly agent: string;
  readonly reason: "done" | "handed_back" | "transferred" | "lost";
}

/** It is over until the customer writes again. */
export interface ConversationClosed {
  readonly type: "conversation_closed";
  readonly reason: "solved" | "left" | "silent" | "by_agent" | "shutdown";
}

/** A caller left a message instead of waiting; of the stream of the call, whose recording has its sound. */
export interface VoicemailLeft {
  readonly type: "voicemail_left";
  readonly queue: string;
  readonly language: "es" | "en";
  readonly start_ms: number;
  readonly end_ms: number;
  /** What was recognised of it. */
  readonly text: string;
}

/** A contact waits for a human. */
export interface ContactQueued {
  readonly type: "contact_queued";
  readonly contact_kind: "call" | "conversation";
  readonly contact_id: string;
  readonly language: "es" | "en";
  readonly skills: readonly string[];
  /** 0 for an ordinary contact; capped, see `desk/acd.py`. */
  readonly priority: number;
  /** 1 is next. */
  readonly position: number;
  /** None while too little is known to estimate it. */
  readonly expected_wait_s: number | null;
}

/** A free agent has it for some seconds to accept. */
export interface ContactOffered {
  readonly type: "contact_offered";
  readonly contact_kind: "call" | "conversation";
  readonly contact_id: string;
  readonly agent: string;
  readonly reservation_id: string;
  readonly for_ms: number;
}

/** The agent takes it. */
export interface OfferAccepted {
  readonly type: "offer_accepted";
  readonly contact_id: string;
  readonly agent: string;
  readonly reservation_id: string;
  readonly after_ms: number;
}

/** The agent does not take it; the contact keeps its place. */
export interface OfferEnded {
  readonly type: "offer_ended";
  readonly contact_id: string;
  readonly agent: string;
  readonly reservation_id: string;
  /** `no_answer`: the agent is not offered anything more until they say that they are there (RONA). */
  readonly reason: "declined" | "no_answer" | "withdrawn" | "agent_lost" | "redirected";
  /** The agent's own words for declining, in the stream of the contact alone; empty for none. */
  readonly note: string;
}

/** It does not wait any more. */
export interface ContactLeftQueue {
  readonly type: "contact_left_queue";
  readonly contact_kind: "call" | "conversation";
  readonly contact_id: string;
  readonly reason: "answered" | "abandoned" | "withdrawn" | "callback" | "voicemail" | "overflow" | "closed" | "shutdown";
  readonly waited_ms: number;
  /** Agent, number or queue that has it now; empty for nobody. */
  readonly to: string;
}

/** What a member of staff does, and since when. */
export interface AgentStateSet {
  readonly type: "agent_state_set";
  readonly agent: string;
  readonly state: "ready" | "not_ready" | "reserved" | "busy" | "wrap_up" | "not_responding" | "signed_out";
  /** Why not ready: `break`, `training` …; else empty. */
  readonly reason: string;
}

/** The agent finished the work after a contact. */
export interface WrapUpDone {
  readonly type: "wrap_up_done";
  readonly contact_kind: "call" | "conversation";
  readonly contact_id: string;
  readonly agent: string;
  readonly disposition: string;
  readonly summary: string;
  readonly follow_ups: readonly string[];
  readonly took_ms: number;
}

/** Somebody got an account. */
export interface StaffAdded {
  readonly type: "staff_added";
  /** Name that the member signs in with; never given to somebody else later. */
  readonly member: string;
  readonly role: "agent" | "supervisor" | "qa" | "admin";
  /** Name of the member who did it; `command` for the command line, `link` for a link of the operator. */
  readonly by: string;
}

/** A member may do something else from now on. */
export interface StaffRoleSet {
  readonly type: "staff_role_set";
  readonly member: string;
  readonly before: "agent" | "supervisor" | "qa" | "admin";
  readonly role: "agent" | "supervisor" | "qa" | "admin";
  readonly by: string;
}

/** Something else of an account was changed: its display name, languages, skills or telephone. */
export interface StaffChanged {
  readonly type: "staff_changed";
  readonly member: string;
  readonly fields: readonly string[];
  readonly by: string;
}

/** A member has another password; what was open with the old one is closed. */
export interface StaffPasswordSet {
  readonly type: "staff_password_set";
  readonly member: string;
  readonly by: string;
}

/** Wrong passwords that were counted against a member are forgotten. */
export interface StaffUnlocked {
  readonly type: "staff_unlocked";
  readonly member: string;
  readonly by: string;
}

/** An account is closed for good. */
export interface StaffRemoved {
  readonly type: "staff_removed";
  readonly member: string;
  readonly by: string;
}

/** A member was let in. */
export interface StaffSignedIn {
  readonly type: "staff_signed_in";
  /** `link` for who opened a link of the operator before there was any account. */
  readonly member: string;
  readonly address: string;
}

/** Somebody tried to sign in and was not let in. */
export interface StaffSignInRefused {
  readonly type: "staff_sign_in_refused";
  /** Empty when there is no account of that name: what was typed may be a password. */
  readonly member: string;
  readonly address: string;
  readonly reason: "wrong" | "too_many";
}

/** Sessions of a member ended before their time. */
export interface StaffSignedOut {
  readonly type: "staff_signed_out";
  readonly member: string;
  readonly sessions: number;
  readonly by: string;
}

/** A member read personal data. The same within ten minutes is one fact. */
export interface StaffLooked {
  readonly type: "staff_looked";
  readonly member: string;
  readonly what: "call" | "recording" | "customer" | "case" | "conversation" | "export";
  readonly thing_id: string;
}

/** One fact in its place in a stream. */
export interface Event {
  readonly stream_kind: "call" | "conversation" | "customer" | "case" | "queue" | "agent" | "review" | "staff";
  readonly stream_id: string;
  /** Dense, from 1. */
  readonly seq: number;
  /** Wall-clock time, aware, UTC. */
  readonly at_utc: string;
  /** Media clock of the call at which the fact holds; null before the answer and outside calls. */
  readonly t_ms: number | null;
  /** The part that observed it: `call`, `asr`, `prosody`, `dialog`, `recorder`, `service`. */
  readonly source: string;
  readonly schema_version: number;
  readonly body: EventBody;
}

/** Someone who is in the conference now. */
export interface LiveMember {
  readonly leg_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
  readonly codec: string;
  /** It holds us, and does not hear what is said. */
  readonly held: boolean;
}

/** What a member's leg sounded like when it was last written; it stays when the leg leaves. */
export interface LiveLine {
  readonly leg_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
  readonly quality: "good" | "fair" | "poor";
  readonly mos: number;
  readonly concealed_share: number;
  readonly jitter_ms: number;
  readonly round_trip_ms: number | null;
}

/** A speaking turn that is over. */
export interface LiveTurn {
  readonly turn_id: string;
  readonly speaker: "caller" | "bot" | "agent" | "supervisor";
  readonly language: string;
  readonly text: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly interrupted: boolean;
}

/** How the caller's voice has sounded up to here, smoothed over the call. */
export interface CurvePoint {
  readonly t_ms: number;
  readonly anger_prob: number;
  readonly arousal_score: number;
}

/** The newest value of a slot. */
export interface LiveSlot {
  readonly slot: string;
  readonly value: string;
  readonly confirmed: boolean;
}

/** A supervisor who is in the call. */
export interface LiveSupervisor {
  readonly supervisor: string;
  readonly mode: "listen" | "whisper" | "barge";
}

/** The humans of a call beside the caller. */
export interface LivePeople {
  /** Who is offered the caller, or has them; empty for nobody, or somebody on a phone who is not signed in. */
  readonly agent: string;
  /** Whom the agent is getting, or talks to beside the caller. */
  readonly second: string;
  readonly muted: boolean;
  /** The caller hears music. */
  readonly held: boolean;
  /** Of `restoring`: where it goes on. */
  readonly back: "" | "referring" | "calling" | "ringing" | "briefing" | "queued" | "offered" | "joining" | "connected" | "on_hold" | "reaching" | "consulting" | "conference" | "restoring" | "failed" | "cancelled" | "to_bot" | "released";
  readonly supervisors: readonly LiveSupervisor[];
}

/** State of a call for the pages. Texts that are not known yet are empty. */
export interface LiveCall {
  readonly seq: number;
  readonly call_id: string;
  readonly status: "ringing" | "talking" | "ended";
  readonly transport: string;
  readonly caller: string;
  readonly caller_name: string;
  readonly called: string;
  /** ISO 8601. */
  readonly offered_at_utc: string;
  readonly answered_at_utc: string;
  readonly ended_at_utc: string;
  readonly language: string;
  readonly flow: string;
  /** Latest time of the media clock. */
  readonly t_ms: number;
  readonly members: readonly LiveMember[];
  /** In the order in which legs were first measured. */
  readonly lines: readonly LiveLine[];
  /** In the order of the log. */
  readonly turns: readonly LiveTurn[];
  readonly emotion: readonly EmotionPoint[];
  /** A point for each estimate that did not abstain. */
  readonly emotion_curve: readonly CurvePoint[];
  /** What the words of each turn say, in the order of the log; those of reopened turns are gone. */
  readonly feelings: readonly FeelingRead[];
  /** In the order of their first value. */
  readonly slots: readonly LiveSlot[];
  /** The newest topic that was found. */
  readonly topic: string;
  readonly notice_given: boolean;
  readonly recording_consent: "unknown" | "given" | "refused";
  readonly emotion_consent: "unknown" | "given" | "refused";
  readonly recording: "off" | "on" | "paused" | "stopped";
  readonly recording_file: string;
  readonly safety: string;
  /** Reason of the newest escalation. */
  readonly escalation: string;
  readonly brief: BriefPrepared | null;
  readonly handover: "" | "referring" | "calling" | "ringing" | "briefing" | "queued" | "offered" | "joining" | "connected" | "on_hold" | "reaching" | "consulting" | "conference" | "restoring" | "failed" | "cancelled" | "to_bot" | "released";
  readonly people: LivePeople;
  readonly callback: "" | "offered" | "booked" | "declined";
  readonly flows_finished: readonly string[];
  /** What the service does less of, each once, in the order of first appearance. */
  readonly degraded: readonly string[];
  readonly result: string;
  readonly reason: string;
}

/** One line of the timeline. */
export interface TimelineEntry {
  /** Number of the event. */
  readonly seq: number;
  /** When it began: the body's own start, else the event's time, else the latest time known before it. */
  readonly t_ms: number;
  /** When it ended; equal to `t_ms` for what takes no time. */
  readonly end_ms: number;
  /** Type of the event. */
  readonly type: string;
  /** Role of the member it is about, or empty. */
  readonly who: string;
  /** Words that were spoken, or empty. */
  readonly text: string;
  /** Stable codes; see `DETAIL_FIELDS`. Of what words say of feelings the likeliest, `-` where none stands out. */
  readonly detail: string;
  /** The number it carries: `anger_prob` of an estimate that did not abstain, `mos` of a leg's quality, `talk_over_share` of a recording. */
  readonly value: number | null;
}

/** All lines so far. */
export interface Timeline {
  readonly seq: number;
  /** The latest time of the media clock seen so far. */
  readonly last_ms: number;
  /** By `t_ms`; at the same time, in the order of the log. */
  readonly entries: readonly TimelineEntry[];
}

/** One speaking turn. */
export interface TranscriptTurn {
  readonly turn_id: string;
  readonly speaker: "caller" | "bot" | "agent" | "supervisor";
  readonly language: "es" | "en";
  readonly text: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly interrupted: boolean;
  readonly utterance_ids: readonly string[];
}

/** One word at its time. */
export interface TranscriptWord {
  readonly text: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly prob: number;
  /** True where a secret stood. */
  readonly masked: boolean;
}

/** One stretch of speech with its words. */
export interface TranscriptUtterance {
  readonly utterance_id: string;
  readonly member: "caller" | "bot" | "agent" | "supervisor";
  readonly language: "es" | "en";
  readonly start_ms: number;
  readonly end_ms: number;
  readonly words: readonly TranscriptWord[];
}

/** Who said what, when. */
export interface Transcript {
  readonly seq: number;
  /** By start; at the same start, in the order of the log. */
  readonly turns: readonly TranscriptTurn[];
  /** By start; at the same start, in the order of the log. */
  readonly utterances: readonly TranscriptUtterance[];
}

/** What a caller's turn adds to; taken back with the turn. */
export interface TurnCounts {
  readonly caller_turns: number;
  readonly caller_talk_ms: number;
  readonly repairs: number;
  readonly topics_found: number;
  readonly topics_missed: number;
}

/** Counts and times of one call. */
export interface CallMetrics {
  readonly seq: number;
  readonly offered_at_utc: string;
  readonly answered: boolean;
  /** Latest time of the media clock: how long the call has lasted since the answer. */
  readonly duration_ms: number;
  readonly caller_turns: number;
  readonly bot_turns: number;
  readonly agent_turns: number;
  readonly caller_talk_ms: number;
  readonly bot_talk_ms: number;
  readonly agent_talk_ms: number;
  readonly barge_ins: number;
  /** How often the bot had to say that it did not understand. */
  readonly repairs: number;
  readonly topics_found: number;
  readonly topics_missed: number;
  readonly flows_finished: number;
  readonly emotion_estimates: number;
  readonly emotion_abstained: number;
  /** Highest anger of an estimate that did not abstain. */
  readonly anger_max_prob: number;
  /** From the end of a caller's turn to the start of the bot's next one. */
  readonly reply_gaps_ms: readonly number[];
  readonly escalated: boolean;
  /** How often the caller's side held us. */
  readonly holds: number;
  /** How long, holds that are over. */
  readonly held_ms: number;
  /** How often a human was called for the caller. */
  readonly handovers: number;
  readonly handed_over: boolean;
  /** From calling the human to human and caller hearing each other. */
  readonly handover_wait_ms: number | null;
  /** When the human was called who has not come yet. */
  readonly handover_since_ms: number | null;
  readonly degraded: number;
  /** Estimated opinion of the caller's line over the whole call; null until it is over, and in older logs. */
  readonly line_mos: number | null;
  /** The lowest that was written of the caller's line. */
  readonly line_worst_mos: number | null;
  /** How long the caller's line was poor. */
  readonly line_poor_ms: number;
  readonly result: string;
  readonly reason: string;
  /** End of the caller's turn that the bot has not answered yet. */
  readonly caller_stopped_ms: number | null;
  /** The counts before the caller's last turn. */
  readonly before_turn: TurnCounts;
}

/** What the recogniser thinks of an utterance that is still going on: a signal, never logged. */
export interface Hypothesis {
  readonly utterance_id: string;
  /** Grows by one with every hypothesis of the utterance; a late lower revision is ignored. */
  readonly revision: number;
  /** Words that no later hypothesis of the utterance changes. */
  readonly committed: readonly Word[];
  /** Words that may still change; shown, but not acted on. */
  readonly tentative: readonly Word[];
  readonly language: "es" | "en";
}

export type EventBody =
  | CallOffered
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
  | HandoverOffered
  | HandoverOfferEnded
  | HandoverAccepted
  | AgentReleased
  | CallerPutOnHold
  | CallerTakenBack
  | ConsultStarted
  | ConsultAnswered
  | ConferenceFormed
  | ConsultEnded
  | ConsultCompleted
  | AgentLineLost
  | AgentLineBack
  | AgentMuted
  | GivenToBot
  | SupervisionChanged
  | CustomerOpened
  | IdentifierAdded
  | IdentifierRemoved
  | CustomerNamed
  | JoinProposed
  | JoinDismissed
  | CustomersJoined
  | CustomersParted
  | ContactLinked
  | ContactUnlinked
  | CustomerVerified
  | PreferenceSet
  | ContactConsentSet
  | NoteWritten
  | CaseOpened
  | CaseContactAdded
  | CaseStatusSet
  | CaseNoted
  | ConversationOpened
  | ConversationReopened
  | MessageReceived
  | MessageSent
  | MessagePassed
  | ReplyDrafted
  | MessageDelivered
  | MessageFailed
  | StaffAwaited
  | StaffWaitOver
  | AgentEntered
  | AgentWentOut
  | ConversationClosed
  | VoicemailLeft
  | ContactQueued
  | ContactOffered
  | OfferAccepted
  | OfferEnded
  | ContactLeftQueue
  | AgentStateSet
  | WrapUpDone
  | StaffAdded
  | StaffRoleSet
  | StaffChanged
  | StaffPasswordSet
  | StaffUnlocked
  | StaffRemoved
  | StaffSignedIn
  | StaffSignInRefused
  | StaffSignedOut
  | StaffLooked;
