"""The numbers of turn-taking, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Expectation = Literal["open", "yes_no", "digits", "code", "email", "address", "name", "date"]
"""What the bot has just asked for; it decides how long a pause may be. `code`: letters and digits, spelled; `date`: a
day or a time of day."""

BargeInAction = Literal["pause", "resume", "yield"]
"""What the bot's playout is told: hold your breath, go on, or stop for good."""

WINDOW_MS = 32
"""Length of one voice activity window. Source: Silero VAD v5 and later take 512 samples at 16 kHz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSettings:
    """How long things may take. Defaults are for the telephone; `Source:` names where a figure is from."""

    voice_on_prob: float = 0.5
    """At or above, a window is voice. Source: default of Silero VAD."""
    voice_off_prob: float = 0.35
    """Below, a window of a running utterance is silence. Source: Silero's `threshold - 0.15`."""
    onset_voice_ms: int = 64
    """Voice needed within `onset_span_ms` for speech to start: two windows, so that a click is not speech."""
    onset_span_ms: int = 160
    """See `onset_voice_ms`."""
    preroll_ms: int = 320
    """Sound before the onset that is decoded as well, so that a soft first consonant is kept."""
    final_pause_ms: int = 192
    """Silence after which the final decode starts speculatively and the end of turn is judged.
    Source: Smart Turn was trained on turns that end with about 200 ms of silence."""
    tail_ms: int = 192
    """Silence kept behind the last voice in what is decoded."""
    partial_interval_ms: int = 450
    """New sound between two decodes of a running utterance, at the least. Source: our choice; a word or two."""
    partial_load_factor: float = 4.5
    """The interval is at least this many times what such a decode takes, waiting for the engine included: so a caller
    who talks costs no more than 0.22 cores for it, and less when there are many. Source: 0.28 cores with the finals."""
    rare_partial_ms: int = 5_000
    """The same where such decodes are left out: without any, endless noise would be known after 26 s only."""
    complete_prob: float = 0.5
    """Smart Turn's own threshold between going on and done."""
    quick_ms: int = 300
    """Silence that ends a turn which sounds finished and whose words are finished.
    Source: the project's brief, 250 to 350 ms; final words take about as long, so less gains nothing."""
    doubtful_ms: int = 800
    """Silence that ends a turn when Smart Turn did not answer."""
    patient_ms: int = 1_600
    """Silence that ends a turn which sounds or reads unfinished. Source: the project's brief, 1.2 to 1.6 s."""
    dictation_ms: int = 2_000
    """Silence that ends a number, e-mail, address or name which may still go on: people look it up in between."""
    reopen_ms: int = 3_000
    """A caller who goes on within this after the end of a turn, before the answer is heard, was not done: the turn is
    taken back. Later words are a new turn, even if the answer is late."""
    just_begun_ms: int = 400
    """The same while no more than this of the answer was heard: both began at the same time.
    Source: a human listener's reaction takes 200 ms and more; a word of the answer is 300 to 400 ms."""
    longest_patience_ms: int = 3_000
    """No pause is waited for longer than this, whatever was learned."""
    split_pause_ms: int = 700
    """A pause of this length may end an utterance (not the turn), so that what follows is decoded alone."""
    split_length_ms: int = 8_000
    """Utterances shorter than this are not split: Whisper needs context to get short pieces right."""
    longest_utterance_ms: int = 26_000
    """An utterance is cut here. Source: Whisper's window is 30 s; pre-roll and tail need room."""
    longest_turn_ms: int = 90_000
    """A turn is ended here, so that the bot is heard of again."""
    wordless_voice_ms: int = 3_000
    """Voice without a new word for this long is noise, and counts as silence."""
    nothing_voice_ms: int = 200
    """Voice shorter than this that gave no words is dropped without a word to anybody."""
    barge_in_voice_ms: int = 160
    """Voice over the bot that makes it hold its breath. Source: the project's brief, 150 to 200 ms."""
    probe_voice_ms: int = 480
    """Voice over the bot after which it is decoded, to tell words from noise; again after as much more."""
    probes: int = 2
    """Decodes without words after which voice over the bot is noise."""
    backchannel_pause_ms: int = 320
    """Silence after a backchannel after which the bot goes on."""
    barge_in_deadline_ms: int = 2_000
    """A held breath ends here at the latest, on the wall clock: with words or long voice the bot yields."""
    barge_in_voice_yield_ms: int = 800
    """At the deadline, voice of at least this length makes the bot yield even without words."""
    judge_deadline_ms: int = 400
    """Smart Turn's answer is not waited for longer than this, on the wall clock."""
    decode_deadline_ms: int = 6_000
    """Final words are not waited for longer than this, on the wall clock; the last partial words are then taken."""
    retry_ms: int = 700
    """A final decode that failed is asked for again after this; a restarted recogniser is back within seconds."""
    voice_deadline_ms: int = 1_500
    """A running utterance without any voice activity result for this long (wall clock) is over."""
