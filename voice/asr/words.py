"""From tokens to words with times. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FRAME_MS = 20
"""Length of one encoder position. Source: Whisper, 10 ms mel hop and a stride of two."""

PAUSE_FRAMES = 10
"""Stillness that is a pause and no stop consonant: 200 ms. Source: closures of stops last up to 150 ms."""
DICTATED_DIGITS = 3
"""A word of so many digits may have been said with pauses between them."""
ECHO_TOKEN_MS = 60
"""Tokens this short on average were not spoken. Source: the fastest speech measured has 140 ms a token."""

Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True, slots=True)
class TokenGroup:
    """The tokens of one written word, punctuation included."""

    text: str
    begin: int
    """Index of the first token."""
    end: int
    """Index behind the last token."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """One word; times in ms from the start of the audio."""

    text: str
    start_ms: int
    end_ms: int
    prob: float


def group_tokens(tokens: Sequence[int], decode: Decode) -> list[TokenGroup]:
    """Group `tokens` into words: a word begins at a blank; half characters and punctuation stay with their word."""
    pieces: list[TokenGroup] = []
    begin = 0
    for end in range(1, len(tokens) + 1):
        text = decode(tokens[begin:end])
        if "\N{REPLACEMENT CHARACTER}" in text and end < len(tokens):
            continue
        pieces.append(TokenGroup(text, begin, end))
        begin = end
    groups: list[TokenGroup] = []
    glued = False
    for piece in pieces:
        starts = piece.text.startswith(" ") and not glued
        if not groups or (starts and any(character.isalnum() for character in groups[-1].text)):
            groups.append(piece)
        else:
            groups[-1] = TokenGroup(groups[-1].text + piece.text, groups[-1].begin, piece.end)
        glued = False
    merged: list[TokenGroup] = []
    for group in groups:
        if merged and not any(character.isalnum() for character in group.text):
            merged[-1] = TokenGroup(merged[-1].text + group.text, merged[-1].begin, group.end)
        else:
            merged.append(group)
    return [TokenGroup(group.text.strip(), group.begin, group.end) for group in merged if group.text.strip()]


def token_starts_ms(alignments: Sequence[tuple[int, int]], n_tokens: int) -> list[int]:
    """Return when each token begins, and at last when the last one ends: `n_tokens + 1` values that never fall.

    Args:
        alignments: Path of (token, encoder position), as dynamic time warping gives it.
        n_tokens: Tokens that were aligned; the path may also hold the end token as `n_tokens`.
    """
    starts: dict[int, int] = {}
    last = 0
    for token, position in alignments:
        starts.setdefault(token, position * FRAME_MS)
        last = position * FRAME_MS
    out: list[int] = []
    for token in range(n_tokens + 1):
        out.append(starts.get(token, out[-1] if out and token < n_tokens else last))
    for index in range(1, len(out)):
        out[index] = max(out[index], out[index - 1])
    return out


def timed_words(
    groups: Sequence[TokenGroup],
    starts_ms: Sequence[int],
    probs: Sequence[float],
    *,
    speech_start_ms: int,
    speech_end_ms: int,
) -> list[TimedWord]:
    """Give each word its times and the geometric mean of its tokens' probabilities.

    The first word cannot begin before the speech and the last cannot end behind it; every word lasts at least one
    encoder position.
    """
    words: list[TimedWord] = []
    floor = speech_start_ms
    for group in groups:
        start = min(max(starts_ms[group.begin], floor), max(floor, speech_end_ms - FRAME_MS))
        end = max(start + FRAME_MS, min(starts_ms[group.end], speech_end_ms))
        product = 1.0
        for prob in probs[group.begin : group.end]:
            product *= prob
        words.append(TimedWord(group.text, start, end, product ** (1.0 / (group.end - group.begin))))
        floor = end
    return words


def snap_to_sound(words: Sequence[TimedWord], active: Sequence[bool] | npt.NDArray[np.bool_]) -> list[TimedWord]:
    """Move the edges of words out of pauses: an alignment gives a pause to the word before or behind it.

    A word with a pause inside is where it has most sound, but a number may be dictated with pauses ("4539-1488") and
    keeps them; `active` tells which 20 ms frames have any.
    """
    out: list[TimedWord] = []
    for word in words:
        first, last = word.start_ms // FRAME_MS, word.end_ms // FRAME_MS
        bursts: list[tuple[int, int, int]] = []
        for index in range(first, min(last, len(active))):
            if not active[index]:
                continue
            if bursts and index - bursts[-1][1] <= PAUSE_FRAMES:
                bursts[-1] = (bursts[-1][0], index + 1, bursts[-1][2] + 1)
            else:
                bursts.append((index, index + 1, 1))
        if not bursts or (last - first) <= PAUSE_FRAMES:
            out.append(word)
            continue
        if sum(char.isdigit() for char in word.text) >= DICTATED_DIGITS:
            begin, end = bursts[0][0], bursts[-1][1]
        else:
            begin, end, _ = max(bursts, key=lambda burst: (burst[2], burst[1]))
        start_ms = max(word.start_ms, begin * FRAME_MS) if begin - first > PAUSE_FRAMES // 2 else word.start_ms
        end_ms = min(word.end_ms, end * FRAME_MS) if last - end > PAUSE_FRAMES // 2 else word.end_ms
        out.append(TimedWord(word.text, start_ms, end_ms, word.prob))
    return out


def echoed_tail(tokens: Sequence[int], starts_ms: Sequence[int]) -> int:
    """Return how many tokens at the end only repeat what comes before them and have no sound of their own.

    A short window makes Whisper say its last phrase again; nothing in the sound is left for the second time, so the
    alignment squeezes it into one place.
    """
    for count in range(len(tokens) // 2, 1, -1):
        begin = len(tokens) - count
        if tuple(tokens[begin:]) == tuple(tokens[begin - count : begin]):
            return count if starts_ms[-1] - starts_ms[begin] < count * ECHO_TOKEN_MS else 0
    return 0


def spread_starts_ms(groups: Sequence[TokenGroup], n_tokens: int, begin_ms: int, end_ms: int) -> list[int]:
    """Estimate `token_starts_ms` without an alignment: time in proportion to the letters."""
    out = [begin_ms] * (n_tokens + 1)
    total = sum(len(group.text) + 1 for group in groups) or 1
    done = 0
    for group in groups:
        for token in range(group.begin, group.end):
            out[token] = begin_ms + (end_ms - begin_ms) * done // total
        done += len(group.text) + 1
    out[n_tokens] = end_ms
    for index in range(1, n_tokens + 1):
        out[index] = max(out[index], out[index - 1])
    return out
