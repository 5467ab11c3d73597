"""Which stretch of sound belongs to which word."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of sound, seconds from the start of the utterance."""

    start_s: float
    end_s: float


def share_out(span: Span, weights: Sequence[float]) -> tuple[Span, ...]:
    """Cut `span` into neighbouring parts as long as their weights say; equal parts when all weigh nothing."""
    total = float(sum(weights))
    if not weights:
        return ()
    shares = np.asarray(weights, dtype=float) / total if total > 0.0 else np.full(len(weights), 1.0 / len(weights))
    edges = span.start_s + (span.end_s - span.start_s) * np.concatenate([[0.0], np.cumsum(shares)])
    return tuple(Span(float(low), float(high)) for low, high in itertools.pairwise(edges))


def align_groups(group_sizes: Sequence[int], word_sizes: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Say which words each phoneme group reads: `(first, end)` for each group, in order, together all words.

    Groups and words mostly match one to one. Where espeak runs words together (or reads one as two), the cut is
    taken that leaves sizes (phonemes against letters) closest. With more groups than words, neighbouring groups
    share a word.
    """
    groups, words = len(group_sizes), len(word_sizes)
    if groups == words:
        return tuple((index, index + 1) for index in range(words))
    if groups == 0:
        return ()
    if groups > words:
        return tuple((index * words // groups, index * words // groups + 1) for index in range(groups))
    scale = sum(group_sizes) / max(1, sum(word_sizes))
    lengths = np.concatenate([[0.0], np.cumsum(np.asarray(word_sizes, dtype=float))]) * scale
    best = np.full((groups + 1, words + 1), np.inf)
    came_from = np.zeros((groups + 1, words + 1), dtype=int)
    best[0, 0] = 0.0
    for group in range(1, groups + 1):
        for end in range(group, words - (groups - group) + 1):
            for start in range(group - 1, end):
                cost = best[group - 1, start] + (lengths[end] - lengths[start] - group_sizes[group - 1]) ** 2
                if cost < best[group, end]:
                    best[group, end], came_from[group, end] = cost, start
    spans: list[tuple[int, int]] = []
    end = words
    for group in range(groups, 0, -1):
        start = int(came_from[group, end])
        spans.append((start, end))
        end = start
    return tuple(reversed(spans))


def spans_of_words(group_spans: Sequence[tuple[int, int, Span]], weights: Sequence[float]) -> tuple[Span, ...]:
    """Return a span for every word from those of groups `(first word, word count, span)`.

    Words read together share their group's span by `weights`; words that no group reads (a dash) take no time.
    """
    found: dict[int, Span] = {}
    for first, count, span in group_spans:
        parts = share_out(span, [weights[index] for index in range(first, first + count)])
        for index, part in enumerate(parts, start=first):
            known = found.get(index)
            found[index] = part if known is None else Span(min(known.start_s, part.start_s), part.end_s)
    spans: list[Span] = []
    at_s = 0.0
    for index in range(len(weights)):
        span = found.get(index, Span(at_s, at_s))
        spans.append(span)
        at_s = span.end_s
    return tuple(spans)
