"""Tells a sound decoding from one that has run into a loop or lost the thread. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

MAX_COMPRESSION_RATIO = 2.4
"""Text that shrinks more than this repeats itself. Source: Radford et al. 2022, section 4.5."""
MIN_COMPRESSIBLE_CHARACTERS = 40
"""Below this the ratio says nothing: the compressor's own header weighs more than the text."""
MIN_LOOP_REPEATS = 4
"""How often in a row a short phrase must come to count as a loop: people do say "no, no, no"."""
MIN_LONG_LOOP_REPEATS = 3
"""The same for phrases of five tokens and more, which nobody says three times in one breath."""
LONG_LOOP_TOKENS = 5
MAX_LOOP_TOKENS = 24


@dataclass(frozen=True, slots=True)
class Loop:
    """A stretch of tokens that repeats."""

    begin: int
    """Index of the first token of the first round."""
    period: int
    """Tokens of one round."""
    rounds: int


def compression_ratio(text: str) -> float:
    """Return how many times smaller zlib makes `text`; 1 for texts too short to say."""
    if len(text) < MIN_COMPRESSIBLE_CHARACTERS:
        return 1.0
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


def find_loop(tokens: Sequence[int]) -> Loop | None:
    """Return the loop that begins first, or None."""
    count = len(tokens)
    best: Loop | None = None
    for period in range(1, min(MAX_LOOP_TOKENS, count // MIN_LONG_LOOP_REPEATS) + 1):
        needed = MIN_LONG_LOOP_REPEATS if period >= LONG_LOOP_TOKENS else MIN_LOOP_REPEATS
        run = 0
        for index in range(period, count + 1):
            if index < count and tokens[index] == tokens[index - period]:
                run += 1
                continue
            if run >= period * (needed - 1):
                loop = Loop(index - run - period, period, run // period + 1)
                if best is None or loop.begin < best.begin:
                    best = loop
                break
            run = 0
    return best


def cut_loop(tokens: Sequence[int]) -> list[int]:
    """Return `tokens` with each loop reduced to one round; the last resort when nothing better could be decoded."""
    out = list(tokens)
    while (loop := find_loop(out)) is not None:
        del out[loop.begin + loop.period : loop.begin + loop.period * loop.rounds]
    return out


def max_tokens_for(duration_ms: int) -> int:
    """Return how many tokens speech of this length can fill at the most.

    Source: the fastest recorded clip has 4.4 tokens a second, pauses included; 8 a second and 16 for short clips leave
    room for twice that, and end a loop early.
    """
    return 16 + duration_ms // 125
