"""The recognition engine: words of one stretch of speech, with times, and none where nobody spoke.

The encoder sees the speech and a little silence instead of 30 s, which is where most of stock Whisper's time goes. What
that can cost (loops, lost threads) is watched for by guards, and only then the full window is paid.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import SPEECH_RATE_HZ, FloatSamples, to_float, to_int16
from calls.errors import CallCentreError
from voice.asr.dictation import DIGITS_PROMPT, LEAST_DIGITS, cut_to_sound, digits_in, is_dictated, loops_over_digits
from voice.asr.encoder_states import BEHIND_MS, PooledStates, pool, together
from voice.asr.evidence import Evidence, signal_evidence, split_at_pauses
from voice.asr.guards import MAX_COMPRESSION_RATIO, compression_ratio, find_loop, max_tokens_for
from voice.asr.model import FULL_WINDOW_MS, Decoding, WhisperModel
from voice.asr.whisper_settings import WhisperSettings
from voice.asr.words import (
    TimedWord,
    echoed_tail,
    group_tokens,
    snap_to_sound,
    spread_starts_ms,
    timed_words,
    token_starts_ms,
)
from voice.vad.silero import WINDOW_SAMPLES, SileroVad
from voice.workers.engine import Reply
from voice.workers.protocol import Arrays

__all__ = ["WhisperEngine", "WhisperSettings", "create"]


@dataclass(frozen=True, slots=True)
class _Heard:
    """The outcome for one window."""

    words: list[TimedWord]
    no_speech_prob: float
    avg_log_prob: float
    passes: int
    """Decoder runs that it took; 1 when no guard fired."""
    states: PooledStates | None = None
    """Of the speech, as the first window gave them; None for a partial, or where nobody spoke."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What a caller of `decode` may say."""

    offset_ms: int
    language: str | None
    languages: tuple[str, ...]
    final: bool
    vocabulary: str | None
    speech_ms: int | None
    expected: str | None
    switch_prob: float
    expecting: str | None

    @classmethod
    def of(cls, data: dict[str, Any]) -> _Request:
        """Read the request.

        Raises:
            CallCentreError: `asr.bad_language` for a language that the engine was not asked to tell apart.
        """
        languages = tuple(data.get("languages") or ("es", "en"))
        language = data.get("language")
        if language is not None and language not in languages:
            sentence = f"Recognition was asked for the language {language!r}, which is not among {list(languages)}."
            raise CallCentreError("asr.bad_language", sentence, fault="us")
        return cls(
            offset_ms=int(data.get("offset_ms", 0)),
            language=language,
            languages=languages,
            final=bool(data.get("final", True)),
            vocabulary=data.get("vocabulary") or None,
            speech_ms=data.get("speech_ms"),
            expected=data.get("expected"),
            switch_prob=float(data.get("switch_prob", 0.0)),
            expecting=data.get("expecting"),
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """One window, encoded, and what is known of it."""

    states: Any
    window_ms: int
    language: str
    limit: int
    """Most tokens."""
    active_ms: int
    """Sound above the background."""
    speech_ms: int | None
    """Voice, as voice activity counted it."""


@dataclass(frozen=True, slots=True)
class _Better:
    """The best text so far, and the window that it was read from."""

    look: _Look
    decoding: Decoding


@dataclass(slots=True)
class _Language:
    """The language of the request: given, or found in the first window."""

    code: str | None
    prob: float = 1.0
    probs: dict[str, float] = field(default_factory=dict)


_StretchKey = tuple[bytes, str | None, str | None, tuple[str, ...], str | None, str | None]
_FINISHED_KEPT = 32
"""Finished stretches that are remembered, over all calls: a few for each caller who talks for long."""


def _as_json(words: Sequence[TimedWord], shift_ms: int) -> list[dict[str, Any]]:
    return [
        {
            "text": word.text,
            "start_ms": word.start_ms + shift_ms,
            "end_ms": word.end_ms + shift_ms,
            "prob": round(word.prob, 4),
        }
        for word in words
    ]


class WhisperEngine:
    """Serves `decode` inside a worker, for as many threads as `WhisperSettings.at_once` says."""

    def __init__(self, settings: WhisperSettings) -> None:
        """Load the model.

        Raises:
            CallCentreError: `model.missing` or `model.corrupt`.
        """
        self._settings = settings
        folder = Path(settings.model_dir).expanduser()
        self._model = WhisperModel(
            folder, compute_type=settings.compute_type, threads=settings.threads, at_once=settings.at_once
        )
        self._vad = SileroVad(Path(settings.vad_model or folder.parent / "silero-vad" / "silero_vad_v6.onnx"))
        self._finished: dict[_StretchKey, tuple[_Heard, str | None, float]] = {}
        self._finished_lock = threading.Lock()
        self.name = f"{folder.name} {settings.compute_type}"
        self.encoder = _encoder_id(folder / "model.bin", settings)

    def warm_up(self) -> None:
        """Run every part once on a second of faint noise."""
        noise = np.random.default_rng(1).normal(0.0, 0.01, SPEECH_RATE_HZ).astype(np.float32)
        states = self._model.encode(noise, self._settings.min_window_ms)
        self._model.language_probs(states, ("es", "en"))
        self._model.decode(states, "en", max_tokens=2)
        self._model.align(states, "en", self._model.tokens_of("yes"), 1_000)
        self._vad.warm_up()

    def handle(self, method: str, data: dict[str, Any], arrays: Arrays) -> Iterator[Reply | None]:
        """Serve `decode`: array `samples`, int16, 16 kHz, one stretch of speech; see docs/adr/0003.

        Data: `offset_ms` (added to all times), `language` ("es", "en" or null to find out), `languages` (what may be
        found), `final` (true: exact word times and every guard), `vocabulary` (words to listen for, or null), and
        optionally `speech_ms` (how much of it voice activity counted as speech), `expected` and `switch_prob` (with
        `language` null: stay with the expected language unless another is at least so probable), `expecting` ("digits"
        when a number was asked for: it is listened for, and anything else is still heard).

        Replies with `words` [{text, start_ms, end_ms, prob}] (those of a partial all have the mean of its tokens as
        `prob`), `language`, `language_prob`, `no_speech_prob`, `avg_log_prob`, `passes`, `cpu_ms` (of the process: what
        is served beside it counts), `engine`, `encoder`. No words when nobody spoke; a language found without words has
        `language_prob` 0. A final with words has the array `states`, float32: the mean of the encoder's states
        in the silence behind the speech, which mean something only to who was trained on the same `encoder`.

        Serves `states` as well: the same array for `samples`, without words; empty when nobody spoke.

        The words of an earlier partial are not reused: a token that is forced costs CTranslate2 as much as one that is
        decoded (measured, 18 tokens 45 ms).
        """
        if method == "states":
            yield self._states_reply(self._pooled(to_float(arrays["samples"])))
            return
        if method != "decode":
            raise CallCentreError("engine.no_method", f"Recognition has no method {method!r}.", fault="us")
        request = _Request.of(data)
        began_s = time.process_time()
        sound = to_float(arrays["samples"])
        language = _Language(request.language)
        pieces = self._pieces(sound)
        heard: list[_Heard] = []
        words: list[dict[str, Any]] = []
        for begin, end in pieces:
            outcome: _Heard | None = None
            if end == sound.size:
                alone = request if len(pieces) == 1 else replace(request, speech_ms=None)
                work = self._hear(sound[begin:end], alone, language)
            else:
                work = self._hear_once(sound[begin:end], request, language)
            for outcome in work:
                if outcome is None:
                    yield None
            assert outcome is not None
            heard.append(outcome)
            words += _as_json(outcome.words, request.offset_ms + begin * 1000 // SPEECH_RATE_HZ)
        pooled = together(each.states for each in heard if each.states is not None)
        yield Reply(
            {
                "words": words,
                "language": language.code or request.languages[0],
                "language_prob": round(language.prob, 4) if words or request.language else 0.0,
                "no_speech_prob": round(min(each.no_speech_prob for each in heard), 4),
                "avg_log_prob": round(min(each.avg_log_prob for each in heard), 4),
                "passes": max(each.passes for each in heard),
                "cpu_ms": round(1000 * (time.process_time() - began_s), 1),
                "engine": self.name,
                "encoder": self.encoder,
            },
            {"states": pooled.vector} if request.final and words and pooled is not None else {},
        )

    def _pieces(self, sound: FloatSamples) -> list[tuple[int, int]]:
        settings = self._settings
        return split_at_pauses(sound, settings.shortest_piece_ms, settings.longest_piece_ms, settings.hard_piece_ms)

    def _pooled(self, sound: FloatSamples) -> PooledStates | None:
        """Return the states of all speech in a sound as a final decode of it would."""
        found = []
        for begin, end in self._pieces(sound):
            evidence = signal_evidence(sound[begin:end])
            if evidence.active_ms >= self._settings.min_active_ms:
                states = self._model.encode(sound[begin:end], self._window_ms(end - begin))
                found.append(pool(self._model.array_of(states), evidence.end_ms))
        return together(found)

    def _states_reply(self, states: PooledStates | None) -> Reply:
        vector = np.zeros(0, np.float32) if states is None else states.vector
        return Reply({"encoder": self.encoder}, {"states": vector})

    def _window_ms(self, n_samples: int) -> int:
        length_ms = n_samples * 1000 // SPEECH_RATE_HZ
        return min(FULL_WINDOW_MS, max(self._settings.min_window_ms, length_ms + self._settings.tail_ms))

    def _hear_once(self, sound: FloatSamples, request: _Request, language: _Language) -> Iterator[_Heard | None]:
        """Recognise a finished stretch of a longer utterance with full care, or remember what it was found to be."""
        digest = hashlib.blake2b(sound.tobytes(), digest_size=16).digest()
        key = (digest, language.code, request.expected, request.languages, request.vocabulary, request.expecting)
        with self._finished_lock:
            known = self._finished.get(key)
        if known is None:
            careful = replace(request, final=True, speech_ms=None)
            outcome: _Heard | None = None
            for outcome in self._hear(sound, careful, language):
                if outcome is None:
                    yield None
            assert outcome is not None
            known = (outcome, language.code, language.prob)
            with self._finished_lock:
                self._finished[key] = known
                if len(self._finished) > _FINISHED_KEPT:
                    del self._finished[next(iter(self._finished))]
        outcome, language.code, language.prob = known
        yield outcome

    def _hear(self, sound: FloatSamples, request: _Request, language: _Language) -> Iterator[_Heard | None]:
        """Recognise one window; None at each checkpoint, the outcome at last."""
        evidence = signal_evidence(sound)
        if evidence.active_ms < self._settings.min_active_ms:
            yield _Heard([], 1.0, 0.0, 0)
            return
        length_ms = sound.size * 1000 // SPEECH_RATE_HZ
        window_ms = self._window_ms(sound.size)
        states = self._model.encode(sound, window_ms)
        pooled = pool(self._model.array_of(states), evidence.end_ms) if request.final else None
        yield None
        if language.code is None:
            language.probs = self._model.language_probs(states, request.languages)
            language.code = self._choose(language.probs, request)
            language.prob = language.probs[language.code]
            yield None
        look = _Look(states, window_ms, language.code, max_tokens_for(length_ms), evidence.active_ms, request.speech_ms)
        prompt = self._prompt(request)
        decoding = self._decode(look, prompt=prompt, beam=self._settings.beam if request.final else 1)
        passes = 1
        yield None
        if request.final and not self._is_silence(decoding, sound, look):
            if self._has_number(decoding) or request.expecting == "digits":
                decoding, passes = self._listen_for_digits(look, decoding), 2
                yield None
            if self._is_unsound(decoding, look):
                for better in self._second_look(sound, look, decoding, thirdly=passes == 1):
                    look, decoding, passes = better.look, better.decoding, passes + 1
                    yield None
        silent = self._is_silence(decoding, sound, look, last=True)
        tokens = [] if silent else cut_to_sound(decoding.tokens, look.active_ms, self._model.text_of)
        guessed_prob = None if request.final else min(1.0, math.exp(decoding.avg_log_prob))
        words = self._words(look, tokens, evidence, guessed_prob)
        yield _Heard(words, decoding.no_speech_prob, decoding.avg_log_prob, passes, pooled)

    def _prompt(self, request: _Request) -> list[int]:
        """Return what the decoder is told was said before: a partial has one try, so digits that are due take it."""
        if request.expecting == "digits" and not request.final:
            return self._model.tokens_of(DIGITS_PROMPT)
        return self._model.tokens_of(request.vocabulary) if request.vocabulary else []

    def _decode(self, look: _Look, *, prompt: Sequence[int] = (), beam: int = 1, temperature: float = 0.0) -> Decoding:
        return self._model.decode(
            look.states, look.language, max_tokens=look.limit, prompt=prompt, beam=beam, temperature=temperature
        )

    def _listen_for_digits(self, look: _Look, decoding: Decoding) -> Decoding:
        """Decode again in the expectation of digits; return the better."""
        again = self._decode(look, prompt=self._model.tokens_of(DIGITS_PROMPT), beam=self._settings.beam)
        return max(decoding, again, key=lambda each: self._merit(each, look))

    @staticmethod
    def _choose(probs: dict[str, float], request: _Request) -> str:
        """Return the likeliest language; another than the expected one only when it is likely enough."""
        likeliest = max(probs, key=probs.__getitem__)
        expected = request.expected
        return expected if expected in probs and probs[likeliest] < request.switch_prob else likeliest

    def _is_looped(self, decoding: Decoding, look: _Look) -> bool:
        """Tell whether it ran into a loop, or did not end; digits that were dictated are no loop."""
        if find_loop(decoding.tokens) is None:
            return not decoding.complete
        return not (decoding.complete and is_dictated(decoding.tokens, look.active_ms, self._model.text_of))

    def _is_thin(self, decoding: Decoding, look: _Look) -> bool:
        """Tell whether most of the speech was left out."""
        voice_ms = look.active_ms if look.speech_ms is None else min(look.speech_ms, look.active_ms)
        return (
            voice_ms >= self._settings.thin_voice_ms
            and len(decoding.tokens) * 1000 < voice_ms * self._settings.min_tokens_a_s
        )

    def _is_unsound(self, decoding: Decoding, look: _Look) -> bool:
        """Tell whether a guard fires: a loop, no end, hardly any words, or a lost thread."""
        tokens, text_of = decoding.tokens, self._model.text_of
        repeats = compression_ratio(text_of(tokens)) > MAX_COMPRESSION_RATIO and not loops_over_digits(tokens, text_of)
        lost = decoding.avg_log_prob < self._settings.min_avg_log_prob
        return repeats or lost or self._is_looped(decoding, look) or self._is_thin(decoding, look)

    def _merit(self, decoding: Decoding, look: _Look) -> tuple[bool, bool, float]:
        return not self._is_looped(decoding, look), not self._is_thin(decoding, look), decoding.avg_log_prob

    def _second_look(self, sound: FloatSamples, look: _Look, decoding: Decoding, *, thirdly: bool) -> Iterator[_Better]:
        """Decode again with the full window, then, if `thirdly`, with some randomness; yield the best after each.

        With the first decode they are three at the most, those of the full window of one hypothesis, so that all of
        them take about twice what the stock full window takes.
        """
        tried = [_Better(look, decoding)]
        if look.window_ms < FULL_WINDOW_MS:
            full = replace(look, states=self._model.encode(sound, FULL_WINDOW_MS), window_ms=FULL_WINDOW_MS)
            prompt = self._model.tokens_of(DIGITS_PROMPT) if self._has_number(decoding) else []
            tried.append(_Better(full, self._decode(full, prompt=prompt)))
            yield max(tried, key=lambda each: self._merit(each.decoding, each.look))
        last = tried[-1].look
        if thirdly and self._is_unsound(tried[-1].decoding, last):
            tried.append(_Better(last, self._decode(last, temperature=0.4)))
            yield max(tried, key=lambda each: self._merit(each.decoding, each.look))

    def _has_number(self, decoding: Decoding) -> bool:
        return digits_in(self._model.text_of(decoding.tokens)) >= LEAST_DIGITS

    def _is_silence(self, decoding: Decoding, sound: FloatSamples, look: _Look, *, last: bool = False) -> bool:
        """Tell whether the text was made up although nobody spoke; what it says plays no part.

        Args:
            decoding: The text and how sure of it the decoder is.
            sound: The window.
            look: What is known of the sound.
            last: No better text will be looked for: one that has nothing to do with the sound is dropped.
        """
        settings = self._settings
        unsure = decoding.no_speech_prob > settings.doubt_no_speech_prob
        if not unsure and decoding.avg_log_prob >= settings.doubt_avg_log_prob:
            return False
        if last and decoding.avg_log_prob < settings.garbage_avg_log_prob:
            return True
        voiced_ms = look.speech_ms if look.speech_ms is not None else self._voiced_ms(sound)
        lost = decoding.no_speech_prob > settings.no_speech_prob and decoding.avg_log_prob < settings.min_avg_log_prob
        lost = lost or decoding.avg_log_prob < settings.garbage_avg_log_prob
        return voiced_ms < (settings.clear_voice_ms if lost else settings.min_voiced_ms)

    def _voiced_ms(self, sound: FloatSamples) -> int:
        """Return how long voice activity hears speech."""
        samples = to_int16(sound)
        samples = np.pad(samples, (0, -samples.size % WINDOW_SAMPLES))
        probs, _ = self._vad.probs(samples, np.zeros(0, dtype=np.float32))
        return int((probs > 0.5).sum()) * WINDOW_SAMPLES * 1000 // SPEECH_RATE_HZ

    def _words(
        self, look: _Look, tokens: Sequence[int], evidence: Evidence, guessed_prob: float | None
    ) -> list[TimedWord]:
        """Return the words of `tokens`; without `guessed_prob` with exact times and probabilities of their own."""
        groups = group_tokens(tokens, self._model.text_of)
        if not groups:
            return []
        if guessed_prob is None:
            path, probs = self._model.align(look.states, look.language, tokens, evidence.end_ms)
            starts = token_starts_ms(path, len(tokens))
            if echoed := echoed_tail(tokens, starts):
                tokens = tokens[:-echoed]
                groups, starts = group_tokens(tokens, self._model.text_of), starts[: len(tokens) + 1]
        else:
            probs = [guessed_prob] * len(tokens)
            starts = spread_starts_ms(groups, len(tokens), evidence.start_ms, evidence.end_ms)
        words = timed_words(groups, starts, probs, speech_start_ms=evidence.start_ms, speech_end_ms=evidence.end_ms)
        return snap_to_sound(words, evidence.active) if guessed_prob is None else words


def _encoder_id(weights: Path, settings: WhisperSettings) -> str:
    """Name all that the states depend on: weights, precision, the silence put behind speech, how much of it is read."""
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{digest[:16]}-{settings.compute_type}-{settings.min_window_ms}+{settings.tail_ms}-behind{BEHIND_MS}"


def create(options: dict[str, Any]) -> WhisperEngine:
    """Make the engine; `options` are the fields of `WhisperSettings`."""
    return WhisperEngine(WhisperSettings(**options))
