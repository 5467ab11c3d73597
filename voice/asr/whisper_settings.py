"""How the Whisper engine runs, each number with its reason."""

from __future__ import annotations

from dataclasses import dataclass


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
    at_once: int = 1
    """Requests decoded side by side, each on `threads` of its own; the weights are held once."""
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
    clear_voice_ms: int = 600
    """So much voice is speech, however unlikely its text: a poor line, or digits, which Whisper takes for silence.
    Source: dictated digits in eight voices have a `no_speech_prob` up to 0.83."""
    min_tokens_a_s: float = 0.7
    """Fewer tokens a second of voice, and most of it was left out. Source: the slowest recorded clip has 1.5."""
    thin_voice_ms: int = 2_000
    """The same is not asked of shorter speech: a drawn-out "well" is one token."""
    min_active_ms: int = 60
    """Less sound than this above the background is not a word. Source: the vowel of a short "no" has 80 ms."""
    shortest_piece_ms: int = 6_000
    longest_piece_ms: int = 12_000
    """Longer speech is cut at a pause; a finished stretch is recognised once, however often it is asked for."""
    hard_piece_ms: int = 28_000
    """Without any pause the cut is made here, so that a tail of silence still fits into the window."""
