"""Makes a call of the log out of a recording from elsewhere: who spoke when, the words, how the caller sounded.

Works through the recording once, in batch, with the engines of live calls in their worker processes. Everything that is
written passes the same masking and silencing of secrets, and is written in one step at the end: a recording is in the
log as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, Samples
from calls.events import (
    CallAnswered,
    CallEnded,
    CallOffered,
    Degraded,
    EmotionEstimated,
    EventBody,
    LanguageChosen,
    LegJoined,
    NewEvent,
    RecordingStarted,
    RecordingStopped,
    TalkMeasured,
    TurnEnded,
)
from calls.ids import LANGUAGES, CallId, Language, LegId, MemberRole, TurnId, UtteranceId
from calls.speech import Turn, Utterance, Word
from records.redaction import PAD_MS, Redactor
from records.split_cards import SplitCards
from records.withdrawal import holds, withdrawn
from service.engines import Workers
from service.feeling import Feeling
from service.import_sound import ImportedSound, Sides
from service.secrets_kept import SecretsKept
from voice.hearing_port import HearingSettings, VoiceStates
from voice.speech_spans import Span, TalkShares, spans_of, talk_shares, turns_of, utterances_of
from voice.turn.settings import TurnSettings
from voice.vad.silero import WINDOW_SAMPLES

_VAD_WINDOWS = 94
"""Windows a request, 3 s. After one without any voice, voice activity starts afresh, as in live calls."""
_NO_VOICE_PROB = 0.1
_BEFORE_MS, _AFTER_MS = TurnSettings().preroll_ms, 200
"""Sound around an utterance that is recognised with it. Source: live calls; the recogniser adds its own silence."""
_SETTLING_WORDS = 2
"""Words after which the language that was heard is expected. Source: live calls."""

Progress = Callable[[str, int, int], None]
"""Is told what is being done, and how much of it is done: `("words", 3, 40)`."""


@dataclass(frozen=True, slots=True)
class Part:
    """One speaker's part in the call."""

    member: MemberRole
    sound: Samples
    """At 16 kHz: the speaker's channel, or the whole mono recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is known of the call before it is listened to."""

    call_id: CallId
    sound: ImportedSound
    spans: tuple[Span, ...]
    """Who speaks when."""
    parts: tuple[Part, ...]
    """By the number of the speaker."""
    caller: str
    called: str
    began_utc: datetime
    language: Language | None
    """None lets the words decide."""
    no_emotion: str
    """Why no emotion may be estimated, as the log says it; empty when it may, of the caller alone."""
    keep_sound: bool


@dataclass(slots=True)
class Imported:
    """What came of it: facts, and the sound to keep, secrets gone from both."""

    facts: list[NewEvent]
    sides: Sides | None
    """At 16 kHz; None when no sound may be kept."""
    language: Language
    shares: TalkShares
    words: int
    estimates: int


@dataclass(slots=True)
class _Heard:
    """One utterance and what was made of it."""

    utterance: Utterance
    states: VoiceStates | None


async def find_voice(workers: Workers, channels: Sequence[Samples], progress: Progress) -> tuple[Span, ...]:
    """Return who speaks when on a recording with a channel a speaker.

    Raises:
        CallCentreError: voice activity failed.
    """
    spans: list[Span] = []
    for speaker, channel in enumerate(channels):
        padded = np.pad(channel, (0, -channel.size % WINDOW_SAMPLES))
        step = _VAD_WINDOWS * WINDOW_SAMPLES
        fresh = state = np.zeros(0, np.float32)
        probs = []
        for start in range(0, padded.size, step):
            progress("who speaks when", speaker * padded.size + start, padded.size * len(channels))
            arrays: dict[str, npt.NDArray[Any]] = {"samples": padded[start : start + step], "state": state}
            reply = await workers.ears.call("vad", "probs", {}, arrays)
            probs.append(reply.arrays["probs"])
            state = fresh if float(probs[-1].max()) < _NO_VOICE_PROB else reply.arrays["state"]
        spans += spans_of(np.concatenate(probs), speaker)
    return tuple(sorted(spans, key=lambda span: (span.start_ms, span.speaker)))


async def listen(plan: Import, workers: Workers, engine: str, progress: Progress) -> Imported:
    """Recognise everything, estimate the caller's emotion where that is allowed, and write it all down.

    Raises:
        CallCentreError: an engine failed; nothing of the recording is kept.
    """
    utterances = utterances_of(plan.spans)
    heard: list[_Heard] = []
    settled: Language | None = plan.language
    for at, span in enumerate(utterances):
        progress("words", at, len(utterances))
        one = await _recognise(plan, workers, at, span, settled)
        if settled is None and len(one.utterance.words) >= _SETTLING_WORDS:
            settled = one.utterance.language
        heard.append(one)
    progress("words", len(utterances), len(utterances))
    notes = _Notes(plan)
    estimates = await _feelings(plan, workers, heard, progress)
    language = _language(plan, heard)
    _begin(notes, plan, language)
    _write_turns(notes, plan, utterances, heard, estimates, engine)
    shares = talk_shares(plan.spans, plan.sound.duration_ms, len(plan.parts))
    _end(notes, plan, shares)
    return Imported(
        facts=notes.facts(),
        sides=notes.sides,
        language=language,
        shares=shares,
        words=sum(len(one.utterance.words) for one in heard),
        estimates=len(estimates),
    )


async def _recognise(plan: Import, workers: Workers, at: int, span: Span, expected: Language | None) -> _Heard:
    part = plan.parts[span.speaker]
    start_ms = max(0, span.start_ms - _BEFORE_MS)
    settings = HearingSettings()
    data = {
        "offset_ms": start_ms,
        "language": plan.language,
        "languages": list(LANGUAGES),
        "final": True,
        "vocabulary": None,
        "expected": expected,
        "switch_prob": settings.switch_prob if expected else settings.first_switch_prob,
        "speech_ms": span.end_ms - span.start_ms,
        "expecting": None,
    }
    sound = _between(part.sound, start_ms, span.end_ms + _AFTER_MS)
    reply = await workers.asr.call("asr", "decode", data, {"samples": sound})
    words = tuple(Word(**word) for word in reply.data["words"])
    utterance = Utterance(
        utterance_id=UtteranceId(f"speaker{span.speaker + 1}-u{at + 1}"),
        member=part.member,
        language=reply.data["language"],
        language_prob=float(reply.data["language_prob"]),
        start_ms=span.start_ms,
        end_ms=max(span.end_ms, *(word.end_ms for word in words)) if words else span.end_ms,
        words=words,
    )
    states = VoiceStates(reply.data["encoder"], reply.arrays["states"]) if "states" in reply.arrays else None
    return _Heard(utterance, states)


async def _feelings(
    plan: Import, workers: Workers, heard: Sequence[_Heard], progress: Progress
) -> dict[UtteranceId, EmotionEstimated]:
    """Estimate how the caller sounded, never how anybody else did."""
    if plan.no_emotion:
        return {}
    feeling = Feeling(workers.mind)
    found: dict[UtteranceId, EmotionEstimated] = {}
    for at, one in enumerate(heard):
        utterance = one.utterance
        if utterance.member != "caller" or not utterance.words:
            continue
        progress("emotion of the caller", at, len(heard))
        speaker = next(number for number, part in enumerate(plan.parts) if part.member == "caller")
        sound = _between(plan.parts[speaker].sound, utterance.start_ms, utterance.end_ms)
        found[utterance.utterance_id] = EmotionEstimated(
            utterance_id=utterance.utterance_id,
            start_ms=utterance.start_ms,
            end_ms=utterance.end_ms,
            estimate=await feeling.estimate(utterance, sound, one.states),
        )
    return found


def _between(sound: Samples, start_ms: int, end_ms: int) -> Samples:
    per_ms = SPEECH_RATE_HZ // 1000
    return sound[start_ms * per_ms : end_ms * per_ms]


def _language(plan: Import, heard: Sequence[_Heard]) -> Language:
    """Return the language of most of the words."""
    if plan.language is not None:
        return plan.language
    counts = dict.fromkeys(LANGUAGES, 0)
    for one in heard:
        counts[one.utterance.language] += len(one.utterance.words)
    return max(LANGUAGES, key=lambda language: counts[language])


class _Notes:
    """The facts and the sound of one import; `SecretsKept` writes to both."""

    def __init__(self, plan: Import) -> None:
        self.now_ms = 0
        self._plan = plan
        self._noted: list[tuple[int, EventBody, str]] = []
        self.sides: Sides | None = _sides(plan) if plan.keep_sound else None

    def note(self, body: EventBody, source: str, *, t_ms: int | None = None) -> None:
        at_ms = self.now_ms if t_ms is None else t_ms
        self._noted.append((min(at_ms, self._plan.sound.duration_ms), body, source))

    def silence(self, start_ms: int, end_ms: int) -> bool:
        if self.sides is None:
            return False
        per_ms = SPEECH_RATE_HZ // 1000
        self.sides[max(0, start_ms) * per_ms : end_ms * per_ms] = 0
        return True

    def withdraw(self, cards: SplitCards, since_ms: int) -> None:
        """Take card numbers that came in parts out of what was noted; nothing of it is written yet."""
        self._noted = [
            (t_ms, withdrawn(body) if t_ms >= since_ms and holds(body, cards) else body, source)
            for t_ms, body, source in self._noted
        ]

    def facts(self) -> list[NewEvent]:
        """Return the facts in the order of their times."""
        began = self._plan.began_utc
        return [
            NewEvent(
                stream_kind="call",
                stream_id=self._plan.call_id,
                body=body,
                at_utc=began + timedelta(milliseconds=t_ms),
                t_ms=None if isinstance(body, CallOffered) else t_ms,
                source=source,
            )
            for t_ms, body, source in sorted(self._noted, key=lambda noted: noted[0])
        ]


def _sides(plan: Import) -> Sides:
    """Return the sound to keep, the caller left, everybody else right.

    A mono recording is divided: left holds it while the caller speaks, right while somebody else does or nobody.
    """
    sides = np.zeros((plan.sound.channels[0].size, 2), np.int16)
    if len(plan.sound.channels) == 2:
        for part in plan.parts:
            sides[:, 0 if part.member == "caller" else 1] = part.sound
        return sides
    mono, per_ms = plan.sound.channels[0], SPEECH_RATE_HZ // 1000
    by_caller, by_others = np.zeros(mono.size, bool), np.zeros(mono.size, bool)
    for span in plan.spans:
        side = by_caller if plan.parts[span.speaker].member == "caller" else by_others
        side[span.start_ms * per_ms : span.end_ms * per_ms] = True
    sides[:, 0] = np.where(by_caller, mono, 0)
    sides[:, 1] = np.where(by_others | ~by_caller, mono, 0)
    return sides


def _begin(notes: _Notes, plan: Import, language: Language) -> None:
    sound = plan.sound
    notes.note(
        CallOffered(
            transport="import", caller=plan.caller, caller_name="", called=plan.called, peer_call_id=sound.sha256
        ),
        "import",
    )
    notes.note(CallAnswered(language=language, flow="import"), "import")
    for number, part in enumerate(plan.parts, 1):
        leg_id = LegId(f"{plan.call_id}-speaker{number}")
        notes.note(LegJoined(leg_id=leg_id, member=part.member, codec=sound.coding, rate_hz=sound.rate_hz), "import")
    if plan.language is None:
        notes.note(LanguageChosen(language=language, how="detected"), "asr")
    if notes.sides is not None:
        notes.note(RecordingStarted(file=f"{plan.call_id}.wav", rate_hz=SPEECH_RATE_HZ), "recorder")
    if plan.no_emotion:
        notes.note(Degraded(what="no_emotion", reason=plan.no_emotion), "import")


def _write_turns(
    notes: _Notes,
    plan: Import,
    utterances: Sequence[Span],
    heard: Sequence[_Heard],
    estimates: dict[UtteranceId, EmotionEstimated],
    engine: str,
) -> None:
    """Write utterances, estimates and turns, secrets masked: also those that one announces and another says."""
    redactor = Redactor()
    keepers = [SecretsKept(notes, notes, engine, redactor, withdraw=notes.withdraw) for _ in plan.parts]
    for number, places in enumerate(turns_of(utterances), 1):
        keeper = keepers[utterances[places[0]].speaker]
        spoken = [heard[at].utterance for at in places if heard[at].utterance.words]
        for utterance in spoken:
            notes.now_ms = utterance.end_ms
            keeper.utterance(utterance, utterance.end_ms + PAD_MS)
            if utterance.utterance_id in estimates:
                notes.note(estimates[utterance.utterance_id], "prosody")
        if not spoken:
            continue
        turn = Turn(
            turn_id=TurnId(f"t{number}"),
            speaker=spoken[0].member,
            text=" ".join(utterance.text for utterance in spoken),
            language=spoken[-1].language,
            start_ms=spoken[0].start_ms,
            end_ms=spoken[-1].end_ms,
            utterance_ids=tuple(utterance.utterance_id for utterance in spoken),
        )
        keeper.turn_said(turn, "")
        keeper.turn_over(spoken[-1].end_ms + PAD_MS)
        notes.note(
            TurnEnded(
                turn_id=turn.turn_id,
                speaker=turn.speaker,
                text=keeper.text(turn),
                language=turn.language,
                start_ms=turn.start_ms,
                end_ms=turn.end_ms,
                utterance_ids=turn.utterance_ids,
                interrupted=False,
            ),
            "import",
        )


def _end(notes: _Notes, plan: Import, shares: TalkShares) -> None:
    notes.now_ms = plan.sound.duration_ms
    notes.note(
        TalkMeasured(
            speakers=len(plan.parts),
            talk_over_share=shares.talk_over_share,
            silence_share=shares.silence_share,
            longest_silence_start_ms=shares.longest_silence_start_ms,
            longest_silence_ms=shares.longest_silence_ms,
        ),
        "import",
    )
    if notes.sides is not None:
        notes.note(RecordingStopped(reason="call_ended", duration_ms=plan.sound.duration_ms), "recorder")
    notes.note(CallEnded(result="completed", reason="recording_over"), "import")
