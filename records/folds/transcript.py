"""The transcript: turns and utterances with their words, in the order of the media clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

from calls.events import Event, SecretWithdrawn, TurnEnded, TurnReopened, UtteranceHeard
from calls.ids import Language, MemberRole
from records.redaction import MASK


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptWord:
    """One word at its time."""

    text: str
    start_ms: int
    end_ms: int
    prob: float
    masked: bool
    """True where a secret stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptUtterance:
    """One stretch of speech with its words."""

    utterance_id: str
    member: MemberRole
    language: Language
    start_ms: int
    end_ms: int
    words: tuple[TranscriptWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptTurn:
    """One speaking turn."""

    turn_id: str
    speaker: MemberRole
    language: Language
    text: str
    start_ms: int
    end_ms: int
    interrupted: bool
    utterance_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Who said what, when."""

    seq: int = 0
    turns: tuple[TranscriptTurn, ...] = ()
    """By start; at the same start, in the order of the log."""
    utterances: tuple[TranscriptUtterance, ...] = ()
    """By start; at the same start, in the order of the log."""


def transcript_step(state: Transcript, event: Event) -> Transcript:
    """Take one more event."""
    body = event.body
    if isinstance(body, TurnEnded):
        turn = TranscriptTurn(
            turn_id=body.turn_id,
            speaker=body.speaker,
            language=body.language,
            text=body.text,
            start_ms=body.start_ms,
            end_ms=body.end_ms,
            interrupted=body.interrupted,
            utterance_ids=body.utterance_ids,
        )
        turns = state.turns
        at = len(turns)
        while at > 0 and turns[at - 1].start_ms > turn.start_ms:
            at -= 1
        return replace(state, seq=event.seq, turns=(*turns[:at], turn, *turns[at:]))
    if isinstance(body, TurnReopened):
        return replace(state, seq=event.seq, turns=tuple(t for t in state.turns if t.turn_id != body.turn_id))
    if isinstance(body, UtteranceHeard):
        heard = TranscriptUtterance(
            utterance_id=body.utterance_id,
            member=body.member,
            language=body.language,
            start_ms=body.start_ms,
            end_ms=body.end_ms,
            words=tuple(
                TranscriptWord(
                    text=word.text,
                    start_ms=word.start_ms,
                    end_ms=word.end_ms,
                    prob=word.prob,
                    masked=word.text == MASK,
                )
                for word in body.words
            ),
        )
        said = state.utterances
        at = len(said)
        while at > 0 and said[at - 1].start_ms > heard.start_ms:
            at -= 1
        return replace(state, seq=event.seq, utterances=(*said[:at], heard, *said[at:]))
    if isinstance(body, SecretWithdrawn):
        return replace(
            state,
            seq=event.seq,
            turns=tuple(replace(t, text=MASK) if t.turn_id in body.turn_ids else t for t in state.turns),
            utterances=tuple(_masked(u) if u.utterance_id in body.utterance_ids else u for u in state.utterances),
        )
    return replace(state, seq=event.seq)


def _masked(heard: TranscriptUtterance) -> TranscriptUtterance:
    return replace(heard, words=tuple(replace(word, text=MASK, masked=True) for word in heard.words))
