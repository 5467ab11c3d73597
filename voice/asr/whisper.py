"""The recognition engine: words of one stretch of speech, with times, and none where nobody spoke.

The encoder sees the speech and a little silence instead of 30 s, which is where most of stock Whisper's time goes. What
that can cost (loops, lost threads) is watched for by guards, and only then the full window is paid.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import SPEECH_RATE_HZ, FloatSamples, to_float, to_int16
from calls.errors import CallCentreError
from voice.asr.evidence import Evidence, signal_evidence, split_at_pauses
from voice.asr.guards import MAX_COMPRESSION_RATIO, compression_ratio, cut_loop, find_loop, max_tokens_for
from voice.asr.model import FULL_WINDOW_MS, Decoding, WhisperModel
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

MOST_DIGITS_A_S = 6
"""Nobody reads out more digits a second. Source: fast syllable rate of English and Spanish, about 6 to 7 a second."""


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """How to run; the defaults are what `bench asr` measured best on two cores."""

    model_dir: str
    vad_model: str | None = None
    """Silero ONNX file, asked when the text is in doubt; null takes the one of the model folder beside this one."""
    compute_type: str = "int8"
    threads: int = 1
    """Threads of one decode. Source: measured on two cores, 8 s window, 21 tokens: one thread takes 64 ms to encode and
    80 ms to decode, two threads 66 ms and 215 ms, since they wait for each other at every token."""
    beam: int = 5
    """Width of the search of finals; partials are greedy. Source: bench, on 135 clips 5 takes 1.2 (English) and 3.3
    (Spanish) points off the word error rate of greedy for 60 ms more."""
    min_window_ms: int = 8_000
    """The encoder sees at least this much. Source: bench, stock quality from 8 s on; loops begin below 5 s."""
    tail_ms: int = 1_000
    """Silence behind the speech. Source: bench; half a second loses last words."""
    min_avg_log_prob: float = -1.0
    """Below it the decoder has lost the thread. Source: Radford et al. 2022, section 4.5."""
    no_speech_prob: float = 0.6
    """Above it, together with a low probability, nobody spoke. Source: as above."""
    doubt_no_speech_prob: float = 0.3
    """Above it, voice activity is asked. Source: 98 noises have 0.18 to 0.93, 95 % of real clips below 0.2."""
    doubt_avg_log_prob: float = -0.9
    """Below it, voice activity is asked. Source: as above, noises -3.8 to -0.7, real clips above -0.85."""
    garbage_avg_log_prob: float = -1.8
    """Below it the text has nothing to do with the sound, voice or not. Source: as above."""
    min_voiced_ms: int = 130
    """Four windows of voice activity are a word. Source: as above, spoken words have 220 ms, noises up to 96 ms."""
    min_active_ms: int = 60
    """Less sound than this above the background is not a word. Source: the vowel of a short "no" has 80 ms."""
    shortest_piece_ms: int = 6_000
    longest_piece_ms: int = 12_000
    """Longer speech is cut at a pause; a finished stretch is recognised once, however often it is asked for."""
    hard_piece_ms: int = 28_000
    """Without any pause the cut is made here, so that a tail of silence still fits into the window."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """The outcome for one window."""

    words: list[TimedWord]
    no_speech_prob: float
    avg_log_prob: float
    passes: int
    """Decoder runs that it took; 1 when no guard fired."""


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
        )


@dataclass(slots=True)
class _Language:
    """The language of the request: given, or found in the first window."""

    code: str | None
    prob: float = 1.0
    probs: dict[str, float] = field(default_factory=dict)


_StretchKey = tuple[bytes, str | None, str | None, tuple[str, ...], str | None]
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
    """Serves `decode` inside a worker."""

    def __init__(self, settings: WhisperSettings) -> None:
        """Load the model.

        Raises:
            CallCentreError: `model.missing` or `model.corrupt`.
        """
        self._settings = settings
        folder = Path(settings.model_dir).expanduser()
        self._model = WhisperModel(folder, compute_type=settings.compute_type, threads=settings.threads)
        self._vad = SileroVad(Path(settings.vad_model or folder.parent / "silero-vad" / "silero_vad_v6.onnx"))
        self._finished: dict[_StretchKey, tuple[_Heard, str | None, float]] = {}
        self.name = f"{folder.name} {settings.compute_type}"

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
        `language` null: stay with the expected language unless another is at least so probable).

        Replies with `words` [{text, start_ms, end_ms, prob}], `language`, `language_prob`, `no_speech_prob`,
        `avg_log_prob`, `passes`, `cpu_ms`, `engine`. No words when nobody spoke; a language found without words has
        `language_prob` 0.

        The words of an earlier partial are not reused: a token that is forced costs CTranslate2 as much as one that is
        decoded (measured, 18 tokens 45 ms).
        """
        if method != "decode":
            raise CallCentreError("engine.no_method", f"Recognition has no method {method!r}.", fault="us")
        request = _Request.of(data)
        began_s = time.process_time()
        sound = to_float(arrays["samples"])
        language = _Language(request.language)
        settings = self._settings
        pieces = split_at_pauses(sound, settings.shortest_piece_ms, settings.longest_piece_ms, settings.hard_piece_ms)
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
            }
        )

    def _hear_once(self, sound: FloatSamples, request: _Request, language: _Language) -> Iterator[_Heard | None]:
        """Recognise a finished stretch of a longer utterance with full care, or remember what it was found to be."""
        digest = hashlib.blake2b(sound.tobytes(), digest_size=16).digest()
        key = (digest, language.code, request.expected, request.languages, request.vocabulary)
        known = self._finished.get(key)
        if known is None:
            careful = replace(request, final=True, speech_ms=None)
            outcome: _Heard | None = None
            for outcome in self._hear(sound, careful, language):
                if outcome is None:
                    yield None
            assert outcome is not None
            known = (outcome, language.code, language.prob)
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
        window_ms = min(FULL_WINDOW_MS, max(self._settings.min_window_ms, length_ms + self._settings.tail_ms))
        states = self._model.encode(sound, window_ms)
        yield None
        if language.code is None:
            language.probs = self._model.language_probs(states, request.languages)
            language.code = self._choose(language.probs, request)
            language.prob = language.probs[language.code]
            yield None
        prompt = self._model.tokens_of(request.vocabulary) if request.vocabulary else []
        limit = max_tokens_for(length_ms)
        decoding = self._model.decode(
            states, language.code, max_tokens=limit, prompt=prompt, beam=self._settings.beam if request.final else 1
        )
        passes = 1
        silent = self._is_silence(decoding, sound, request.speech_ms)
        dictated = self._is_dictated(decoding.tokens, length_ms)
        if request.final and not silent and not dictated and self._is_unsound(decoding):
            yield None
            states, decoding, passes = self._second_look(sound, states, window_ms, decoding, language.code, limit)
            silent = self._is_silence(decoding, sound, request.speech_ms)
            dictated = self._is_dictated(decoding.tokens, length_ms)
        yield None
        tokens = decoding.tokens if dictated else cut_loop(decoding.tokens)
        tokens = [] if silent else tokens
        words = self._words(states, language.code, tokens, evidence, request.final)
        yield _Heard(words, decoding.no_speech_prob, decoding.avg_log_prob, passes)

    @staticmethod
    def _choose(probs: dict[str, float], request: _Request) -> str:
        """Return the likeliest language; another than the expected one only when it is likely enough."""
        likeliest = max(probs, key=probs.__getitem__)
        expected = request.expected
        return expected if expected in probs and probs[likeliest] < request.switch_prob else likeliest

    def _is_dictated(self, tokens: Sequence[int], length_ms: int) -> bool:
        """Tell whether a phrase that repeats is a number being read out ("one one one one"), which is no loop."""
        loop = find_loop(tokens)
        if loop is None:
            return False
        round_text = self._model.text_of(tokens[loop.begin : loop.begin + loop.period])
        digits = sum(char.isdigit() for char in self._model.text_of(tokens))
        only_digits = any(char.isdigit() for char in round_text) and not any(char.isalpha() for char in round_text)
        return only_digits and digits <= length_ms * MOST_DIGITS_A_S // 1000

    def _is_unsound(self, decoding: Decoding) -> bool:
        """Tell whether a guard fires: a loop, no end, or a lost thread."""
        return (
            not decoding.complete
            or find_loop(decoding.tokens) is not None
            or compression_ratio(self._model.text_of(decoding.tokens)) > MAX_COMPRESSION_RATIO
            or decoding.avg_log_prob < self._settings.min_avg_log_prob
        )

    def _second_look(
        self, sound: FloatSamples, states: Any, window_ms: int, decoding: Decoding, language: str, limit: int
    ) -> tuple[Any, Decoding, int]:
        """Decode again with the full window, then with some randomness; return the best with its states."""
        tried: list[tuple[Any, Decoding]] = [(states, decoding)]
        if window_ms < FULL_WINDOW_MS:
            states = self._model.encode(sound, FULL_WINDOW_MS)
            tried.append((states, self._model.decode(states, language, max_tokens=limit)))
        if self._is_unsound(tried[-1][1]):
            tried.append((states, self._model.decode(states, language, max_tokens=limit, temperature=0.4)))

        def merit(item: tuple[Any, Decoding]) -> tuple[bool, float]:
            looped = not item[1].complete or find_loop(item[1].tokens) is not None
            return not looped, item[1].avg_log_prob

        best_states, best = max(tried, key=merit)
        return best_states, best, len(tried)

    def _is_silence(self, decoding: Decoding, sound: FloatSamples, speech_ms: int | None) -> bool:
        """Tell whether the text was made up although nobody spoke; what it says plays no part."""
        settings = self._settings
        unsure = decoding.no_speech_prob > settings.doubt_no_speech_prob
        if not unsure and decoding.avg_log_prob >= settings.doubt_avg_log_prob:
            return False
        if decoding.avg_log_prob < settings.garbage_avg_log_prob:
            return True
        if decoding.no_speech_prob > settings.no_speech_prob and decoding.avg_log_prob < settings.min_avg_log_prob:
            return True
        voiced_ms = speech_ms if speech_ms is not None else self._voiced_ms(sound)
        return voiced_ms < settings.min_voiced_ms

    def _voiced_ms(self, sound: FloatSamples) -> int:
        """Return how long voice activity hears speech."""
        samples = to_int16(sound)
        samples = np.pad(samples, (0, -samples.size % WINDOW_SAMPLES))
        probs, _ = self._vad.probs(samples, np.zeros(0, dtype=np.float32))
        return int((probs > 0.5).sum()) * WINDOW_SAMPLES * 1000 // SPEECH_RATE_HZ

    def _words(
        self, states: Any, language: str, tokens: Sequence[int], evidence: Evidence, exact: bool
    ) -> list[TimedWord]:
        groups = group_tokens(tokens, self._model.text_of)
        if not groups:
            return []
        if exact:
            path, probs = self._model.align(states, language, tokens, evidence.end_ms)
            starts = token_starts_ms(path, len(tokens))
            if echoed := echoed_tail(tokens, starts):
                tokens = tokens[:-echoed]
                groups, starts = group_tokens(tokens, self._model.text_of), starts[: len(tokens) + 1]
        else:
            probs = [1.0] * len(tokens)
            starts = spread_starts_ms(groups, len(tokens), evidence.start_ms, evidence.end_ms)
        words = timed_words(groups, starts, probs, speech_start_ms=evidence.start_ms, speech_end_ms=evidence.end_ms)
        return snap_to_sound(words, evidence.active) if exact else words


def create(options: dict[str, Any]) -> WhisperEngine:
    """Make the engine; `options` are the fields of `WhisperSettings`."""
    return WhisperEngine(WhisperSettings(**options))
