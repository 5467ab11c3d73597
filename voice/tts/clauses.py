"""Cuts a reading into clauses for streaming: a short one first, so that the caller soon hears something.

A clause ends only between pieces, and a number, a sum, a date or an abbreviation with its point is one piece; so none
of them is ever cut.
"""

# ruff: noqa: SIM905 - word lists read best as plain lines
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from voice.tts.normalise import ReadPiece

_LATER_MOST = 120
"""Most characters of any clause."""
_FIRST_MOST_SLOW, _FIRST_MOST_FAST = 32, 56
_FAST_BELOW = 0.3
"""Most characters of the first clause, for voices with a real-time factor above and below `_FAST_BELOW`. Source: both
give the first sound within about 0.4 s on one core."""
_GROWTH_EXTRA = 12
"""A clause has at most as many characters as can be made while the one before plays, and so many more for the pause
between them (280 ms at 15 characters a second, and some slack is left)."""
_FEWEST = 8
"""Shorter clauses are joined with the next: the voices stumble over single syllables."""

_SENTENCE_PAUSE_MS = 280
_CLAUSE_PAUSE_MS = 120
_CUT_PAUSE_MS = 20
"""Silence after a full stop, after a comma, and where a long clause is cut without a mark. Source: pauses in read
speech, about 400 ms between sentences of which the voices' own last sounds take a third; commas about 150 ms."""

_BEFORE_THESE = frozenset(
    "y e o u de que porque pero para con sin si cuando donde como según desde hasta durante en por a al del "
    "and or but that because if when where which who with without from until for to in on at of as while so".split()
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch that is synthesised in one go."""

    pieces: tuple[ReadPiece, ...]
    text: str
    """What the voice is given: the spoken words, with a comma where the clause was cut without a mark."""
    pause_ms: int
    """Silence to leave after it."""


def clauses_of(pieces: Sequence[ReadPiece], realtime_factor: float = 0.6) -> Iterator[Clause]:
    """Yield the clauses of a reading in order; pieces that are not spoken stay with the clause before them.

    Args:
        pieces: A reading.
        realtime_factor: Seconds that the voice needs for a second of speech; slow voices get clauses that grow slowly.
    """
    waiting = list(pieces)
    most = _FIRST_MOST_FAST if realtime_factor < _FAST_BELOW else _FIRST_MOST_SLOW
    growth = 1.0 / max(realtime_factor, 0.1)
    while waiting:
        cut = _cut(waiting, _FEWEST if most < _LATER_MOST else _LATER_MOST // 3, most)
        taken, waiting = waiting[:cut], waiting[cut:]
        clause = _clause(tuple(taken), last=not any(piece.spoken for piece in waiting))
        if clause.text:
            yield clause
            most = min(_LATER_MOST, int(len(clause.text) * growth) + _GROWTH_EXTRA)


def _cut(pieces: Sequence[ReadPiece], fewest: int, most: int) -> int:
    """Return how many pieces the next clause takes."""
    length = 0
    comma_at = word_at = 0
    for index, piece in enumerate(pieces):
        if index and length + len(piece.spoken) > most and length >= fewest:
            return comma_at or word_at or index
        if length >= fewest and piece.spoken.split(" ")[0].lower() in _BEFORE_THESE:
            word_at = index
        length += len(piece.spoken) + 1
        mark = piece.spoken[-1:]
        if mark and mark in ".?!…" and length >= fewest:
            return _with_silent(pieces, index + 1)
        if mark and mark in ",;:" and length >= fewest:
            comma_at = _with_silent(pieces, index + 1)
            if length * 2 >= most:
                return comma_at
    return len(pieces)


def _with_silent(pieces: Sequence[ReadPiece], index: int) -> int:
    while index < len(pieces) and not pieces[index].spoken:
        index += 1
    return index


def _clause(pieces: tuple[ReadPiece, ...], *, last: bool) -> Clause:
    text = " ".join(piece.spoken for piece in pieces if piece.spoken)
    mark = text[-1:]
    if mark in (".", "?", "!", "…"):
        pause_ms = _SENTENCE_PAUSE_MS
    elif mark in (",", ";", ":"):
        pause_ms = _CLAUSE_PAUSE_MS
    else:
        pause_ms = _CUT_PAUSE_MS
        text += "" if not text else "." if last else ","
    return Clause(pieces, text, 0 if last else pause_ms)
